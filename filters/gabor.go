package filters

import (
	"fmt"
	"math"

	"gpuconv/fault"
	"gpuconv/param"
)

// Gabor is a cosine under a Gaussian envelope a:
//
//	a·cos(2π·(SF·u + Phase/360)),  a = exp(−u²/(2·SigmaX²) − v²/(2·SigmaY²))/(π·SigmaX·SigmaY)
//
// For the orientation θ, u = x·cosθ + y·sinθ and v = y·cosθ − x·sinθ are the distances from the centre across the
// stripes and along them. The integral of the envelope is 2, so that the filter's response to its own grating of
// amplitude 1 is about 1.
//
// If SigmaX is 0, it follows from SF and from the Bandwidth b, the full width at half height of the filter's response,
// in octaves of spatial frequency (Petkov and Kruizinga, Biol. Cybern. 76, 1997):
//
//	SigmaX = √(ln2/2)/(π·SF)·(2^b+1)/(2^b−1)
//
// The median bandwidth of V1's simple cells is 1.4 octaves (De Valois, Albrecht and Thorell, Vision Res. 22, 1982).
type Gabor struct {
	Orientation float64 // of the grating to which it responds most, in degrees from vertical
	SF          float64 // cycles per pixel, above 0, at most 0.5
	Phase       float64 // degrees, at the centre: 0 gives an even filter, 90 an odd one
	SigmaX      float64 // pixels, across the stripes; the default follows from Bandwidth
	SigmaY      float64 // pixels, along the stripes; default SigmaX/Aspect
	Bandwidth   float64 // octaves; default 1.4; has no effect if SigmaX is given
	Aspect      float64 // SigmaX/SigmaY; default 1; has no effect if SigmaY is given
}

// medianBandwidth is the median bandwidth of V1's simple cells, in octaves (De Valois, Albrecht and Thorell 1982).
const medianBandwidth = 1.4

// Kind implements [Filter].
func (g *Gabor) Kind() string { return "gabor" }

// Parameters implements [Filter].
func (g *Gabor) Parameters() []param.Parameter {
	return []param.Parameter{
		orientation(&g.Orientation),
		param.New("sf", "sf_cycles_per_pixel", "spatial frequency of a gabor in cycles/pixel, at most 0.5", &g.SF),
		param.New("phase", "phase_deg", "of a gabor, degrees at the centre: 0 is even, 90 odd", &g.Phase),
		param.New("sigma-x", "sigma_x", "standard deviation across the stripes in pixels, 0 if bandwidth decides it",
			&g.SigmaX),
		param.New("sigma-y", "sigma_y", "standard deviation along the stripes in pixels, 0 if aspect decides it",
			&g.SigmaY),
		param.New("bandwidth", "bandwidth_octaves",
			"bandwidth of a gabor in octaves, 0 for 1.4; without effect if sigma-x is given", &g.Bandwidth),
		param.New("aspect", "aspect", "sigma-x / sigma-y, 0 for 1", &g.Aspect),
	}
}

func orientation(v *float64) param.Parameter {
	return param.New("orientation", "orientation_deg", "of the grating that the filter prefers, degrees from vertical",
		v)
}

// Complete implements [Filter]. If SigmaX is given, it computes Bandwidth. That is NaN if the response to a uniform
// image is at least half of the largest response, so that the response has no width at half height.
func (g *Gabor) Complete() error {
	if !(g.SF > 0 && g.SF <= 0.5) {
		return fault.New("filters", fmt.Sprintf("Gabor of spatial frequency %v cycles/pixel", g.SF), "",
			"want above 0, at most 0.5")
	}
	if g.SigmaX < 0 || g.SigmaY < 0 || g.Bandwidth < 0 || g.Aspect < 0 {
		return fault.New("filters", fmt.Sprintf("Gabor of sigma-x %v, sigma-y %v, bandwidth %v, aspect %v", g.SigmaX,
			g.SigmaY, g.Bandwidth, g.Aspect), "", "want none below 0")
	}
	half := math.Sqrt(math.Ln2/2) / (math.Pi * g.SF)
	if g.SigmaX == 0 {
		if g.Bandwidth == 0 {
			g.Bandwidth = medianBandwidth
		}
		g.SigmaX = half * (math.Exp2(g.Bandwidth) + 1) / (math.Exp2(g.Bandwidth) - 1)
	}
	g.Bandwidth = math.NaN()
	if g.SigmaX > half {
		g.Bandwidth = math.Log2((g.SigmaX + half) / (g.SigmaX - half))
	}
	if g.Aspect == 0 {
		g.Aspect = 1
	}
	if g.SigmaY == 0 {
		g.SigmaY = g.SigmaX / g.Aspect
	}
	g.Aspect = g.SigmaX / g.SigmaY
	return nil
}

// Reach implements [Filter]: three standard deviations.
func (g *Gabor) Reach() float64 { return 3 * max(g.SigmaX, g.SigmaY) }

// Weight implements [Filter].
func (g *Gabor) Weight(x, y float64) float64 {
	u, _ := turned(x, y, g.Orientation)
	return g.Envelope(x, y) * math.Cos(2*math.Pi*g.SF*u+g.Phase*(math.Pi/180))
}

// Envelope implements [Filter].
func (g *Gabor) Envelope(x, y float64) float64 {
	u, v := turned(x, y, g.Orientation)
	p, q := u/g.SigmaX, v/g.SigmaY
	return math.Exp(-(p*p+q*q)/2) / (math.Pi * g.SigmaX * g.SigmaY)
}

// Shifted implements [Phased].
func (g *Gabor) Shifted(degrees float64) Filter {
	shifted := *g
	shifted.Phase += degrees
	return &shifted
}

// Carrier implements [Phased].
func (g *Gabor) Carrier(x, y float64) float64 {
	u, _ := turned(x, y, g.Orientation)
	return math.Cos(2 * math.Pi * g.SF * u)
}

// turned returns the coordinates of a place across stripes of an orientation, u, and along them, v. degrees is the
// orientation.
func turned(x, y, degrees float64) (u, v float64) {
	sin, cos := math.Sincos(degrees * (math.Pi / 180))
	return x*cos + y*sin, y*cos - x*sin
}
