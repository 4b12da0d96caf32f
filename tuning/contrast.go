package tuning

import (
	"fmt"
	"math"

	"gpuconv/fault"

	"gonum.org/v1/gonum/optimize"
)

// NakaRushton is a contrast response,
//
//	r(c) = Base + Rmax·c^n / (c^n + C50^n),  n = Exponent
//
// (Naka and Rushton, J. Physiol. 185:536, 1966; for cortex Albrecht and Hamilton, J. Neurophysiol. 48:217, 1982). Half
// of Rmax is reached at C50, the semisaturation contrast.
type NakaRushton struct {
	Rmax     float64 // in the unit of the responses, above 0
	C50      float64 // in the unit of the contrasts, from 1/100 of the least above 0 to 100 times the largest
	Exponent float64 // from 0.1 to 20
	Base     float64 // the response at contrast 0
	R2       float64 // share of the variance over contrasts that the curve explains, up to 1
}

// At returns the response to a contrast of at least 0.
func (n NakaRushton) At(contrast float64) float64 {
	return n.Base + n.Rmax*hyperbola(contrast, n.C50, n.Exponent)
}

// hyperbola is the curve with a Base of 0 and an Rmax of 1. It does not overflow.
func hyperbola(c, half, n float64) float64 {
	if c <= 0 {
		return 0
	}
	return 1 / (1 + math.Exp(n*(math.Log(half)-math.Log(c))))
}

const leastExponent, mostExponent = 0.1, 20

// FitNakaRushton fits the curve to contrasts of at least 0 by least squares. ok is false if responses are not finite or
// all alike, or if no rising curve fits better than a constant. It is also false if the best C50 or Exponent is at an
// end of its range, because the data then do not show where the response saturates. Base may be below 0. FitNakaRushton
// refuses contrasts below 0 and fewer than 4 of them, because there are four parameters.
//
// For a given C50 and Exponent, the best Base and Rmax follow in closed form; gonum's Nelder-Mead method searches for
// the two, from the best point of a grid. TestNakaRushtonGoldens compares fits with SciPy's curve_fit.
func FitNakaRushton(c Curve) (fit NakaRushton, ok bool, err error) {
	fit, why, err := fitNakaRushton(c)
	return fit, why == "" && err == nil, err
}

func fitNakaRushton(c Curve) (fit NakaRushton, why string, err error) {
	if err := c.check(); err != nil {
		return fit, "", err
	}
	if n := len(c.X); n < 4 || c.X[0] < 0 {
		return fit, "", fault.New("tuning", fmt.Sprintf("a contrast response through %d contrasts from %v", n, c.X[0]),
			"", "want at least 4, none below 0")
	}
	if c.notFinite() > 0 || c.flat(c.largest()) {
		return fit, "responses that are all alike or not finite", nil
	}
	lowest := c.X[0]
	if lowest == 0 {
		lowest = c.X[1]
	}
	lo := [2]float64{math.Log(lowest / 100), math.Log(leastExponent)}
	hi := [2]float64{math.Log(c.X[len(c.X)-1] * 100), math.Log(mostExponent)}
	t := newTarget(c)
	at := func(x []float64) (n NakaRushton, residue float64) {
		n.C50 = math.Exp(min(max(x[0], lo[0]), hi[0]))
		n.Exponent = math.Exp(min(max(x[1], lo[1]), hi[1]))
		n.Base, n.Rmax, residue = t.straight(func(v float64) float64 { return hyperbola(v, n.C50, n.Exponent) })
		return n, residue
	}
	best, least := []float64{0, 0}, math.Inf(1)
	for i := range 25 {
		for _, exponent := range []float64{0.5, 1, 2, 4, 8} {
			x := []float64{lo[0] + (hi[0]-lo[0])*float64(i)/24, math.Log(exponent)}
			if _, residue := at(x); residue < least {
				best, least = x, residue
			}
		}
	}
	problem := optimize.Problem{Func: func(x []float64) float64 {
		_, residue := at(x)
		for i, v := range x {
			out := max(lo[i]-v, v-hi[i], 0)
			residue += t.total * out * out
		}
		return residue / t.total
	}}
	result, err := optimize.Minimize(problem, best, &optimize.Settings{MajorIterations: 1000,
		Converger: &optimize.FunctionConverge{Absolute: 1e-15, Iterations: 40}}, &optimize.NelderMead{SimplexSize: 0.2})
	if err != nil {
		return fit, "", &fault.Error{Package: "tuning", Argument: "contrast response", Err: err}
	}
	fit, residue := at(result.X)
	fit.R2 = 1 - residue/t.total
	const slack = 1e-3
	switch {
	case !(fit.Rmax > 0):
		return fit, "no rising curve over contrast is better than a constant", nil
	case result.X[0] < lo[0]+slack || result.X[0] > hi[0]-slack:
		return fit, "the semisaturation contrast is beyond the contrasts shown, the fit is at its bound", nil
	case result.X[1] < lo[1]+slack || result.X[1] > hi[1]-slack:
		return fit, "the exponent is at the bound of the fit", nil
	}
	return fit, "", nil
}

// straight returns the base and the height ≥ 0 that fit r = base + height·shape(x) best, and the sum of squared errors
// that is left.
func (t target) straight(shape func(x float64) float64) (base, height, residue float64) {
	n := float64(len(t.curve.X))
	var s, ss, sy float64
	for i, x := range t.curve.X {
		v := shape(x)
		s, ss, sy = s+v, ss+v*v, sy+v*(t.curve.Y[i]-t.mean)
	}
	if spread := ss - s*s/n; spread > 0 {
		height = max(0, sy/spread)
	}
	base = t.mean - height*s/n
	for i, x := range t.curve.X {
		e := t.curve.Y[i] - base - height*shape(x)
		residue += e * e
	}
	return base, height, residue
}
