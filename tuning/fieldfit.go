package tuning

import (
	"cmp"
	"math"
	"slices"

	"gpuconv/fault"

	"gonum.org/v1/gonum/optimize"
)

// FieldGabor is a Gabor that fits a receptive field (Jones and Palmer, J. Neurophysiol. 58:1233, 1987):
//
//	w = Amplitude·e^{−u²/(2·SigmaX²) − v²/(2·SigmaY²)}·cos(2π·SF·u + Phase)
//
// where u = (x−X)·cosθ + (y−Y)·sinθ and v = (y−Y)·cosθ − (x−X)·sinθ for the orientation θ, x to the right and y down.
type FieldGabor struct {
	X, Y           float64 // centre, in pixels right of and below the centre of the image
	Orientation    float64 // of the grating that the field prefers: degrees from vertical, 0 ≤ … < 180
	SF             float64 // cycles per pixel, 0 … 0.5
	Phase          float64 // degrees at the centre, 0 ≤ … < 360
	SigmaX, SigmaY float64 // pixels across and along the stripes, 0.3 … the size of the window
	Amplitude      float64 // above 0
	R2             float64 // share of the variance that the fit explains, up to 1
}

// window is a part of a field. x and y are the place of its first pixel, from the centre of the image.
type window struct {
	rows, columns int
	x, y          float64
	data          []float64
}

// gaborPoint is a point of the search: centre, orientation in radians, frequency and the logarithms of the widths.
type gaborPoint [6]float64

// fit fits a Gabor by least squares. gonum's Nelder-Mead method searches for six numbers, from the best points of a
// grid. For any values of these six, the amplitudes of the cosine and the sine follow in closed form. TestFieldGoldens
// compares the fits with SciPy's least_squares.
func (w window) fit() (FieldGabor, error) {
	total := w.variance()
	if !(total > 0) {
		return FieldGabor{}, fault.New("tuning", "a receptive field", "",
			"all weights are alike: want some that differ")
	}
	type candidate struct {
		p       gaborPoint
		residue float64
	}
	var all []candidate
	x, y, spread := w.moments()
	for turn := range 12 {
		for _, sf := range []float64{0.02, 0.05, 0.08, 0.11, 0.14, 0.18, 0.22, 0.27, 0.33, 0.4} {
			for _, width := range []float64{0.7, 1.2} {
				p := gaborPoint{x, y, float64(turn) * math.Pi / 12, sf, math.Log(width * spread),
					math.Log(width * spread)}
				_, _, residue := w.linear(p)
				all = append(all, candidate{p, residue})
			}
		}
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(a.residue, b.residue) })
	problem := optimize.Problem{Func: func(v []float64) float64 {
		p, outside := w.inside(gaborPoint(v))
		_, _, residue := w.linear(p)
		return residue/total + outside
	}}
	settings := &optimize.Settings{MajorIterations: 3000,
		Converger: &optimize.FunctionConverge{Absolute: 1e-13, Iterations: 100}}
	best, least := gaborPoint{}, math.Inf(1)
	for _, from := range all[:3] {
		start := from.p
		for range 2 { // a second simplex leaves a place where the first one collapsed
			found, err := optimize.Minimize(problem, start[:], settings, &optimize.NelderMead{SimplexSize: 0.1})
			if err != nil {
				return FieldGabor{}, &fault.Error{Package: "tuning", Argument: "fit of a receptive field", Err: err}
			}
			start = gaborPoint(found.X)
			if found.F < least {
				best, least = start, found.F
			}
		}
	}
	best, _ = w.inside(best)
	return w.gabor(best, total), nil
}

// gabor returns the Gabor of a point.
func (w window) gabor(p gaborPoint, total float64) FieldGabor {
	even, odd, residue := w.linear(p)
	g := FieldGabor{X: p[0] + w.x, Y: p[1] + w.y, SF: p[3], SigmaX: math.Exp(p[4]), SigmaY: math.Exp(p[5]),
		Amplitude: math.Hypot(even, odd), R2: 1 - residue/total}
	degrees, phase := math.Mod(p[2]*180/math.Pi, 360), math.Atan2(-odd, even)*180/math.Pi
	if degrees < 0 {
		degrees += 360
	}
	if degrees >= 180 { // u turns round, and with it the sign of the phase
		degrees, phase = degrees-180, -phase
	}
	g.Orientation, g.Phase = snapped(degrees, 180, angleSlack), math.Mod(phase+360, 360)
	return g
}

// inside returns the nearest point in the ranges of the parameters, and how far the point was outside of them.
func (w window) inside(p gaborPoint) (gaborPoint, float64) {
	size := float64(max(w.rows, w.columns))
	lo := gaborPoint{0, 0, math.Inf(-1), 0, math.Log(0.3), math.Log(0.3)}
	hi := gaborPoint{float64(w.columns - 1), float64(w.rows - 1), math.Inf(1), 0.5, math.Log(size), math.Log(size)}
	outside := 0.0
	for i, v := range p {
		p[i] = min(max(v, lo[i]), hi[i])
		outside += (v - p[i]) * (v - p[i])
	}
	return p, outside
}

// linear returns the amplitudes of the cosine and the sine that fit best, and the sum of squared errors that is left.
func (w window) linear(p gaborPoint) (even, odd, residue float64) {
	sin, cos := math.Sincos(p[2])
	across, along := math.Exp(-2*p[4])/2, math.Exp(-2*p[5])/2
	var cc, cs, ss, cw, sw, ww float64
	for at, v := range w.data {
		x, y := float64(at%w.columns)-p[0], float64(at/w.columns)-p[1]
		u, t := x*cos+y*sin, y*cos-x*sin
		envelope := math.Exp(-u*u*across - t*t*along)
		s, c := math.Sincos(2 * math.Pi * p[3] * u)
		s, c = s*envelope, c*envelope
		cc, cs, ss, cw, sw, ww = cc+c*c, cs+c*s, ss+s*s, cw+c*v, sw+s*v, ww+v*v
	}
	if determinant := cc*ss - cs*cs; determinant > 1e-12*cc*cc {
		even, odd = (cw*ss-sw*cs)/determinant, (sw*cc-cw*cs)/determinant
	} else if cc > 0 { // the sine is 0
		even = cw / cc
	}
	return even, odd, ww - even*cw - odd*sw
}

func (w window) variance() (total float64) {
	middle := mean(w.data)
	for _, v := range w.data {
		total += (v - middle) * (v - middle)
	}
	return total
}

// moments returns the centre and the standard deviation of the squared weights.
func (w window) moments() (x, y, spread float64) {
	var sum, xx float64
	for at, v := range w.data {
		column, row := float64(at%w.columns), float64(at/w.columns)
		sum, x, y, xx = sum+v*v, x+v*v*column, y+v*v*row, xx+v*v*(column*column+row*row)
	}
	x, y = x/sum, y/sum
	return x, y, max(0.5, math.Sqrt(max(0, xx/sum-x*x-y*y)))
}
