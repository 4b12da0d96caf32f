package figure

import (
	"math"
	"slices"
	"testing"
)

// TestHistogram: every value is in a bin. The line falls to 0 on both sides, so that the outermost bins are as wide as
// the others.
func TestHistogram(t *testing.T) {
	x := []float64{-0.125, 0.125, 0.375, 0.625, 0.875, 1.125}
	for name, c := range map[string]struct{ values, want []float64 }{
		"inside": {[]float64{0, 0.1, 0.9, 1, 0.5, math.NaN()}, []float64{0, 2, 0, 1, 2, 0}},
		"edges":  {[]float64{0.25, 0.25, 0.75}, []float64{0, 0, 2, 0, 1, 0}},
		"beyond": {[]float64{-1, -0.01, math.Inf(-1), 1.01, math.Inf(1)}, []float64{0, 3, 0, 0, 2, 0}},
		"none":   {nil, []float64{0, 0, 0, 0, 0, 0}},
	} {
		line := Histogram(c.values, 0, 1, 4)
		if !slices.Equal(line.X, x) || !slices.Equal(line.Y, c.want) || line.Style != Steps {
			t.Errorf("%s: %v at %v, want %v at %v", name, line.Y, line.X, c.want, x)
		}
	}
}
