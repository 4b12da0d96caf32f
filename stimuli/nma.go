package stimuli

import (
	"fmt"
	"math"

	"gpuconv/fault"
)

// NMA is the tutorial's grating: the sign of a cosine, so that pixels have two
// values only. The zero value is the tutorial's own.
type NMA struct {
	// SpatialFrequency is in radians per pixel of the full 640×480 image, 0 for
	// the tutorial's 1/28. A period is 2π·Resolution/SpatialFrequency pixels: 17.59
	// at the defaults.
	SpatialFrequency float64
	// Resolution scales the image: 1 is 640×480 pixels, 0 is the tutorial's 0.1,
	// 64×48.
	Resolution float64
	// Patch shows the grating in a disc only, with 0.1 radians more of orientation.
	// The disc has a radius of 106.7·Resolution pixels about three quarters of the
	// width and half of the height: it is on the right.
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

// maxExtent bounds the rows and columns of an image: one of that many columns
// takes 3.2 GB, and an int of 32 bits still counts its pixels.
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
// ⌈640·Resolution⌉ with the product rounded to float64, as numpy.arange counts
// them. It refuses a resolution or spatial frequency that is not positive and
// finite, images of more than 32768 columns, and a spatial frequency so high that
// a pixel's phase is not finite.
func (g NMA) Size() (rows, columns int, err error) {
	g = g.withDefaults()
	if !(g.Resolution > 0) || math.IsInf(g.Resolution, 0) {
		return 0, 0, fault.New("stimuli", "resolution", g.Resolution, "want a number above 0")
	}
	if !(g.SpatialFrequency > 0) || math.IsInf(g.SpatialFrequency, 0) {
		return 0, 0, fault.New("stimuli", "spatial frequency", g.SpatialFrequency, "want a number above 0")
	}
	height, width := math.Ceil(fullHeight*g.Resolution), math.Ceil(fullWidth*g.Resolution)
	if width > maxExtent {
		return 0, 0, fault.New("stimuli", "resolution", g.Resolution, "an image of %.0f×%.0f would need %.3g GB, want at most %d columns", height, width, 4e-9*height*width, maxExtent)
	}
	rows, columns = int(height), int(width)
	if math.IsInf(g.coordinate(rows-1)+g.coordinate(columns-1), 0) {
		return 0, 0, fault.New("stimuli", "spatial frequency", g.SpatialFrequency, "want one whose phase at the last pixel is finite")
	}
	return rows, columns, nil
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
		return fault.New("stimuli", fmt.Sprintf("image of %d elements", len(dst)), "", "want %d×%d", rows, columns)
	}
	if err := checkOrientation(orientation); err != nil {
		return err
	}
	g = g.withDefaults()
	g.grating(dst, columns, orientation)
	if g.Patch {
		g.mask(dst, columns)
	}
	return nil
}

func checkOrientation(degrees float64) error {
	if math.IsNaN(degrees) || math.IsInf(degrees, 0) {
		return fault.New("stimuli", "orientation", degrees, "want a finite number of degrees")
	}
	return nil
}

// grating draws cos(x·cosθ + y·sinθ) with x = sf·column/res and y = sf·row/res,
// thresholded at 0. float64(…) keeps products from being fused with sums, which
// NumPy does not do.
func (g NMA) grating(dst []float32, columns int, orientation float64) {
	angle := float64(orientation * (math.Pi / 180))
	if g.Patch {
		angle += patchAngle
	}
	sin, cos := sincos(angle)
	low, high := float32(-0.5), float32(0.5)
	if g.Tutorial3 {
		low, high = 0, 1
	}
	across := make([]float64, columns)
	for j := range across {
		across[j] = float64(g.coordinate(j) * cos)
	}
	for i := 0; i*columns < len(dst); i++ {
		down := float64(g.coordinate(i) * sin)
		row := dst[i*columns:][:columns]
		for j, x := range across {
			row[j] = low // as an exact zero is, which the tutorial leaves at 0
			if cosPositive(x + down) {
				row[j] = high
			}
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
func (g NMA) mask(dst []float32, columns int) {
	grey := float32(0)
	if g.Tutorial3 {
		grey = 0.5
	}
	x, y := float64(float64(columns)*0.75), float64(float64(len(dst)/columns)/2)
	radius := float64(fullWidth) / 3 / 2 * g.Resolution
	for i := 0; i*columns < len(dst); i++ {
		dy := float64(i) - y
		row := dst[i*columns:][:columns]
		for j := range row {
			dx := float64(j) - x
			if !(math.Sqrt(float64(dx*dx)+float64(dy*dy)) < radius) {
				row[j] = grey
			}
		}
	}
}

// cosPositive reports whether cos(x) > 0, at less cost: only near a zero is the
// cosine itself computed. The cosine of a float64 is never 0 and its reduction is
// exact enough, in Go's math as in glibc, that it has the true sign.
func cosPositive(x float64) bool {
	const clear, far = 1e-6, 1e6        // |x| < far: turns is off by less than 1e-9
	turns := float64(x * (1 / math.Pi)) // half turns
	nearest := math.RoundToEven(turns)
	if !(math.Abs(turns-nearest) < 0.5-clear && math.Abs(x) < far) {
		return math.Cos(x) > 0
	}
	return int64(nearest)&1 == 0
}
