package tuning

import (
	"math"

	"gpuconv/fault"
)

// Frequency describes a spatial frequency tuning curve.
type Frequency struct {
	// Peak is the frequency with the largest response, in the unit of the curve. It is NaN if no response is positive,
	// or if all are equal.
	Peak float64
	// Low and High are the frequencies where the curve falls to half of its peak on either side, interpolated linearly
	// over log frequency. They are NaN where it does not fall that far.
	Low, High float64
	// Octaves is the bandwidth log₂(High/Low), NaN if one of them is.
	Octaves float64
}

// Frequency describes a curve over spatial frequencies. It refuses frequencies that are not above 0. If no response is
// positive, all figures are NaN. If a response is not finite, all figures but Peak are NaN.
func (c Curve) Frequency() (Frequency, error) {
	if err := c.check(); err != nil {
		return Frequency{}, err
	}
	if c.X[0] <= 0 {
		return Frequency{}, fault.New("tuning", "spatial frequency", c.X[0], "want it above 0")
	}
	f, peak := Frequency{math.NaN(), math.NaN(), math.NaN(), math.NaN()}, c.peak()
	if c.Y[peak] > 0 {
		f.Peak = c.peakAt(c.largest())
	}
	if c.notFinite() > 0 {
		return f, nil
	}
	f.Low, f.High = c.fall(peak, -1), c.fall(peak, 1)
	f.Octaves = math.Log2(f.High / f.Low)
	return f, nil
}

// fall returns where the curve first falls to half of its peak, to the left (step −1) or right (1).
func (c Curve) fall(peak, step int) float64 {
	half := c.Y[peak] / 2
	if !(half > 0) {
		return math.NaN()
	}
	for i := peak + step; i >= 0 && i < len(c.X); i += step {
		if c.Y[i] > half {
			continue
		}
		inner, outer := i-step, i
		t := (c.Y[inner] - half) / (c.Y[inner] - c.Y[outer])
		return math.Exp((1-t)*math.Log(c.X[inner]) + t*math.Log(c.X[outer]))
	}
	return math.NaN()
}
