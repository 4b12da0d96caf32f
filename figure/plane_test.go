package figure

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFit(t *testing.T) {
	tests := []struct {
		name           string
		rows, columns  int
		box            int
		block, enlarge int
	}{
		{"grating", 48, 64, 256, 1, 4},
		{"portrait", 64, 48, 192, 1, 3},
		{"filter", 7, 7, 196, 1, 28},
		{"one value", 1, 1, 128, 1, 128},
		{"as large as the box", 10, 128, 128, 1, 1},
		{"one more than the box", 10, 129, 128, 2, 1},
		{"four times the box", 480, 1024, 256, 4, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			block, enlarge := plane{rows: test.rows, columns: test.columns}.fit(test.box)
			if block != test.block || enlarge != test.enlarge {
				t.Errorf("block %d, enlarge %d, want %d, %d", block, enlarge, test.block, test.enlarge)
			}
		})
	}
}

func TestReduceTakesMeans(t *testing.T) {
	p := plane{[]float32{
		1, 3, 10,
		5, 7, 20,
		2, 4, -6,
	}, 3, 3}
	want := plane{[]float32{4, 15, 3, -6}, 2, 2}
	if diff := cmp.Diff(want, p.reduce(2), cmp.AllowUnexported(plane{})); diff != "" {
		t.Errorf("blocks of 2 (-want +got):\n%s", diff)
	}
}

func TestExtent(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	tests := []struct {
		name    string
		data    []float32
		lo, hi  float64
		largest float64
	}{
		{"plain", []float32{-2, 5, 1}, -2, 5, 5},
		{"negative larger", []float32{-7, 5}, -7, 5, 7},
		{"without what is not finite", []float32{nan, 1, inf, -inf, 2}, 1, 2, 2},
		{"constant", []float32{0, 0}, -0.5, 0.5, 1},
		{"large constant", []float32{100}, 50, 150, 100},
		{"nothing finite", []float32{nan, inf}, 0, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if lo, hi := extent(test.data); lo != test.lo || hi != test.hi {
				t.Errorf("extent %v to %v, want %v to %v", lo, hi, test.lo, test.hi)
			}
			if got := largestMagnitude(test.data); got != test.largest {
				t.Errorf("largest magnitude %v, want %v", got, test.largest)
			}
		})
	}
}
