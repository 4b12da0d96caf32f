package stimuli

import (
	"math"

	"gpuconv/fault"
	"gpuconv/param"
)

// Wave is the profile of a [Grating] over one cycle: a function of p, in cycles, with values from −1 to 1.
type Wave int

// The waves. At p = 0 a wave has its largest value, or is in the middle of its bright half; the sawtooth is 0 there,
// and rises. Edges are half-open: a sample at an edge belongs to the part that begins there. A sample that lies before
// an edge by 3·10⁻⁸ cycles or less counts as on the edge, so that rounding decides nothing.
const (
	Sine     Wave = iota // cos(2π·p)
	Square               // 1 for −¼ ≤ p < ¼, else −1
	Sawtooth             // 2·p for −½ ≤ p < ½
	Triangle             // 1 − 4·|p| for −½ ≤ p < ½
)

// at returns the value of the wave at a number of cycles.
func (w Wave) at(cycles float64) float64 {
	if w == Sine {
		return math.Cos(2 * math.Pi * cycles)
	}
	if w == Square {
		return alternate(part(2*cycles + 0.5))
	}
	p := max(-0.5, cycles-part(cycles+0.5)) // −½ ≤ p < ½
	if w == Sawtooth {
		return 2 * p
	}
	return 1 - 4*math.Abs(p)
}

// Grating is a [Wave] of SF·u + Phase/360 − Drift·Frame cycles. u = x·cosθ + y·sinθ is the coordinate across the
// stripes for the orientation θ, as the package defines it. The zero value is uniform; an SF makes it a grating.
type Grating struct {
	Wave        Wave
	Orientation float64 // degrees from vertical
	SF          float64 // spatial frequency, cycles per pixel, at most 0.5 unless [Canvas.AllowAliasing] is set
	Phase       float64 // degrees, at the image's centre; 0 is a peak
	Drift       float64 // cycles per frame, towards u; at most 0.5 either way unless AllowAliasing is set
	Frame       float64 // number of the frame
	Look
}

// Kind returns grating for a sine, and square-grating, sawtooth-grating or triangle-grating for the other waves.
func (g *Grating) Kind() string {
	switch g.Wave {
	case Square:
		return "square-grating"
	case Sawtooth:
		return "sawtooth-grating"
	case Triangle:
		return "triangle-grating"
	}
	return "grating"
}

// Parameters implements [Pattern].
func (g *Grating) Parameters() []param.Parameter {
	all := append([]param.Parameter{orientation(&g.Orientation), frequency(&g.SF), phase(&g.Phase)}, g.parameters()...)
	return append(all, drift(&g.Drift), frame(&g.Frame))
}

// Complete implements [Pattern].
func (g *Grating) Complete(c Canvas) error {
	if err := checkDrifting(c, g.SF, g.Drift); err != nil {
		return err
	}
	return g.complete(c)
}

// Paint implements [Pattern].
func (g *Grating) Paint(dst []float64, c Canvas) {
	fx, fy := components(g.SF, g.Orientation)
	start := g.Phase/360 - g.Drift*g.Frame
	g.paint(dst, c, func(x, y float64) float64 { return g.Wave.at(fx*x + fy*y + start) })
}

// The parameters that several patterns have.

func orientation(v *float64) param.Parameter {
	return param.New("orientation", "orientation_deg",
		"degrees from vertical; a small positive one turns the stripes clockwise", v)
}

func frequency(v *float64) param.Parameter {
	return param.New("sf", "sf_cycles_per_pixel", "spatial frequency, in cycles/pixel unless --sf-unit says otherwise",
		v)
}

func phase(v *float64) param.Parameter {
	return param.New("phase", "phase_deg", "degrees, at the centre of the pattern; 0 is a peak", v)
}

func drift(v *float64) param.Parameter {
	return param.New("drift", "drift_cycles_per_frame",
		"cycles per frame by which the pattern moves, at most 0.5 either way", v)
}

func frame(v *float64) param.Parameter {
	return param.New("frame", "frame", "number of the frame, from 0: 0:8:1 makes eight frames", v)
}

// checkSineOrSquare refuses other waves, for patterns that have only these two.
func checkSineOrSquare(w Wave, pattern string) error {
	if w != Sine && w != Square {
		return fault.New("stimuli", pattern, "", "wave %d: want Sine or Square", int(w))
	}
	return nil
}

func checkDrifting(c Canvas, sf, drift float64) error {
	if err := c.checkFrequency("spatial frequency", "pixel", sf); err != nil {
		return err
	}
	return c.checkFrequency("drift", "frame", drift)
}

// components returns the components of a spatial frequency along x and y. At multiples of 90° they are exact, so that
// stripes along rows and columns stay straight.
func components(sf, degrees float64) (fx, fy float64) {
	sin, cos := sincosDegrees(degrees)
	return sf * cos, sf * sin
}

func sincosDegrees(degrees float64) (sin, cos float64) {
	degrees = math.Mod(degrees, 360)
	quarters := math.RoundToEven(degrees / 90)
	sin, cos = math.Sincos((degrees - 90*quarters) * (math.Pi / 180))
	switch (int(quarters) + 4) % 4 {
	case 1:
		return cos, -sin
	case 2:
		return -sin, -cos
	case 3:
		return -cos, sin
	}
	return sin, cos
}
