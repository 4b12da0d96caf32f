package tuning

import (
	"fmt"
	"math"
	"slices"
)

// indices names the figures of an axis that are defined only for firing rates, which are not negative.
var indices = map[Axis]string{ByOrientation: "circular variance and selectivity", ByPhase: "F1/F0 and depth"}

// silent says what is missing if no response of a curve is above 0.
var silent = map[Axis]string{
	ByOrientation: "there is no peak, circular variance or selectivity",
	ByFrequency:   "there is no peak and no bandwidth",
	ByPhase:       "there is no F1/F0, depth or preferred phase",
}

// untuned says of an axis that the preferred value would follow noise or rounding. See leastVector.
const untuned = "not tuned to %[1]v, the mean vector is below 1 %% of the responses: the preferred %[1]v is left out"

func (c *Cell) because(format string, args ...any) {
	c.Reasons = append(c.Reasons, fmt.Sprintf(format, args...))
}

// explain adds the reasons why figures of a curve are left out. raw is the curve of the responses, and curve is what
// [Negative] makes of it: the figures were computed from curve.
func (c *Cell) explain(axis Axis, raw, curve Curve) {
	if n := raw.notFinite(); n > 0 {
		but := ""
		if axis == ByOrientation && !math.IsNaN(c.Orientation.Peak) || axis == ByFrequency &&
			!math.IsNaN(c.Frequency.Peak) {
			but = " but for the peak"
		}
		c.because("%d of %d responses over %v are NaN or infinite: its figures are left out%s", n, len(raw.Y), axis,
			but)
		return
	}
	if indices[axis] != "" && curve.negative() {
		c.because("responses below 0 over %v: %s are left out, they are defined for rates; "+
			"rectify or subtract the minimum", axis, indices[axis])
	}
	if slices.Max(curve.Y) <= 0 && (axis == ByFrequency || !curve.negative()) {
		c.because("no response above 0 over %v: %s", axis, silent[axis])
		return
	}
	switch axis {
	case ByOrientation:
		c.explainOrientation(raw)
	case ByFrequency:
		c.explainFrequency()
	case ByPhase:
		if math.IsNaN(c.Phase.Preferred) {
			c.because(untuned, axis)
		}
	}
}

func (c *Cell) explainOrientation(raw Curve) {
	switch {
	case math.IsNaN(c.Orientation.Peak) && raw.flat(raw.largest()):
		c.because("all responses over %v are alike: there is no peak", ByOrientation)
	case math.IsNaN(c.Orientation.Peak):
		c.because("the means of opposite directions are all alike: there is no peak over %v", ByOrientation)
	case math.IsNaN(c.Orientation.Preferred):
		c.because(untuned, ByOrientation)
		c.Fit = nil // its peak would follow noise, too
	}
}

func (c *Cell) explainFrequency() {
	low, high := math.IsNaN(c.Frequency.Low), math.IsNaN(c.Frequency.High)
	switch {
	case math.IsNaN(c.Frequency.Peak):
		c.because("all responses over %v are alike: there is no peak and no bandwidth", ByFrequency)
	case low && high:
		c.because("the responses over %v fall to half of the peak on neither side: the bandwidth is left out",
			ByFrequency)
	case low:
		c.because("the responses over %v do not fall to half of the peak below it: the bandwidth is left out",
			ByFrequency)
	case high:
		c.because("the responses over %v do not fall to half of the peak above it: the bandwidth is left out",
			ByFrequency)
	}
}

// explainFit adds the reasons why figures of the fit are left out. why says why there is no fit; it is empty if there
// is one. A cell without a preferred orientation needs no further reason.
func (c *Cell) explainFit(why string) {
	switch {
	case math.IsNaN(c.Orientation.Preferred):
	case why != "":
		c.because("%s: the fit and its half-width are left out", why)
	case c.Fit == nil:
	case c.Fit.broad():
		c.because("as broad as a cosine: the half-width is left out, 45° is the bound of the fit")
	case !c.Fit.Explains():
		c.because("the fit explains less than half of the variance: its half-width is left out")
	}
}
