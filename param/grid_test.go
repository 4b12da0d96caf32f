package param

import (
	"slices"
	"testing"
)

// TestSpread: one axis is sampled from its first to its last value. Of several axes, each shows as many of its values
// as there are places for, and no two axes go in step.
func TestSpread(t *testing.T) {
	grid := func(counts ...int) *Grid {
		var parameters []Parameter
		var axes []Axis
		for i, n := range counts {
			name := string(rune('a' + i))
			parameters = append(parameters, New(name, name, "", new(float64)))
			var values []float64
			for v := range n {
				values = append(values, float64(v))
			}
			axes = append(axes, NewAxis(name, values...))
		}
		g, err := NewGrid(parameters, axes)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	if got := grid(36).Spread(5); !slices.Equal(got, []int{0, 8, 17, 26, 35}) {
		t.Errorf("of 36 values %v", got)
	}
	for _, counts := range [][]int{{1}, {3}, {2, 2}, {36, 5, 8}, {4, 1, 9}, {2, 3}, {5, 5, 5, 5, 5, 5, 5}, {2, 2, 2}} {
		g := grid(counts...)
		got := g.Spread(5)
		if want := min(5, g.Len()); len(got) != want || !slices.IsSorted(got) || got[len(got)-1] >= g.Len() {
			t.Fatalf("of %v: %v, want %d that ascend below %d", counts, got, want, g.Len())
		}
		step := g.Len()
		var seen [][]int
		for _, n := range counts {
			step /= n
			var levels []int
			for _, at := range got {
				levels = append(levels, at/step%n)
			}
			distinct := slices.Compact(slices.Sorted(slices.Values(levels)))
			if n > 1 && len(distinct) < min(n, len(got)) {
				t.Errorf("of %v: %v shows %d of %d values", counts, got, len(distinct), n)
			}
			for _, other := range seen[:min(len(seen), 3)] {
				if n >= 5 && slices.Equal(levels, other) && len(seen) < 4 {
					t.Errorf("of %v: two axes go in step: %v", counts, levels)
				}
			}
			seen = append(seen, levels)
		}
	}
}
