package filters

import (
	"fmt"
	"math"

	"gpuconv/fault"
	"gpuconv/param"
)

// DoG is a difference of Gaussians, the receptive field of retinal ganglion cells (Rodieck, Vision Res. 5, 1965):
// Sign·(G(Sigma) − Surround·G(SigmaSurround)), where G is a Gaussian whose integral is 1.
type DoG struct {
	Sigma         float64 // standard deviation of the centre, in pixels; default 1
	SigmaSurround float64 // pixels, above Sigma; default 1.6·Sigma (Marr, Hildreth, Proc. R. Soc. B 207, 1980)
	Surround      float64 // integral of the surround; default 1, which gives no response to a uniform image
	Sign          int     // 1 is an ON centre, −1 an OFF centre; default 1
}

// Kind implements [Filter].
func (d *DoG) Kind() string { return "dog" }

// Parameters implements [Filter].
func (d *DoG) Parameters() []param.Parameter {
	return []param.Parameter{
		sigmaParameter(&d.Sigma),
		param.New("sigma-surround", "sigma_surround",
			"standard deviation of a dog's surround in pixels, 0 for 1.6 times the centre's", &d.SigmaSurround),
		param.New("surround", "surround", "integral of a dog's surround; 0 means 1, as the centre has", &d.Surround),
		param.New("sign", "sign", "of a dog: 1 for an ON centre, −1 for an OFF centre; 0 means 1", &d.Sign),
	}
}

func sigmaParameter(v *float64) param.Parameter {
	return param.New("sigma", "sigma", "standard deviation in pixels; 0 means 1, or for laplacian the 3×3 kernel", v)
}

// Complete implements [Filter].
func (d *DoG) Complete() error {
	fill(&d.Sigma, 1)
	fill(&d.SigmaSurround, 1.6*d.Sigma)
	fill(&d.Surround, 1)
	if d.Sign == 0 {
		d.Sign = 1
	}
	if !(d.Sigma > 0 && d.SigmaSurround > d.Sigma) {
		return fault.New("filters", fmt.Sprintf("difference of Gaussians of sigma %v and %v", d.Sigma, d.SigmaSurround),
			"", "want the surround's above the centre's, above 0")
	}
	if d.Sign != 1 && d.Sign != -1 {
		return fault.New("filters", "difference of Gaussians of sign", d.Sign, "want 1 for ON or -1 for OFF")
	}
	return nil
}

// Reach implements [Filter].
func (d *DoG) Reach() float64 { return 3 * d.SigmaSurround }

// Weight implements [Filter].
func (d *DoG) Weight(x, y float64) float64 {
	return float64(d.Sign) * (gaussian(x, y, d.Sigma) - d.Surround*gaussian(x, y, d.SigmaSurround))
}

// Envelope implements [Filter].
func (d *DoG) Envelope(x, y float64) float64 { return gaussian(x, y, d.SigmaSurround) }

// gaussian is a Gaussian with an integral of 1.
func gaussian(x, y, sigma float64) float64 {
	return math.Exp(-(x*x+y*y)/(2*sigma*sigma)) / (2 * math.Pi * sigma * sigma)
}

// fill sets a value that is 0 to its default.
func fill(v *float64, to float64) {
	if *v == 0 {
		*v = to
	}
}

// Derivative is He(u/Sigma)·G. G is a Gaussian whose integral is 1, and He is the Hermite polynomial of degree Order
// with a leading coefficient of 1. u = x·cosθ + y·sinθ for the orientation θ. It equals the derivative of G along u, of
// that Order, times (−Sigma)^Order. Kernels are not flipped, so that its response has the sign of the image's
// derivative. Weighted sums of it at Order+1 evenly spaced orientations give any other orientation: see [Steer].
type Derivative struct {
	Orientation float64 // of the grating to which it responds most, in degrees from vertical
	Order       int     // 0 … 8
	Sigma       float64 // standard deviation in pixels; default 1
}

const maxOrder = 8

