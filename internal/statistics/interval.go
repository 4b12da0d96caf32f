package statistics

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Interval is a median with its confidence interval at the level [Confidence], in the unit of the samples.
type Interval struct{ Median, Low, High float64 }

// Noise is half of the interval's width, divided by the median.
func (i Interval) Noise() float64 { return (i.High - i.Low) / 2 / i.Median }

// Over returns the ratio i / j with a confidence interval derived from theirs (Zou & Donner, Statistics in Medicine 27,
// 2008). All ends of i and j must be above 0.
func (i Interval) Over(j Interval) Interval {
	ratio := i.Median / j.Median
	down := math.Hypot(math.Log(i.Median/i.Low), math.Log(j.High/j.Median))
	up := math.Hypot(math.Log(i.High/i.Median), math.Log(j.Median/j.Low))
	return Interval{Median: ratio, Low: ratio * math.Exp(-down), High: ratio * math.Exp(up)}
}

// Confidence is the level of all confidence intervals.
const Confidence = 0.95

// resamples is how many samples the bootstrap draws. With 1000, the interval's ends are exact to a few hundredths of
// its width.
const resamples = 1000

// NewInterval returns the median of all samples, at least one, with its percentile bootstrap interval (Efron &
// Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13). It draws whole blocks, because samples taken right after
// each other share the state of the machine: their scatter says little about the next block (Kalibera & Jones, Rigorous
// Benchmarking in Reasonable Time, 2013). Of a single block it draws samples. The same seed gives the same interval.
func NewInterval(blocks [][]float64, seed uint64) Interval {
	return newInterval(blocks, seed, resamples)
}

func newInterval(blocks [][]float64, seed uint64, resamples int) Interval {
	if len(blocks) == 1 {
		blocks = slices.Collect(slices.Chunk(blocks[0], 1))
	}
	all := slices.Sorted(slices.Values(slices.Concat(blocks...)))
	r := rand.New(rand.NewPCG(seed, 1))
	medians := make([]float64, resamples)
	drawn := make([]float64, 0, 2*len(all))
	for i := range medians {
		drawn = drawn[:0]
		for range blocks {
			drawn = append(drawn, blocks[r.IntN(len(blocks))]...)
		}
		slices.Sort(drawn)
		medians[i] = middle(drawn)
	}
	slices.Sort(medians)
	median := middle(all)
	tail := (1 - Confidence) / 2
	return Interval{Median: median,
		Low:  min(median, stat.Quantile(tail, stat.Empirical, medians, nil)),
		High: max(median, stat.Quantile(1-tail, stat.Empirical, medians, nil))}
}

// Median returns the median of values, which may be in any order. Of an even number of values it is the mean of the two
// in the middle, of none NaN.
func Median(values []float64) float64 { return middle(slices.Sorted(slices.Values(values))) }

// middle is [Median] for sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Outliers returns, in ascending order, the samples that lie more than 1.5 interquartile ranges below the first or
// above the third quartile (Tukey, Exploratory Data Analysis, 1977). Fewer than 4 samples have none.
func Outliers(samples []float64) (out []float64) {
	sorted := slices.Sorted(slices.Values(samples))
	if len(sorted) < 4 {
		return nil
	}
	first, third := stat.Quantile(0.25, stat.LinInterp, sorted, nil), stat.Quantile(0.75, stat.LinInterp, sorted, nil)
	fence := 1.5 * (third - first)
	for _, s := range sorted {
		if s < first-fence || s > third+fence {
			out = append(out, s)
		}
	}
	return out
}
