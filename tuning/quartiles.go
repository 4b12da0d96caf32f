package tuning

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Quartiles say how a figure is distributed over the cells that have it. The quartile
// of share p of n values is interpolated to the rank n·p, and is the least where that
// is below 1 (definition 4 of Hyndman and Fan, Am. Stat. 50:361, 1996): of 1, 2, 3 and
// 4 the quartiles are 1, 2 and 3. The median is half a rank below the usual one, 1.5 of
// 1, 2 and 3, which does not show in a population of thousands.
type Quartiles struct {
	Cells                int     // that have it
	First, Median, Third float64 // in the unit of the figure; NaN of no cells
}

// QuartilesOf returns the quartiles of those values that are not NaN.
func QuartilesOf(values []float64) Quartiles {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(known) == 0 {
		nan := math.NaN()
		return Quartiles{0, nan, nan, nan}
	}
	slices.Sort(known)
	at := func(p float64) float64 { return stat.Quantile(p, stat.LinInterp, known, nil) }
	return Quartiles{len(known), at(0.25), at(0.5), at(0.75)}
}
