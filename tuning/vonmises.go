package tuning

import (
	"fmt"
	"math"

	"gpuconv/fault"

	"gonum.org/v1/gonum/optimize"
)

// VonMises is a smooth orientation tuning curve,
//
//	r(θ) = Base + Height·(e^{κ(cos 2(θ−Preferred)−1)} − e^{−2κ}) / (1 − e^{−2κ})
//
// It is a circular normal curve that runs from Base, at right angles to the preferred orientation, to Base + Height. It
// is the usual b + a·e^{κ(cos 2(θ−μ)−1)} (Swindale, Biol. Cybern. 78:45, 1998) with other parameters in place of a and
// b. Unlike those, Height and Base stay finite when κ goes to 0, where the curve becomes a cosine.
type VonMises struct {
	Preferred    float64 // degrees, 0 ≤ θ < 180
	Kappa        float64 // concentration κ, from 0.001 to 300
	Base, Height float64 // Height is above 0
	R2           float64 // share of the variance over orientations that the curve explains, up to 1
}

// κ is kept in a range. Below leastKappa the curve is a cosine to 1 part in 1,000. Above mostKappa the half-width is
// under 2°, and e^{2κ} soon overflows.
const (
	leastKappa = 1e-3
	mostKappa  = 300
)

// At returns the curve at θ, in degrees.
func (v VonMises) At(theta float64) float64 {
	return v.Base + v.Height*vonMisesShape(theta, v.Preferred, v.Kappa)
}

// HalfWidth returns the half-width at half-height in degrees: the distance from Preferred at which the curve is halfway
// between its largest and its smallest value. It is 45° for a cosine.
func (v VonMises) HalfWidth() float64 {
	cosine := 1 + math.Log((1+math.Exp(-2*v.Kappa))/2)/v.Kappa
	return math.Acos(cosine) / 2 * 180 / math.Pi
}

// HasWidth reports whether HalfWidth describes the data. It does not if [VonMises.Explains] is false. Nor does it at
// the lower end of the range of κ: there the data are at least as broad as a cosine, and 45° is the bound of the fit.
func (v VonMises) HasWidth() bool { return v.Explains() && !v.broad() }

func (v VonMises) broad() bool { return v.Kappa <= 4*leastKappa }

// Explains reports whether the curve explains at least half of the variance. Less means, for instance, that the fit
// follows the noise of a flat curve, or only one of two peaks.
func (v VonMises) Explains() bool { return v.R2 >= 0.5 }

// vonMisesShape is the curve with a Base of 0 and a Height of 1.
func vonMisesShape(theta, preferred, kappa float64) float64 {
	cosine := math.Cos(2 * (theta - preferred) * math.Pi / 180)
	return math.Expm1(kappa*(cosine+1)) / math.Expm1(2*kappa)
}

// FitVonMises fits the curve to orientations in degrees, by least squares. As in [Curve.Orientation], orientations
// count modulo 180, and the responses to two opposite directions are averaged. R2 is a share of the variance of these
// means. It refuses fewer than 5 orientations that differ modulo 180, because there are four parameters. ok is false in
// these cases:
//   - Responses are not finite, all alike, or so small or large that their squares are 0 or infinite in float64.
//   - No curve of positive height is better than a constant.
//   - The best curve is so narrow that κ is at the end of its range, or that its width at half height is less than the
//     distance between the orientations below and above its peak.
//
// A cell that prefers a direction has two peaks, 180° apart. The curve that is usually fitted over directions is a sum
// of two Gaussians of one width and two heights (Mazurek, Kager and Van Hooser, Front. Neural Circuits 8:92, 2014). The
// mean over opposite directions has that width too, and half of the sum of the heights. So Preferred, Kappa and
// HalfWidth do not depend on how much a cell prefers a direction; [Curve.Direction] measures that.
//
// For given Preferred and κ the best Base and Height follow in closed form. gonum's Nelder-Mead method searches
// Preferred and κ. It starts at the best point of a grid of 18 orientations and five values of κ.
func FitVonMises(c Curve) (fit VonMises, ok bool, err error) {
	fit, why, err := fitVonMises(c)
	return fit, why == "" && err == nil, err
}

