package tuning

import (
	"math"
	"math/cmplx"
	"slices"
)

// Cycle describes the responses to a grating at evenly spaced phases of one cycle. The grating is still or drifts.
type Cycle struct {
	// F0 is the mean response. F1 is the amplitude of the first harmonic, 2/n·|Σ r·e^{iφ}|, for the responses r at n
	// phases φ.
	F0, F1 float64
	// Ratio is F1/F0: above 1 for a simple cell, π/2 for a half-wave rectified sine, below 1 for a complex cell
	// (Skottun et al., Vision Res. 31:1079, 1991). It is NaN if F0 is not above 0, or if a response is negative.
	Ratio float64
	// Depth is (largest − smallest)/(largest + smallest) of the responses: 0 for a cell whose response does not depend
	// on the phase. F1/F0 cannot show that: the energy of two filters that are unequal, or not a quarter of a cycle
	// apart, has a second harmonic but no first. Depth is NaN if a response is negative, or if all are 0.
	Depth float64
	// Preferred is the phase at which the first harmonic is largest, in degrees, 0 ≤ φ < 360. It is NaN if |Σ r·e^{iφ}|
	// is below 1 % of Σ |r|, as the preferred orientation is.
	Preferred float64
}

// Phase describes a curve over phases in degrees, modulo 360. It refuses fewer than 3 phases, too few for a harmonic,
// and phases that are not evenly spaced over 360°. If a response is not finite, all figures are NaN. If a response is
// negative, Ratio and Depth are NaN.
func (c Curve) Phase() (Cycle, error) {
	if err := c.check(); err != nil {
		return Cycle{}, err
	}
	c = c.fold(360)
	if err := c.even("phase", 360, 3); err != nil {
		return Cycle{}, err
	}
	sum, vector := c.moments(1)
	n := float64(len(c.Y))
	out := Cycle{F0: sum / n, Ratio: math.NaN(), Preferred: math.NaN(),
		Depth: math.NaN()}
	if c.notFinite() > 0 {
		return Cycle{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()}, nil
	}
	if cmplx.Abs(vector) > 1e-12*c.size() { // less is rounding error, which curves of F1 would show as tuning
		out.F1 = 2 * cmplx.Abs(vector) / n
	}
	if cmplx.Abs(vector) > leastVector*c.size() {
		out.Preferred = angle(vector, 1)
	}
	if c.negative() {
		return out, nil
	}
	out.Depth = contrast(slices.Max(c.Y), slices.Min(c.Y))
	if sum > 1e-12*c.size() {
		out.Ratio = out.F1 / out.F0
	}
	return out, nil
}