// Kind implements [Filter].
func (d *Derivative) Kind() string { return "gaussian-derivative" }

// Parameters implements [Filter].
func (d *Derivative) Parameters() []param.Parameter {
	return []param.Parameter{
		orientation(&d.Orientation),
		param.NewWhole("order", "order", "order of the derivative, 0 … 8", &d.Order, 0, maxOrder),
		sigmaParameter(&d.Sigma),
	}
}

// Complete implements [Filter].
func (d *Derivative) Complete() error {
	fill(&d.Sigma, 1)
	if d.Sigma < 0 {
		return fault.New("filters", "derivative of a Gaussian of sigma", d.Sigma, "want pixels above 0")
	}
	if d.Order < 0 || d.Order > maxOrder {
		return fault.New("filters", "derivative of order", d.Order, "want a whole number from 0 to %d", maxOrder)
	}
	return nil
}

// Reach implements [Filter]: higher orders reach further.
func (d *Derivative) Reach() float64 { return (3 + float64(d.Order)/2) * d.Sigma }

// Weight implements [Filter].
func (d *Derivative) Weight(x, y float64) float64 {
	u, _ := turned(x, y, d.Orientation)
	return hermite(d.Order, u/d.Sigma) * gaussian(x, y, d.Sigma)
}

// Envelope implements [Filter].
func (d *Derivative) Envelope(x, y float64) float64 { return gaussian(x, y, d.Sigma) }

// hermite returns the probabilists' Hermite polynomial: He(n+1) = t·He(n) − n·He(n−1).
func hermite(n int, t float64) float64 {
	before, value := 0.0, 1.0
	for k := range n {
		before, value = value, t*value-float64(k)*before
	}
	return value
}

// Steer returns order+1 factors. Factor k is for the [Derivative] of that order at the orientation 180°·k/(order+1).
// The sum of these derivatives times their factors is the derivative at an orientation of the given degrees (Freeman
// and Adelson, IEEE PAMI 13, 1991).
func Steer(order int, degrees float64) []float64 {
	factors := make([]float64, order+1)
	for k := range factors {
		turn := (degrees - 180*float64(k)/float64(order+1)) * (math.Pi / 180)
		for m := order; m >= 0; m -= 2 {
			share := 2 * math.Cos(float64(m)*turn)
			if m == 0 {
				share = 1
			}
			factors[k] += share / float64(order+1)
		}
	}
	return factors
}

// Laplacian is the Laplacian of a Gaussian times Sigma²: (r²/Sigma² − 2)·G at the distance r from the centre, where G
// is the Gaussian, whose integral is 1. A Sigma of 0 means the 3×3 kernel: the sum of a pixel's four neighbours minus
// four times the pixel.
type Laplacian struct {
	Sigma float64 // standard deviation in pixels
}

// Kind implements [Filter].
func (l *Laplacian) Kind() string { return "laplacian" }

// Parameters implements [Filter].
func (l *Laplacian) Parameters() []param.Parameter {
	return []param.Parameter{sigmaParameter(&l.Sigma)}
}

// Complete implements [Filter].
func (l *Laplacian) Complete() error {
	if l.Sigma < 0 {
		return fault.New("filters", "Laplacian of sigma", l.Sigma, "want pixels above 0, or 0 for that of 3×3")
	}
	return nil
}

// Reach implements [Filter].
func (l *Laplacian) Reach() float64 { return max(1, 4*l.Sigma) }

// Weight implements [Filter].
func (l *Laplacian) Weight(x, y float64) float64 {
	r := x*x + y*y
	if l.Sigma == 0 {
		switch r {
		case 0:
			return -4
		case 1:
			return 1
		}
		return 0
	}
	return (r/(l.Sigma*l.Sigma) - 2) * gaussian(x, y, l.Sigma)
}

// Envelope implements [Filter].
func (l *Laplacian) Envelope(x, y float64) float64 { return gaussian(x, y, max(l.Sigma, 1)) }
