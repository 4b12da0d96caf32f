// Package stimuli draws the images that vision scientists show: sets of
// [N, 1, H, W] float32 images that need not exist all at once.
//
// [NMA] is the grating of Neuromatch Academy's W1D5 tutorial 2 (Menendez and
// Stringer, CC BY 4.0), pixel for pixel as its NumPy code gives it with glibc's
// sine and cosine; up to 6·10¹⁰ degrees no rounding in it depends on the platform.
// A [Sweep] shows one over a list of orientations; [ParseValues] reads such a list.
// [ReadImage] reads an image file.
//
// Orientations are in degrees from vertical: at 0 the stripes are vertical and
// luminance varies along the columns, at ±90 they are horizontal. A small
// positive angle turns the direction in which luminance varies from rightwards
// towards downwards, row 0 being on top.
package stimuli

import "gpuconv/conv"

// Set is a set of images. Draw writes images first … first+dst.N−1 into dst,
// which is shaped as the set with a batch of its own; it serves several
// goroutines at once.
type Set interface {
	Shape() conv.Shape
	Draw(dst *conv.Tensor, first int) error
}
