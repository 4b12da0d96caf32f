package stimuli

import (
	"fmt"
	"math"
	"strconv"

	"gpuconv/fault"
	"gpuconv/param"
)

// Window is the profile of an [Aperture].
type Window int

// The windows, as functions of the distance r from the aperture's centre.
const (
	Open         Window = iota // 1 everywhere: no aperture
	Circle                     // 1 for r < Radius, else 0
	Annulus                    // 1 for Inner ≤ r < Radius, else 0
	Gaussian                   // exp(−r²/(2·Sigma²))
	RaisedCosine               // 1 up to Radius−Edge, then (1+cos(π·(r−Radius+Edge)/Edge))/2 down to 0 at Radius
	windowCount
)

// String returns the name of the window on the command line.
func (w Window) String() string {
	names := [...]string{"none", "circle", "annulus", "gaussian", "raised-cosine"}
	if w < 0 || int(w) >= len(names) {
		return fmt.Sprintf("window %d", int(w))
	}
	return names[w]
}

// ParseWindow reads the name of a window.
func ParseWindow(name string) (Window, error) {
	for w := range windowCount {
		if w.String() == name {
			return w, nil
		}
	}
	return 0, fault.New("stimuli", "aperture", strconv.Quote(name),
		"want none, circle, annulus, gaussian or raised-cosine")
}

// Aperture is a window through which a pattern is seen. Outside of it, pixels have the mean luminance. The zero value
// is not an aperture. Lengths are in pixels. A sample that lies inside the edge of a circle or an annulus by 6·10⁻⁸
// pixels or less counts as on the edge, so that rounding decides nothing.
type Aperture struct {
	Window Window
	X, Y   float64 // its centre, to the right of and below the image's centre
	Radius float64 // above 0; default half the shorter side of the image
	Inner  float64 // inner radius of the annulus, below Radius; default half of Radius
	Edge   float64 // width of the raised cosine's slope, at most Radius; default Radius, which leaves no plateau
	Sigma  float64 // standard deviation of the Gaussian, above 0; default an eighth of the shorter side
}

func (a *Aperture) parameters() []param.Parameter {
	all := []param.Parameter{
		param.New("aperture-x", "aperture_x_pixels",
			"centre of the aperture: pixels to the right of the image's centre", &a.X),
		param.New("aperture-y", "aperture_y_pixels", "centre of the aperture: pixels below the image's centre", &a.Y),
	}
	radius := param.New("aperture-radius", "aperture_radius_pixels",
		"outer radius of the aperture in pixels, 0 for half of the image's shorter side", &a.Radius)
	switch a.Window {
	case Circle:
		return append(all, radius)
	case Annulus:
		return append(all, radius, param.New("aperture-inner", "aperture_inner_pixels",
			"the annulus' inner radius in pixels, 0 for half the outer", &a.Inner))
	case RaisedCosine:
		return append(all, radius, param.New("aperture-edge", "aperture_edge_pixels",
			"width of the raised cosine's slope in pixels, 0 for the radius", &a.Edge))
	case Gaussian:
		return append(all, param.New("aperture-sigma", "aperture_sigma_pixels",
			"standard deviation of the Gaussian aperture in pixels, 0 for an eighth of the image's shorter side",
			&a.Sigma))
	}
	return nil
}

// complete replaces lengths of 0 with their defaults, and refuses lengths that make no aperture.
func (a *Aperture) complete(c Canvas) error {
	if a.Window < 0 || a.Window >= windowCount {
		return fault.New("stimuli", "aperture", "", "%v: want one of the windows", a.Window)
	}
	fill(&a.Radius, c.shorter()/2)
	fill(&a.Inner, a.Radius/2)
	fill(&a.Edge, a.Radius)
	fill(&a.Sigma, c.shorter()/8)
	switch {
	case a.Radius < 0 || a.Sigma < 0:
		return fault.New("stimuli", fmt.Sprintf("aperture of radius %v and sigma %v", a.Radius, a.Sigma), "",
			"want lengths above 0")
	case a.Window == Annulus && !(a.Inner >= 0 && a.Inner < a.Radius):
		return fault.New("stimuli", "aperture", "", "inner radius %v: want one from 0 to below the radius, %v", a.Inner,
			a.Radius)
	case a.Window == RaisedCosine && !(a.Edge > 0 && a.Edge <= a.Radius):
		return fault.New("stimuli", "aperture", "", "edge %v: want one above 0, at most the radius, %v", a.Edge,
			a.Radius)
	}
	return nil
}

// at returns the value of the window, 0 … 1, at a place on the canvas.
func (a *Aperture) at(x, y float64) float64 {
	if a.Window == Open {
		return 1
	}
	r := math.Hypot(x-a.X, y-a.Y)
	switch a.Window {
	case Gaussian:
		return math.Exp(-r * r / (2 * a.Sigma * a.Sigma))
	case RaisedCosine:
		return raisedCosine((r - (a.Radius - a.Edge)) / a.Edge)
	}
	if reaches(r, a.Radius) || a.Window == Annulus && !reaches(r, a.Inner) {
		return 0
	}
	return 1
}

// raisedCosine falls from 1 at t ≤ 0 to 0 at t ≥ 1.
func raisedCosine(t float64) float64 {
	return (1 + math.Cos(math.Pi*max(0, min(1, t)))) / 2
}

// fill sets a value that is 0 to its default.
func fill(v *float64, to float64) {
	if *v == 0 {
		*v = to
	}
}
