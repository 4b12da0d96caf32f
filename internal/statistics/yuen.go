package statistics

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Trimming is the fraction of the values that a trimmed mean drops at each end, as Wilcox recommends (Introduction to
// Robust Estimation and Hypothesis Testing, 2012). It costs little precision if there are no outliers and gains much if
// there are.
const Trimming = 0.2

// Trimmed is a 20 % trimmed mean and its standard error.
type Trimmed struct {
	Mean    float64
	Square  float64 // the standard error, squared
	Freedom float64 // degrees of freedom of that error
}

// NewTrimmed returns the trimmed mean of one value or more. Its standard error comes from the winsorized variance
// (Tukey & McLaughlin 1963). If fewer than 3 values remain after trimming, the error is unknown and becomes +Inf.
func NewTrimmed(values []float64) Trimmed {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	cut := int(Trimming * float64(n))
	kept := sorted[cut : n-cut]
	t := Trimmed{Mean: stat.Mean(kept, nil), Square: math.Inf(1), Freedom: float64(len(kept) - 1)}
	if len(kept) < 3 {
		return t
	}
	for i := range cut { // sorted becomes winsorized
		sorted[i], sorted[n-1-i] = kept[0], kept[len(kept)-1]
	}
	h := float64(len(kept))
	t.Square = float64(n-1) * stat.Variance(sorted, nil) / (h * (h - 1))
	return t
}

// Difference is the difference y − x of two trimmed means.
type Difference struct {
	By      float64 // y − x
	Error   float64 // its standard error
	Freedom float64 // degrees of freedom of that error
}

// To returns the difference y − x for Yuen's test (Biometrika 61, 1974), which is Welch's test on trimmed means:
// variances may differ, and outliers do not mislead it.
func (x Trimmed) To(y Trimmed) Difference {
	d := Difference{By: y.Mean - x.Mean, Error: math.Sqrt(x.Square + y.Square)}
	if whole := x.Square + y.Square; whole > 0 && !math.IsInf(whole, 1) {
		d.Freedom = whole * whole / (x.Square*x.Square/x.Freedom + y.Square*y.Square/y.Freedom)
	}
	return d
}

// unknown tells whether the error is not known.
func (d Difference) unknown() bool { return math.IsInf(d.Error, 1) || math.IsNaN(d.Error) }

// Widened returns d with a known variance added to the square of its error. An unknown error stays unknown.
func (d Difference) Widened(variance float64) Difference {
	if d.unknown() {
		return d
	}
	square := d.Error * d.Error
	wide := Difference{By: d.By, Error: math.Sqrt(square + variance), Freedom: math.Inf(1)}
	if square > 0 { // degrees of freedom by Welch and Satterthwaite, if one of two variances is known exactly
		wide.Freedom = d.Freedom * (1 + variance/square) * (1 + variance/square)
	}
	return wide
}

// P is the two-sided probability that chance alone makes a difference at least as large as By, 1 if the error is
// unknown.
func (d Difference) P() float64 {
	switch {
	case d.unknown() || d.Error == 0 && d.By == 0:
		return 1
	case d.Error == 0:
		return 0
	}
	return 2 * d.distribution().Survival(math.Abs(d.By)/d.Error)
}

// HalfWidth is half the width of the confidence interval of By at the level 1 − alpha, +Inf if the error is unknown.
func (d Difference) HalfWidth(alpha float64) float64 {
	switch {
	case d.unknown():
		return math.Inf(1)
	case d.Error == 0:
		return 0
	}
	return d.Error * d.distribution().Quantile(1-alpha/2)
}

// distribution is Student's t. With a million degrees of freedom or more it hardly differs from the normal
// distribution, so that is the maximum.
func (d Difference) distribution() distuv.StudentsT {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: min(d.Freedom, 1e6)}
}

// Holm corrects the p values of several tests for their number (Holm 1979). If every test with a corrected value below
// α counts as significant, the chance that any of them is a false alarm is at most α. The results are in the order of
// p.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted, largest := make([]float64, len(p)), 0.0
	for rank, at := range order {
		largest = max(largest, min(1, float64(len(p)-rank)*p[at]))
		adjusted[at] = largest
	}
	return adjusted
}
