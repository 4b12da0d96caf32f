// Package stimuli draws the images that vision scientists show: sets of [N, C, H, W] float32 images. C is 1 for all
// patterns; images from files may have more channels. The images of a set need not exist all at once.
//
// [NMA] is the grating of Neuromatch Academy's W1D5 tutorial 2 (Menendez and Stringer, CC BY 4.0). Its pixels equal
// those of the tutorial's NumPy code with glibc's sine and cosine. Up to 6·10¹⁰ degrees they are the same on every
// platform. A [Sweep] shows this grating at each of a list of orientations.
//
// The other patterns are structs of parameters with units: [Grating], [Gabor], [Plaid], [Checkerboard], [ZonePlate],
// [WhiteNoise], [PinkNoise] and [Impulse]. [Kinds] lists them. A [Product] shows a pattern with every combination of
// the values of its parameters on a [Canvas], sampled in float64. [Files] is an image file, or a folder of them, and
// [Array] an array of images in a file. A Sweep, a Product, Files and an Array are each a [Set], with a table of what
// its images show.
//
// # Orientation
//
// Orientations are in degrees from vertical. At 0 the stripes are vertical, and luminance varies along a row; at ±90
// they are horizontal. Luminance varies in the direction
//
//	u = x·cosθ + y·sinθ, x to the right, y downwards.
//
// Row 0 is on top. A small positive angle turns u from rightwards towards downwards, which is clockwise for the viewer.
// A drift moves the pattern towards u: at 0 to the right, at 90 downwards, at 180 to the left. docs/orientation.png
// shows it.
package stimuli

import (
	"gpuconv/conv"
	"gpuconv/param"
)

// Set is a set of images that need not exist yet, with a table of what they show. Several goroutines may call its
// methods at once.
type Set interface {
	// Shape is [N, C, H, W].
	Shape() conv.Shape
	// Draw writes images first … first+N−1 into dst, where N is the number of images in dst. dst has the set's C, H and
	// W.
	Draw(dst *conv.Tensor, first int) error
	// Table has a row for each image.
	Table() (*param.Table, error)
	// Title returns, for pictures, what tells image i from the others, such as 45°, sf 0.1.
	Title(i int) string
}
