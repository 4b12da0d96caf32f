package report

import (
	"fmt"
	"math"
	"slices"

	"gpuconv/param"
)

// summary is the distribution of a figure over those neurons that have it: how many these are, and the quartiles of the
// figure, in its unit. Without neurons the quartiles are NaN.
//
// The quartile of share p of n values is interpolated to the rank 1 + (n−1)·p, as NumPy and R do (definition 7 of
// Hyndman and Fan, Am. Stat. 50:361, 1996): of 1, 2, 3 and 4 the quartiles are 1.75, 2.5 and 3.25. gonum has definition
// 4, whose median of 1, 2 and 3 is 1.5.
type summary struct {
	Neurons   int          `json:"neurons"`
	Quartile1 param.Number `json:"quartile_1"`
	Median    param.Number `json:"median"`
	Quartile3 param.Number `json:"quartile_3"`
}

// summarise returns the quartiles of those values that are not NaN.
func summarise(values []float64) summary {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	slices.Sort(known)
	at := func(p float64) param.Number {
		if len(known) == 0 {
			return param.Number(math.NaN())
		}
		below, part := math.Modf(p * float64(len(known)-1))
		lo := int(below)
		return param.Number(known[lo] + part*(known[min(lo+1, len(known)-1)]-known[lo]))
	}
	return summary{len(known), at(0.25), at(0.5), at(0.75)}
}

func (s summary) String() string {
	if s.Neurons == 0 {
		return "not known"
	}
	return fmt.Sprintf("median %.3f, quartiles %.3f and %.3f", float64(s.Median), float64(s.Quartile1),
		float64(s.Quartile3))
}
