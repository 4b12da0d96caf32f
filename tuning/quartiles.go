package tuning

import (
	"math"
	"slices"
)

// Quartiles say how a figure is distributed over the cells that have it. The quartile
// of share p of n values is interpolated to the rank 1 + (n−1)·p, as NumPy and R do
// (definition 7 of Hyndman and Fan, Am. Stat. 50:361, 1996): of 1, 2, 3 and 4 the
// quartiles are 1.75, 2.5 and 3.25. gonum has definition 4, whose median of 1, 2 and 3 is 1.5.
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
	at := func(p float64) float64 {
		below, part := math.Modf(p * float64(len(known)-1))
		lo := int(below)
		return known[lo] + part*(known[min(lo+1, len(known)-1)]-known[lo])
	}
	return Quartiles{len(known), at(0.25), at(0.5), at(0.75)}
}
