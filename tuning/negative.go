package tuning

import (
	"fmt"
	"math"
	"slices"
)

// Negative says what the figures of a curve with responses below 0 are made of. Circular variance, selectivity, F1/F0
// and depth are defined for firing rates, which are not negative (Ringach, Shapley and Hawken, J. Neurosci. 22:5639,
// 2002). Responses from which a background was subtracted, and linear filters, have negative ones, and then the indices
// leave their range (Mazurek, Kager and Van Hooser, Front. Neural Circuits 8:92, 2014, discuss which indices to trust).
// Fits are of the curve as it is.
type Negative int

// Refuse leaves out the indices that are not defined. Rectify takes responses below 0 as 0. SubtractMin subtracts the
// smallest response of the curve, which makes the indices larger; preferred orientations stay.
const (
	Refuse Negative = iota
	Rectify
	SubtractMin
)

// String returns the name on the command line.
func (n Negative) String() string {
	names := [...]string{"refuse", "rectify", "subtract-min"}
	if n < 0 || int(n) >= len(names) {
		return fmt.Sprintf("negative %d", int(n))
	}
	return names[n]
}

// flatness is the range of a curve, as a share of its largest absolute value, that is float32's rounding and no tuning.
const flatness = 1e-6

// apply returns what the figures of a curve are made of.
func (n Negative) apply(c Curve) Curve {
	if n == Refuse || !c.negative() || c.notFinite() > 0 {
		return c
	}
	lo, hi := slices.Min(c.Y), slices.Max(c.Y)
	out := Curve{X: c.X, Y: make([]float64, len(c.Y))}
	for i, y := range c.Y {
		switch {
		case n == Rectify:
			out.Y[i] = max(0, y)
		case hi-lo > flatness*max(math.Abs(lo), math.Abs(hi)):
			out.Y[i] = y - lo
		}
	}
	return out
}

// explain adds the reasons why figures of a curve are left out. raw is the curve as it was answered.
func (c *Cell) explain(axis Axis, raw, curve Curve) {
	indices := map[Axis]string{ByOrientation: "circular variance and selectivity", ByPhase: "F1/F0 and depth"}[axis]
	because := func(format string, args ...any) { c.Reasons = append(c.Reasons, fmt.Sprintf(format, args...)) }
	if n := raw.notFinite(); n > 0 {
		but := ""
		if axis == ByOrientation && !math.IsNaN(c.Orientation.Peak) {
			but = " but for the peak"
		}
		because("%d of %d responses over %v NaN or infinite: its figures are left out%s", n, len(raw.Y), axis, but)
		return
	}
	if indices != "" && curve.negative() {
		because("responses below 0 over %v: %s are left out, they are defined for rates; "+
			"rectify or subtract the minimum", axis, indices)
	}
	switch {
	case axis == ByFrequency && math.IsNaN(c.Frequency.Peak):
		because("no response above 0 over %v: there is no peak", axis)
	case axis == ByOrientation && math.IsNaN(c.Orientation.Peak):
		because("all responses over %v alike: there is no peak", axis)
	case axis == ByOrientation && math.IsNaN(c.Orientation.Preferred):
		because("not tuned to %v, the mean vector is below 1 %% of the responses: the preferred one is left out", axis)
		c.Fit = nil // its place would be as little one
	}
	if axis == ByOrientation && c.Fit != nil && !c.Fit.HasWidth() {
		because("as broad as a cosine: the half-width is left out, 45° is the bound of the fit")
	}
}
