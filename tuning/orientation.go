package tuning

import (
	"math"
	"math/cmplx"
)

// Orientation describes an orientation tuning curve.
type Orientation struct {
	// Peak is the orientation with the largest response. Preferred is the angle of the mean vector, ½·arg Σ r·e^{2iθ}.
	// Both are in degrees, 0 ≤ θ < 180. They are NaN if all responses are equal, or if the mean over two opposite
	// directions is equal for all orientations. Preferred is also NaN if |Σ r·e^{2iθ}| is below 1 % of Σ |r|: such a
	// cell is not tuned, and the angle would follow the grid of pixels or noise.
	Peak, Preferred float64
	// CircularVariance is 1 − |Σ r·e^{2iθ}| / Σ r: 0 for a cell that responds to a single orientation, 1 for one that
	// responds equally to all (Ringach, Shapley and Hawken, J. Neurosci. 22:5639, 2002).
	CircularVariance float64
	// Selectivity is the orientation selectivity index (p − o)/(p + o), where p is the response at Peak and o the
	// response at Peak + 90°. If no grating has that orientation, o is interpolated.
	Selectivity float64
}

// Orientation describes a curve over orientations in degrees. It takes them modulo 180: −90 and 90 are one orientation,
// and the responses to two opposite directions are averaged. It refuses fewer than 2 orientations, and orientations
// that are not evenly spaced over 180°, because sums over them would be biased.
//
// CircularVariance and Selectivity are defined for responses that are not negative. They are NaN if a response is
// negative, or if their denominator, Σ r or p + o, is not above 0. If a response is not finite, all figures but Peak
// are NaN.
func (c Curve) Orientation() (Orientation, error) {
	if err := c.check(); err != nil {
		return Orientation{}, err
	}
	size, negative := c.largest(), c.negative()
	c = c.fold(180)
	if err := c.even("orientation", 180, 2); err != nil {
		return Orientation{}, err
	}
	o := Orientation{c.peakAt(size), math.NaN(), math.NaN(), math.NaN()}
	if c.notFinite() > 0 {
		return o, nil
	}
	sum, vector := c.moments(2)
	if cmplx.Abs(vector) > leastVector*c.size() && !c.flat(size) {
		o.Preferred = angle(vector, 2)
	}
	if negative {
		return o, nil
	}
	if sum > 0 {
		o.CircularVariance = min(1, max(0, 1-cmplx.Abs(vector)/sum))
	}
	peak := c.peak()
	o.Selectivity = contrast(c.Y[peak], c.around(c.X[peak]+90, 180))
	return o, nil
}

// leastVector is the length of the mean vector, as a share of Σ |r|, from which a cell counts as tuned. At that length
// the circular variance is 0.99. The tutorial's centre-surround filters have no orientation; on the grid of
// pixels their circular variances are 0.997 and 0.998.
const leastVector = 0.01

// Direction describes a direction tuning curve.
type Direction struct {
	// Peak is the direction with the largest response in degrees, 0 ≤ θ < 360, or NaN if all responses are equal.
	Peak float64
	// Selectivity is the direction selectivity index (p − n)/(p + n), where p is the response at Peak and n the
	// response at Peak + 180°.
	Selectivity float64
}

// HasDirections reports whether c has both directions of every orientation, as [Curve.Direction] needs them.
func (c Curve) HasDirections() bool {
	full := c.fold(360)
	return len(full.X) == 2*len(full.fold(180).X)
}

// Direction describes a curve over directions in degrees, modulo 360. It refuses fewer than 4 directions, and
// directions that are not evenly spaced over 360°. Selectivity is NaN if a response is negative or not finite, or if
// p + n is not above 0.
func (c Curve) Direction() (Direction, error) {
	if err := c.check(); err != nil {
		return Direction{}, err
	}
	size, negative := c.largest(), c.negative()
	c = c.fold(360)
	if err := c.even("direction", 360, 4); err != nil {
		return Direction{}, err
	}
	d := Direction{c.peakAt(size), math.NaN()}
	if c.notFinite() == 0 && !negative {
		peak := c.peak()
		d.Selectivity = contrast(c.Y[peak], c.around(c.X[peak]+180, 360))
	}
	return d, nil
}

// contrast returns (a − b)/(a + b), NaN where a + b is not above 0.
func contrast(a, b float64) float64 {
	if !(a+b > 0) {
		return math.NaN()
	}
	return (a - b) / (a + b)
}

// moments returns Σ r and Σ r·e^{i·k·x}, where x is given in degrees.
func (c Curve) moments(k float64) (sum float64, vector complex128) {
	for i, y := range c.Y {
		sum += y
		vector += complex(y, 0) * cmplx.Rect(1, k*c.X[i]*math.Pi/180)
	}
	return sum, vector
}

// size returns Σ |r|, the measure of the rounding errors of a sum.
func (c Curve) size() float64 {
	sum := 0.0
	for _, y := range c.Y {
		sum += math.Abs(y)
	}
	return sum
}

// angle returns the angle of a vector of the k-th harmonic in degrees, 0 ≤ angle < 360/k.
func angle(vector complex128, k float64) float64 {
	a := cmplx.Phase(vector) * 180 / math.Pi / k
	if a < 0 {
		a += 360 / k
	}
	return snapped(a, 360/k, angleSlack)
}

// snapped returns the angle a, 0 ≤ a ≤ period, or 0 if a is within slack of 0 or of period.
func snapped(a, period, slack float64) float64 {
	if a < slack || period-a < slack {
		return 0
	}
	return a
}
