package stimuli

import (
	"fmt"
	"math"

	"gpuconv/fault"
	"gpuconv/param"
)

// Gabor is a drifting sine grating under a Gaussian:
//
//	cos(2π·(SF·u + Phase/360 − Drift·Frame)) · exp(−u²/(2·SigmaX²) − v²/(2·SigmaY²))
//
// u and v are pixels from the centre of the patch, u across the stripes and v along them.
type Gabor struct {
	Orientation    float64 // degrees from vertical
	SF             float64 // cycles per pixel, at most 0.5 unless [Canvas.AllowAliasing] is set
	Phase          float64 // degrees, at the patch's centre
	X, Y           float64 // centre of the patch, in pixels to the right of and below the image's centre
	SigmaX, SigmaY float64 // pixels; SigmaX defaults to an eighth of the shorter side, SigmaY to SigmaX
	Drift, Frame   float64 // cycles per frame; number of the frame
	Look
}

// Kind implements [Pattern].
func (g *Gabor) Kind() string { return "gabor" }

// Parameters implements [Pattern].
func (g *Gabor) Parameters() []param.Parameter {
	all := []param.Parameter{
		orientation(&g.Orientation), frequency(&g.SF), phase(&g.Phase),
		param.New("x", "x_pixels", "place of the pattern: pixels to the right of the image's centre", &g.X),
		param.New("y", "y_pixels", "place of the pattern: pixels below the image's centre", &g.Y),
		param.New("sigma-x", "sigma_x_pixels",
			"standard deviation of a Gabor across the stripes in pixels, 0 for an eighth of the image's shorter side",
			&g.SigmaX),
		param.New("sigma-y", "sigma_y_pixels",
			"standard deviation of a Gabor along the stripes in pixels, 0 for the same as across", &g.SigmaY),
	}
	return append(append(all, g.parameters()...), drift(&g.Drift), frame(&g.Frame))
}

// Complete implements [Pattern].
func (g *Gabor) Complete(c Canvas) error {
	fill(&g.SigmaX, c.shorter()/8)
	fill(&g.SigmaY, g.SigmaX)
	if g.SigmaX < 0 || g.SigmaY < 0 {
		return fault.New("stimuli", fmt.Sprintf("Gabor of sigma %v and %v", g.SigmaX, g.SigmaY), "",
			"want lengths above 0")
	}
	if err := checkDrifting(c, g.SF, g.Drift); err != nil {
		return err
	}
	return g.complete(c)
}

// Paint implements [Pattern].
func (g *Gabor) Paint(dst []float64, c Canvas) {
	sin, cos := sincosDegrees(g.Orientation)
	start := g.Phase/360 - g.Drift*g.Frame
	g.paint(dst, c, func(x, y float64) float64 {
		x, y = x-g.X, y-g.Y
		u, v := x*cos+y*sin, y*cos-x*sin
		p, q := u/g.SigmaX, v/g.SigmaY
		return math.Exp(-(p*p+q*q)/2) * Sine.at(g.SF*u+start)
	})
}
