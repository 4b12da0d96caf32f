package stimuli

import (
	"fmt"
	"math"

	"gpuconv/conv"
	"gpuconv/fault"
)

// NMA is the tutorial's grating: the sign of a cosine, so that its pixels have two values only. The zero value is the
// tutorial's own grating.
type NMA struct {
	// SpatialFrequency is in radians per pixel of the full 640×480 image; the tutorial's 1/28 by default. A period is
	// 2π·Resolution/SpatialFrequency pixels: 17.59 by default.
	SpatialFrequency float64
	// Resolution scales the image: 1 makes 640×480 pixels. The default is the tutorial's 0.1, which makes 64×48 pixels.
	Resolution float64
	// Patch shows the grating only in a disc, and turns it by another 0.1 radians. The disc has a radius of
	// 106.7·Resolution pixels. Its centre is at three quarters of the width and half of the height: on the right.
	Patch bool
	// Tutorial3 makes pixels 0 and 1, and 0.5 outside of a patch, as tutorial 3 does. Otherwise they are −0.5 and 0.5,
	// and 0 outside of a patch.
	Tutorial3 bool
}

// The tutorial's full image, and the angle that it adds to a patch.
const (
	fullWidth  = 640
	fullHeight = 480
	patchAngle = 0.1
)

// maxExtent bounds the rows and columns of an image. The largest NMA image takes 3.2 GB, and an int of 32 bits can
// still hold the number of its pixels.
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

// Size returns the rows and columns of the image: ⌈480·Resolution⌉ and ⌈640·Resolution⌉, the products rounded to
// float64, as numpy.arange counts them. It refuses a resolution or spatial frequency that is not positive and finite,
// and images of more than 32768 columns. It also refuses a spatial frequency so high that the phase of a pixel is not
// finite.
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
		return 0, 0, fault.New("stimuli", "resolution", g.Resolution,
			"an image of %.0f×%.0f would need %.3g GB, want at most %d columns", height, width, 4e-9*height*width,
			maxExtent)
	}
	rows, columns = int(height), int(width)
	if math.IsInf(g.coordinate(rows-1)+g.coordinate(columns-1), 0) {
		return 0, 0, fault.New("stimuli", "spatial frequency", g.SpatialFrequency,
			"want one whose phase at the last pixel is finite")
	}
	return rows, columns, nil
}

// Draw writes one image of an orientation, in degrees from vertical, into dst, row by row. dst has as many elements as
// Size says. Draw refuses an orientation that is not finite, and what Size refuses.
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

// grating draws cos(x·cosθ + y·sinθ) with x = sf·column/res and y = sf·row/res, thresholded at 0. float64(…) keeps the
// compiler from fusing a product with a sum, because NumPy does not fuse them.
func (g NMA) grating(dst []float32, columns int, orientation float64) {
	rows := len(dst) / columns
	image, at := g.stripes(1, rows, columns), g.coordinates(max(rows, columns))
	sin, cos := g.direction(orientation)
	near := g.near(rows, columns)
	if near {
		turn(image.Angles, at, columns, sin, cos)
	}
	for i := range rows {
		row := dst[i*columns:][:columns]
		if near && image.PaintRow(row, 0, i) {
			continue
		}
		down := float64(at[i] * sin)
		for j := range row {
			if near && conv.SurePixel(image.Angles[j], image.Angles[columns+i]) {
				continue // PaintRow has decided it
			}
			row[j] = image.Dark // also where the cosine is exactly 0: the tutorial has 0 there
			if cosPositive(float64(at[j]*cos) + down) {
				row[j] = image.Light
			}
		}
	}
}

// direction returns sinθ and cosθ.
func (g NMA) direction(orientation float64) (sin, cos float64) {
	angle := float64(orientation * (math.Pi / 180))
	if g.Patch {
		angle += patchAngle
	}
	return sincos(angle)
}

// coordinates returns the x of the first n columns, which are the y of as many rows.
func (g NMA) coordinates(n int) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = g.coordinate(i)
	}
	return at
}

// coordinate returns the x of a column or the y of a row, in radians. It rounds in the tutorial's order: (sf·i)/res.
func (g NMA) coordinate(i int) float64 {
	return float64(g.SpatialFrequency*float64(i)) / g.Resolution
}

// mask makes the pixels outside of the tutorial's disc grey. The centre of the disc is at three quarters of the width;
// the tutorial's own comment is wrong about it.
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

// To save time the cosine itself is computed only where its argument is near a zero of it, or large.
const (
	margin = 1e-6 // in half turns
	far    = 1e6  // in radians: up to there a number of half turns is off by less than 1e-9
)

// cosPositive reports whether cos(x) > 0. No float64 has a cosine of exactly 0, and Go's math, like glibc, reduces the
// argument exactly enough to get the sign right.
func cosPositive(x float64) bool {
	turns := float64(x * (1 / math.Pi)) // half turns
	nearest := math.RoundToEven(turns)
	if !(math.Abs(turns-nearest) < 0.5-margin && math.Abs(x) < far) {
		return math.Cos(x) > 0
	}
	return int64(nearest)&1 == 0
}
