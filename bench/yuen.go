package bench

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// trimming is the part of the values that is cut off at each end of a mean: Wilcox's
// recommendation (Introduction to Robust Estimation and Hypothesis Testing, 2012), at
// which little is lost where there are no outliers and much is won where there are.
const trimming = 0.2

// trimmed is a trimmed mean with what its uncertainty needs.
type trimmed struct {
	mean    float64
	square  float64 // of its standard error
	freedom float64 // degrees of it
}

// newTrimmed returns the 20 % trimmed mean of values; its standard error comes from the
// winsorized variance (Tukey & McLaughlin 1963). Of fewer than 3 values the error is
// infinite: nothing is known of it.
func newTrimmed(values []float64) trimmed {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	cut := int(trimming * float64(n))
	kept := sorted[cut : n-cut]
	t := trimmed{mean: stat.Mean(kept, nil), square: math.Inf(1), freedom: float64(len(kept) - 1)}
	if len(kept) < 3 {
		return t
	}
	winsorized := slices.Clone(sorted)
	for i := range cut {
		winsorized[i], winsorized[n-1-i] = kept[0], kept[len(kept)-1]
	}
	h := float64(len(kept))
	t.square = float64(n-1) * stat.Variance(winsorized, nil) / (h * (h - 1))
	return t
}

// difference is how far two trimmed means are apart, b − a.
type difference struct {
	by      float64
	error   float64 // its standard error
	freedom float64 // degrees of it
}

// yuen compares two samples by Yuen's test (Biometrika 61, 1974), Welch's with trimmed
// means: of any two variances, and not led astray by outliers.
func yuen(a, b []float64) difference {
	return newTrimmed(a).to(newTrimmed(b))
}

// to compares two means by Welch's test.
func (x trimmed) to(y trimmed) difference {
	d := difference{by: y.mean - x.mean, error: math.Sqrt(x.square + y.square)}
	if whole := x.square + y.square; whole > 0 && !math.IsInf(whole, 1) {
		d.freedom = whole * whole / (x.square*x.square/x.freedom + y.square*y.square/y.freedom)
	}
	return d
}

// widened adds a variance that is known to the difference's error.
func (d difference) widened(variance float64) difference {
	if math.IsInf(d.error, 1) || math.IsNaN(d.error) {
		return d
	}
	square := d.error * d.error
	wide := difference{by: d.by, error: math.Sqrt(square + variance), freedom: math.Inf(1)}
	if square > 0 { // Welch's and Satterthwaite's degrees, of a part without uncertainty
		wide.freedom = d.freedom * (1 + variance/square) * (1 + variance/square)
	}
	return wide
}

// p is the two-sided probability of a difference at least as large by chance.
func (d difference) p() float64 {
	switch {
	case math.IsInf(d.error, 1) || math.IsNaN(d.error):
		return 1
	case d.error == 0 && d.by == 0:
		return 1
	case d.error == 0:
		return 0
	}
	return 2 * d.distribution().Survival(math.Abs(d.by)/d.error)
}

// halfWidth is half of the confidence interval at the level 1 − alpha.
func (d difference) halfWidth(alpha float64) float64 {
	switch {
	case math.IsInf(d.error, 1) || math.IsNaN(d.error):
		return math.Inf(1)
	case d.error == 0:
		return 0
	}
	return d.error * d.distribution().Quantile(1-alpha/2)
}

// distribution is Student's t; of a million degrees and more it is normal to all digits
// that count.
func (d difference) distribution() distuv.StudentsT {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: min(d.freedom, 1e6)}
}

// holm corrects the p values of a family of tests so that the chance of one false alarm
// or more among all is as low as each value says (Holm 1979).
func holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return a - b
	})
	adjusted := make([]float64, len(p))
	largest := 0.0
	for rank, at := range order {
		largest = max(largest, min(1, float64(len(p)-rank)*p[at]))
		adjusted[at] = largest
	}
	return adjusted
}
