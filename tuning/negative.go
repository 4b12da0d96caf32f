package tuning

import (
	"fmt"
	"slices"
)

// Negative says how a curve with responses below 0 is described. Circular variance, selectivity, F1/F0 and depth are
// defined for firing rates, which are not negative (Ringach, Shapley and Hawken, J. Neurosci. 22:5639, 2002). Linear
// filters, and recordings with the background subtracted, respond below 0, and then the indices leave their range
// (Mazurek, Kager and Van Hooser, Front. Neural Circuits 8:92, 2014, discuss which indices to trust). Fits always take
// the curve as it is.
type Negative int

// Refuse leaves out the indices that are not defined. Rectify takes responses below 0 as 0. SubtractMin subtracts the
// smallest response of the curve, which makes the indices larger; preferred orientations stay the same.
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

// flatness is how much a curve may vary, as a share of its largest absolute value, and still count as flat: so little
// is float32's rounding, not tuning.
const flatness = 1e-6

// apply returns the curve that the figures of c are computed from. That is c itself if n is Refuse, if no
// response is negative, or if one is not finite.
func (n Negative) apply(c Curve) Curve {
	if n == Refuse || !c.negative() || c.notFinite() > 0 {
		return c
	}
	lo := slices.Min(c.Y)
	out := Curve{X: c.X, Y: make([]float64, len(c.Y))}
	for i, y := range c.Y {
		switch {
		case n == Rectify:
			out.Y[i] = max(0, y)
		case !c.flat(c.largest()):
			out.Y[i] = y - lo
		}
	}
	return out
}
