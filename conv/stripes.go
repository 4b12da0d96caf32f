package conv

import (
	"fmt"
	"math"
)

// Stripes are images of one channel and two values: gratings, thresholded at 0. Pixel (i, j) is Light if the cosine of
// an angle is positive, otherwise Dark. The angle is the sum of one angle of column j and one of row i. So an image of
// H×W pixels is made of H+W numbers.
type Stripes struct {
	Shape       Shape // [N, 1, H, W]
	Light, Dark float32
	// Angles has for each image the W angles of its columns, and then the H angles of its rows, as [StripeAngle] makes
	// them. Sums of them wrap around, as angles do, and are exact.
	Angles []uint32
}

// FarthestStripe bounds the sum of the magnitudes of the two angles of a pixel, in radians.
const FarthestStripe = 1e6

// StripeSlack is how far the sum of two angles may be from the angle of the pixel, in units of an angle. A pixel whose
// sum is that close to a zero of the cosine, or closer, is not sure.
//
// Both angles are rounded to whole units, which is off by 0.5 each. Before, the division by 2π rounds twice: the
// factor, and the product. So it is off by 2⁻⁵² of the angle at most, which is 0.16 units for FarthestStripe. A caller
// that adds the angles in float64 radians rounds the sum: that is 0.08 units. Together these are less than 1.3 units.
const StripeSlack = 2

// StripeAngle returns an angle in units of 2⁻³² turns. The magnitude of radians is less than FarthestStripe.
func StripeAngle(radians float64) uint32 {
	return uint32(int64(math.RoundToEven(radians * (1 / (2 * math.Pi)) * (1 << 32))))
}

// StripeAngles returns how many angles an image of this shape has.
func StripeAngles(s Shape) int { return s.H() + s.W() }

// CheckStripes is CheckRun for images that the plan makes.
func (p Problem) CheckStripes(dst *Tensor, images *Stripes) error {
	if err := p.checkBatch(dst, images.Shape); err != nil {
		return err
	}
	if images.Shape.C() != 1 {
		return &ShapeError{"src", images.Shape.String(), "stripes have 1 channel"}
	}
	if want := images.Shape.N() * StripeAngles(images.Shape); len(images.Angles) != want {
		return &ShapeError{"src", images.Shape.String(), fmt.Sprintf("want %d angles, it has %d", want,
			len(images.Angles))}
	}
	return nil
}

// Images returns the images lo … hi−1, whose angles are those of s.
func (s *Stripes) Images(lo, hi int) *Stripes {
	n := StripeAngles(s.Shape)
	return &Stripes{s.Shape.WithN(hi - lo), s.Light, s.Dark, s.Angles[lo*n : hi*n]}
}

// quarter is a quarter of a turn. The sum of it and an angle is below half a turn if the cosine of the angle is
// positive.
const quarter = 1 << 30

// SurePixel reports whether a pixel is sure, from the angles of its column and row.
func SurePixel(column, row uint32) bool {
	return 2*(column+row+quarter)+2*StripeSlack > 4*StripeSlack
}

// Paint writes the pixels of image n into dst, row by row. It returns false if one of them is not sure; Paint then goes
// by the sum of the angles.
func (s *Stripes) Paint(dst []float32, n int) (sure bool) {
	sure = true
	w := s.Shape.W()
	for i := range s.Shape.H() {
		if !s.PaintRow(dst[i*w:][:w], n, i) {
			sure = false
		}
	}
	return sure
}

// PaintRow does what Paint does, for row i alone.
func (s *Stripes) PaintRow(row []float32, n, i int) (sure bool) {
	angles := s.Angles[n*StripeAngles(s.Shape):]
	w := s.Shape.W()
	across, down := angles[:w], angles[w+i]+quarter
	row = row[:w]
	values := [2]float32{s.Light, s.Dark}
	nearest := uint32(math.MaxUint32) // to a zero of the cosine, as twice the distance beyond one that is not sure
	for j, x := range across {
		turned := x + down
		nearest = min(nearest, 2*turned+2*StripeSlack)
		row[j] = values[turned>>31]
	}
	return nearest > 4*StripeSlack
}

// Painter is a [Plan] that may make images itself: the host then hands over the angles of [Stripes] in place of pixels.
type Painter interface {
	Plan
	// Paints prepares the plan for RunStripes. The error says why the plan does not make images: the caller then draws
	// them.
	Paints() error
	// RunStripes is Run for images that the plan makes. unsure lists, in ascending order, the images with a pixel that
	// is not sure: see [StripeSlack]. The outputs of these are undefined. Call it only after Paints has returned nil.
	RunStripes(dst *Tensor, images *Stripes) (unsure []int, err error)
}
