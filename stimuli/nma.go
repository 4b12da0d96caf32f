package stimuli

import (
	"fmt"
	"math"
)

// NMA is the tutorial's grating: the sign of a cosine, so that pixels have two
// values only.
type NMA struct {
	// SpatialFrequency is in radians per pixel of the full 640×480 image, 0 for
	// the tutorial's 1/28. At the default resolution that is a period of 17.59
	// pixels.
	SpatialFrequency float64
	// Resolution scales the image: 1 is 640×480 pixels, 0 is the tutorial's 0.1,
	// 64×48.
	Resolution float64
	// Patch shows the grating in a disc on the right half of the image only, with
	// 0.1 radians more of orientation.
	Patch bool
	// Tutorial3 leaves the pixels 0 and 1, and 0.5 outside a patch, as tutorial 3
	// does. Otherwise they are −0.5 and 0.5, and 0.
	Tutorial3 bool
}

// The tutorial's full image, and the angle that it adds to a patch.
const (
	fullWidth  = 640
	fullHeight = 480
	patchAngle = 0.1
)

// maxExtent bounds the rows and columns of an image: beyond it one image takes
// more than 4 GB.
const maxExtent = 1 << 15

func (g NMA) withDefaults() NMA {
	if g.SpatialFrequency == 0 {
		g.SpatialFrequency = 1.0 / 28
	}
	if g.Resolution == 0 {
		g.Resolution = 0.1
	}
	return g
}

// Size returns the rows and columns of the image, ⌈480·Resolution⌉ and
// ⌈640·Resolution⌉. It refuses a resolution or spatial frequency that is not
// positive and finite, and images of more than 32768 rows or columns.
func (g NMA) Size() (rows, columns int, err error) {
	g = g.withDefaults()
	if !(g.Resolution > 0) || math.IsInf(g.Resolution, 0) {
		return 0, 0, fmt.Errorf("stimuli: resolution %v: want a number above 0", g.Resolution)
	}
	if !(g.SpatialFrequency > 0) || math.IsInf(g.SpatialFrequency, 0) {
		return 0, 0, fmt.Errorf("stimuli: spatial frequency %v: want a number above 0", g.SpatialFrequency)
	}
	height, width := math.Ceil(fullHeight*g.Resolution), math.Ceil(fullWidth*g.Resolution)
	if width > maxExtent {
		return 0, 0, fmt.Errorf("stimuli: resolution %v: an image of %.0f×%.0f would need %.3g GB, want at most %d columns",
			g.Resolution, height, width, 4e-9*height*width, maxExtent)
	}
	return int(height), int(width), nil
}

// Draw writes one image of the given orientation, in degrees from vertical, into
// dst, row by row. dst holds as many elements as Size says. It refuses an
// orientation that is not finite.
func (g NMA) Draw(dst []float32, orientation float64) error {
	rows, columns, err := g.Size()
	if err != nil {
		return err
	}
	if len(dst) != rows*columns {
		return fmt.Errorf("stimuli: image of %d elements: want %d×%d", len(dst), rows, columns)
	}
	if math.IsNaN(orientation) || math.IsInf(orientation, 0) {
		return fmt.Errorf("stimuli: orientation %v: want a finite number of degrees", orientation)
	}
	g = g.withDefaults()
	g.grating(dst, columns, orientation)
	if g.Patch {
		g.mask(dst, rows, columns)
	}
	return nil
}

// grating draws cos(x·cosθ + y·sinθ) with x = sf·column/res and y = sf·row/res,
// thresholded at 0. float64(…) keeps products from being fused with sums, which
// NumPy does not do.
func (g NMA) grating(dst []float32, columns int, orientation float64) {
	angle := orientation * (math.Pi / 180)
	if g.Patch {
		angle += patchAngle
	}
	cos, sin := math.Cos(angle), math.Sin(angle)
	dark, bright, zero := float32(-0.5), float32(0.5), float32(-0.5)
	if g.Tutorial3 {
		dark, bright, zero = 0, 1, 0
	}
	along := make([]float64, columns)
	for j := range along {
		along[j] = float64(g.coordinate(j) * cos)
	}
	for at := range dst {
		i, j := at/columns, at%columns
		switch v := cosSign(along[j] + float64(g.coordinate(i)*sin)); {
		case v < 0:
			dst[at] = dark
		case v > 0:
			dst[at] = bright
		default:
			dst[at] = zero // an exact zero is neither raised nor lowered
		}
	}
}

// coordinate returns the place of a row or column, in the order in which the
// tutorial rounds: (sf·i)/res.
func (g NMA) coordinate(i int) float64 {
	return float64(g.SpatialFrequency*float64(i)) / g.Resolution
}

// mask sets what is outside the tutorial's disc to grey. Its centre is three
// quarters along the width, whatever the tutorial's own comment says.
func (g NMA) mask(dst []float32, rows, columns int) {
	grey := float32(0)
	if g.Tutorial3 {
		grey = 0.5
	}
	x, y := float64(columns)*0.75, float64(rows)/2
	radius := float64(fullWidth) / 3 / 2 * g.Resolution
	for at := range dst {
		dy, dx := float64(at/columns)-y, float64(at%columns)-x
		if !(math.Sqrt(float64(dx*dx)+float64(dy*dy)) < radius) {
			dst[at] = grey
		}
	}
}

// cosSign returns a number with the sign of math.Cos(x), at less cost: only near
// a zero is the cosine itself computed.
func cosSign(x float64) float64 {
	const clear, far = 1e-6, 1e6 // the reduction below is exact to 1e-9 for |x| < far
	if !(math.Abs(x) < far) {
		return math.Cos(x)
	}
	// Half turns from the nearest maximum or minimum: within ±1/2.
	turns := x * (1 / math.Pi)
	nearest := math.RoundToEven(turns)
	if math.Abs(turns-nearest) > 0.5-clear {
		return math.Cos(x)
	}
	if int64(nearest)&1 == 0 {
		return 1
	}
	return -1
}
