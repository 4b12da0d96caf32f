package tuning

import "math"

// Size describes responses to patterns of different sizes.
type Size struct {
	// Peak is the smallest size with at least 95 % of the largest response, in the unit of the sizes: beyond it the
	// response hardly grows.
	Peak float64
	// Suppression is the suppression index (p − l)/p for the largest response p and the response l to the largest size:
	// 0 without suppression, 1 if a large pattern silences the cell (Cavanaugh, Bair and Movshon, J. Neurophysiol.
	// 88:2530, 2002). It is above 1 if the response falls below 0.
	Suppression float64
}

// reached is the share of the largest response from which a size counts as the preferred one.
const reached = 0.95

// Size describes a curve over sizes. Both figures are NaN if a response is not finite or none is above 0. It refuses
// an empty curve, and sizes that are not finite or do not ascend.
func (c Curve) Size() (Size, error) {
	if err := c.check(); err != nil {
		return Size{}, err
	}
	out := Size{math.NaN(), math.NaN()}
	most := c.Y[c.peak()]
	if c.notFinite() > 0 || !(most > 0) {
		return out, nil
	}
	for i, y := range c.Y {
		if y >= reached*most {
			out.Peak = c.X[i]
			break
		}
	}
	out.Suppression = (most - c.Y[len(c.Y)-1]) / most
	return out, nil
}
