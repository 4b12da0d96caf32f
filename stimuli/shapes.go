package stimuli

import (
	"fmt"
	"math"

	"gpuconv/fault"
	"gpuconv/param"
)

// Checkerboard is a board of black and white squares, four of which meet at (X, Y). At orientation 0 the one to the
// right of and below that place is white. The upper and left edges of a square belong to it. A sample that lies before
// an edge by 6·10⁻⁸ of a square's side or less counts as on the edge, so that rounding decides nothing.
type Checkerboard struct {
	Side        float64 // of a square, in pixels, at least 1 unless aliasing is allowed; default 8
	Orientation float64 // degrees by which the board is turned clockwise
	X, Y        float64 // where four squares meet, in pixels to the right of and below the image's centre
	Look
}

// Kind implements [Pattern].
func (b *Checkerboard) Kind() string { return "checkerboard" }

// Parameters implements [Pattern].
func (b *Checkerboard) Parameters() []param.Parameter {
	return append([]param.Parameter{
		orientation(&b.Orientation),
		param.New("side", "side_pixels", "of a checkerboard: pixels along the side of a square, 0 for 8", &b.Side),
		param.New("x", "x_pixels", "place of the pattern: pixels to the right of the image's centre", &b.X),
		param.New("y", "y_pixels", "place of the pattern: pixels below the image's centre", &b.Y),
	}, b.parameters()...)
}

// Complete implements [Pattern].
func (b *Checkerboard) Complete(c Canvas) error {
	fill(&b.Side, 8)
	if !(b.Side > 0) {
		return fault.New("stimuli", "checkerboard of side", b.Side, "want pixels above 0")
	}
	if err := c.checkFrequency("checkerboard: 1/(2·side)", "pixel", 1/(2*b.Side)); err != nil {
		return err
	}
	return b.complete(c)
}

// Paint implements [Pattern].
func (b *Checkerboard) Paint(dst []float64, c Canvas) {
	sin, cos := sincosDegrees(b.Orientation)
	b.paint(dst, c, func(x, y float64) float64 {
		x, y = (x-b.X)/b.Side, (y-b.Y)/b.Side
		return alternate(part(x*cos+y*sin) + part(y*cos-x*sin))
	})
}

// ZonePlate is a pattern of rings: a [Wave] of k·r²/2 + Phase/360 cycles at the radius r from the image's centre. Its
// spatial frequency at the radius r is k·r. k is such that this is SF at half of the image's shorter side. A zone plate
// shows at a glance which frequencies a filter passes, and what sampling does.
type ZonePlate struct {
	Wave  Wave    // Sine or Square
	SF    float64 // cycles per pixel at half of the shorter side; at half of the longer side at most 0.5, see Grating
	Phase float64 // degrees, at the image's centre
	Look
}

// Kind returns zone-plate for a sine and square-zone-plate for a square wave.
func (z *ZonePlate) Kind() string {
	if z.Wave == Square {
		return "square-zone-plate"
	}
	return "zone-plate"
}

// Parameters implements [Pattern].
func (z *ZonePlate) Parameters() []param.Parameter {
	return append([]param.Parameter{frequency(&z.SF), phase(&z.Phase)}, z.parameters()...)
}

// Complete implements [Pattern].
func (z *ZonePlate) Complete(c Canvas) error {
	if err := checkSineOrSquare(z.Wave, "zone plate"); err != nil {
		return err
	}
	edge := z.SF * float64(max(c.Rows, c.Columns)) / c.shorter() // along x or y; only diagonals go beyond it
	if err := c.checkFrequency("zone plate: spatial frequency at the border", "pixel", edge); err != nil {
		return err
	}
	return z.complete(c)
}

// Paint implements [Pattern].
func (z *ZonePlate) Paint(dst []float64, c Canvas) {
	k := z.SF / (c.shorter() / 2)
	z.paint(dst, c, func(x, y float64) float64 { return z.Wave.at(k*(x*x+y*y)/2 + z.Phase/360) })
}

// Impulse is one pixel of Amplitude among zeros. Its convolution with a filter shows the filter.
type Impulse struct {
	X, Y      float64 // whole pixels to the right of column ⌊Columns/2⌋, and below row ⌊Rows/2⌋
	Amplitude float64 // default 1
}

// Kind implements [Pattern].
func (p *Impulse) Kind() string { return "impulse" }

// Parameters implements [Pattern].
func (p *Impulse) Parameters() []param.Parameter {
	return []param.Parameter{
		param.New("x", "x_pixels", "place of the pattern: pixels to the right of the image's centre", &p.X),
		param.New("y", "y_pixels", "place of the pattern: pixels below the image's centre", &p.Y),
		param.New("amplitude", "amplitude", "value of the impulse's pixel, 0 for 1", &p.Amplitude),
	}
}

// Complete implements [Pattern].
func (p *Impulse) Complete(c Canvas) error {
	fill(&p.Amplitude, 1)
	x, y := p.X+float64(c.Columns/2), p.Y+float64(c.Rows/2)
	if x != math.Trunc(x) || y != math.Trunc(y) || x < 0 || y < 0 || x >= float64(c.Columns) || y >= float64(c.Rows) {
		return fault.New("stimuli", fmt.Sprintf("impulse at x %v, y %v", p.X, p.Y), "",
			"want whole numbers, and a pixel of the %d×%d", c.Rows, c.Columns)
	}
	return nil
}

// Paint implements [Pattern].
func (p *Impulse) Paint(dst []float64, c Canvas) {
	clear(dst)
	dst[(int(p.Y)+c.Rows/2)*c.Columns+int(p.X)+c.Columns/2] = p.Amplitude
}