// fitVonMises fits as FitVonMises does. If there is no fit, why says why; otherwise it is empty.
func fitVonMises(c Curve) (fit VonMises, why string, err error) {
	if err := c.check(); err != nil {
		return fit, "", err
	}
	size := c.largest()
	c = c.fold(180)
	if n := len(c.X); n < 5 {
		return fit, "", fault.New("tuning", fmt.Sprintf("a von Mises curve through %d orientations", n), "",
			"want at least 5 that differ within 180°")
	}
	target := newTarget(c)
	if !(target.total > 1e-24*c.size()*c.size()) || c.flat(size) {
		return fit, "the squares of the responses are too small or too large for float64", nil
	}
	fit, residue, err := target.search(target.start())
	if err != nil {
		return fit, "", err
	}
	fit.R2 = 1 - residue/target.total
	switch {
	case !(fit.Height > 0):
		why = "no curve is better than a constant"
	case fit.Kappa >= 0.999*mostKappa:
		why = "the peak is narrower than the spacing, the fit is at its bound"
	case 2*fit.HalfWidth() < c.gapAround(fit.Preferred):
		why = "the peak is narrower than the spacing of the orientations around it"
	}
	return fit, why, nil
}

// gapAround returns how far apart the two neighbours of an orientation are among those of the curve, in degrees. A peak
// that is narrower lies between them: they do not say how high it is, nor how wide.
func (c Curve) gapAround(orientation float64) float64 {
	below, above := 180.0, 180.0
	for _, x := range c.X {
		below = min(below, math.Mod(math.Mod(orientation-x, 180)+180, 180))
		if up := math.Mod(math.Mod(x-orientation, 180)+180, 180); up > 0 {
			above = min(above, up)
		}
	}
	return below + above
}

// searchSlack is how close to the best angle the search ends, in degrees. TestFitGoldens checks it.
const searchSlack = 1e-4

// target is the curve to fit.
type target struct {
	curve       Curve
	mean, total float64 // of the responses, and Σ (r − mean)²
}

func newTarget(c Curve) target {
	t := target{curve: c, mean: mean(c.Y)}
	for _, y := range c.Y {
		t.total += (y - t.mean) * (y - t.mean)
	}
	return t
}

// start returns the point of a grid that fits best.
func (t target) start() VonMises {
	var start VonMises
	best := math.Inf(1)
	for preferred := 0.0; preferred < 180; preferred += 10 {
		for _, kappa := range []float64{0.3, 1, 3, 10, 30} {
			v := VonMises{Preferred: preferred, Kappa: kappa}
			if _, _, residue := t.linear(v); residue < best {
				start, best = v, residue
			}
		}
	}
	return start
}

// search runs Nelder-Mead over 2·Preferred, in radians, and log κ.
func (t target) search(from VonMises) (VonMises, float64, error) {
	problem := optimize.Problem{Func: func(x []float64) float64 {
		v, outside := at(x)
		_, _, residue := t.linear(v)
		return residue/t.total + outside*outside
	}}
	start := []float64{from.Preferred * math.Pi / 90, math.Log(from.Kappa)}
	settings := &optimize.Settings{
		MajorIterations: 400,
		Converger:       &optimize.FunctionConverge{Absolute: 1e-15, Iterations: 30},
	}
	result, err := optimize.Minimize(problem, start, settings, &optimize.NelderMead{SimplexSize: 0.3})
	if err != nil {
		return VonMises{}, 0, &fault.Error{Package: "tuning", Argument: "von Mises fit", Err: err}
	}
	v, _ := at(result.X)
	var residue float64
	v.Base, v.Height, residue = t.linear(v)
	v.Preferred = snapped(math.Mod(math.Mod(v.Preferred, 180)+180, 180), 180, searchSlack)
	return v, residue, nil
}

// at returns the Preferred and Kappa of a point of the search, with Kappa kept in its range. outside is how far log κ
// was outside of the range.
func at(x []float64) (v VonMises, outside float64) {
	inside := min(max(x[1], math.Log(leastKappa)), math.Log(mostKappa))
	return VonMises{Preferred: x[0] * 90 / math.Pi, Kappa: math.Exp(inside)}, x[1] - inside
}

// linear returns the Base and the Height ≥ 0 that fit best, and the sum of squared errors that is left.
func (t target) linear(v VonMises) (base, height, residue float64) {
	shape := make([]float64, len(t.curve.X))
	for i, x := range t.curve.X {
		shape[i] = vonMisesShape(x, v.Preferred, v.Kappa)
	}
	middle := mean(shape)
	var covariance, variance float64
	for i, s := range shape {
		covariance += (s - middle) * (t.curve.Y[i] - t.mean)
		variance += (s - middle) * (s - middle)
	}
	if variance > 0 {
		height = max(0, covariance/variance)
	}
	base = t.mean - height*middle
	for i, s := range shape {
		residue += math.Pow(t.curve.Y[i]-base-height*s, 2)
	}
	return base, height, residue
}
