package autotune

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"gpuconv/internal/statistics"
)

// WriteTable writes the result of a race, one line for each algorithm with a tile: the fastest first, then those that
// were left behind, then those that failed. The column kernel is the time on the device, whole that of the entire run;
// both are medians over all rounds, in milliseconds. A ratio is a kernel time divided by that of the device's own
// choice. For an algorithm that was left behind the ratio is [Entrant].BehindBy, and there are no times. error/bound is
// the largest error of an output, as a multiple of what its bound allows.
func WriteTable(w io.Writer, all []*Entrant) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "algorithm\ttile\tkernel, ms (min … max)\tratio (min … max)\twhole, ms\terror/bound\t")
	for _, e := range ranking(all) {
		fmt.Fprintln(table, e.line())
	}
	return table.Flush()
}

// ranking sorts ways by their median kernel time; ways without one come last.
func ranking(all []*Entrant) []*Entrant {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b *Entrant) int { return cmp.Compare(a.rank(), b.rank()) })
	return sorted
}

// rank is the key of ranking: the median kernel time in seconds, 1e100 times BehindBy for a way that was left behind,
// and the largest float64 for one that failed.
func (e *Entrant) rank() float64 {
	switch {
	case e.Err != nil:
		return math.MaxFloat64
	case e.BehindBy > 0:
		return 1e100 * e.BehindBy
	}
	return statistics.Median(e.Kernel)
}

func (e *Entrant) line() string {
	own := ""
	if e.Default {
		own = "the device's own"
	}
	if e.Err != nil {
		return fmt.Sprintf("%s\t%s\tfailed\t\t\t\t%s", e.Algorithm, e.Tile, own)
	}
	if e.BehindBy > 0 {
		return fmt.Sprintf("%s\t%s\tleft behind\t%.1f\t\t%.2g\t%s", e.Algorithm, e.Tile, e.BehindBy, e.Result.MaxRatio,
			own)
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%.2g\t%s", e.Algorithm, e.Tile,
		ranged(e.Kernel, 1000, "%.4g (%.4g … %.4g)"),
		ranged(e.Ratio, 1, "%.2f (%.2f … %.2f)"), statistics.Digits(1000*statistics.Median(e.Whole)), e.Result.MaxRatio,
		own)
}

// ranged formats the median of values with the least and the largest. values is empty if the backend's own way failed:
// then there is nothing to compare with.
func ranged(values []float64, scale float64, format string) string {
	if len(values) == 0 {
		return "–"
	}
	return fmt.Sprintf(format, scale*statistics.Median(values), scale*slices.Min(values), scale*slices.Max(values))
}
