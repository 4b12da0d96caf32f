package tuning

import (
	"math"
	"math/cmplx"
)

// Orientation puts an orientation tuning curve into numbers.
type Orientation struct {
	// Peak is the orientation with the largest response. Preferred is the angle of the mean vector, ½·arg Σ r·e^{2iθ}.
	// Both are in degrees, 0 ≤ θ < 180. They are NaN if all responses are alike, and so are the means of opposite
	// directions that cancel. Preferred is NaN also if |Σ r·e^{2iθ}| is below 1 % of Σ |r|: such a cell is not tuned,
	// and the angle follows the grid of pixels or noise.
	Peak, Preferred float64
	// CircularVariance is 1 − |Σ r·e^{2iθ}| / Σ r: 0 for a cell that answers a single orientation, 1 for one that
	// answers all alike (Ringach, Shapley and Hawken, J. Neurosci. 22:5639, 2002).
	CircularVariance float64
	// Selectivity is the orientation selectivity index (p − o)/(p + o), where p is the response at Peak and o the
	// response at Peak + 90°, interpolated if no grating has that orientation.
	Selectivity float64
}

// Orientation describes a curve over orientations in degrees. It takes them modulo 180: −90 and 90 are one orientation,
// and of two opposite directions it takes the mean. It refuses fewer than 2 orientations, and orientations that are not
// evenly spaced over 180°, because sums over them would be biased.
//
// The indices are defined for responses that are not negative: of a curve with a negative response, and where Σ r or
// p + o is not above 0, they are NaN. If a response is not finite, all figures but Peak are NaN.
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

// leastVector is the mean vector of a cell that is tuned, as a share of the responses: one of a circular variance below
// 0.99. The tutorial's centre-surround filters, which have no orientation, have 0.997 and 0.998 on the grid of pixels.
const leastVector = 0.01

// Direction puts a direction tuning curve into numbers.
type Direction struct {
	// Peak is the direction with the largest response in degrees, 0 ≤ θ < 360, NaN if all are alike.
	Peak float64
	// Selectivity is the direction selectivity index (p − n)/(p + n), where p is the response at Peak and n the
	// response at Peak + 180°.
	Selectivity float64
}

// HasDirections says whether c has both directions of every orientation, as [Curve.Direction] wants them.
func (c Curve) HasDirections() bool {
	full := c.fold(360)
	return len(full.X) == 2*len(full.fold(180).X)
}

// Direction describes a curve over directions in degrees, modulo 360. It refuses fewer than 4 directions, and
// directions that are not evenly spaced over 360°. Selectivity is NaN where that of [Curve.Orientation] is.
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

// moments returns Σ r and Σ r·e^{i·k·x}, x in degrees.
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

// snapped returns an angle of a period from 0 on, with what is within slack of either end as 0.
func snapped(a, period, slack float64) float64 {
	if a < slack || period-a < slack {
		return 0
	}
	return a
}
