package cpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gpuconv/cpu/internal/guarded"
)

// inOrder adds up values as Sums documents it, in plain Go.
func inOrder(values []float32, of func(float64) float64) float64 {
	lanes := make([]float64, 16)
	for i, v := range values {
		lanes[i%16] += of(float64(v))
	}
	for n := 8; n > 0; n /= 2 {
		for i := range n {
			lanes[i] += lanes[i+n]
		}
	}
	return lanes[0]
}

// TestSums: sums of any number of values have the bits of the documented order, next to inaccessible pages too.
func TestSums(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 3))
	var s Sums
	for n := 0; n < 200; n += 1 + n/40 {
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(r.NormFloat64())
		}
		values = guarded.Copy(t, values, n%2 == 0)
		if got, want := s.Sum(values), inOrder(values, func(v float64) float64 { return v }); got != want {
			t.Errorf("%d values: sum %v, want %v", n, got, want)
		}
		if got, want := s.Squares(values), inOrder(values, func(v float64) float64 { return v * v }); got != want {
			t.Errorf("%d values: sum of squares %v, want %v", n, got, want)
		}
		if n > 0 && s.Largest(values) != slices.Max(values) {
			t.Errorf("%d values: largest %v, want %v", n, s.Largest(values), slices.Max(values))
		}
		for columns := 1; columns <= 50 && columns <= n; columns++ {
			dst := guarded.Copy(t, make([]float64, columns), n%2 == 0)
			for i := range dst {
				dst[i] = math.NaN() // what was there does not count
			}
			whole := values[:n/columns*columns]
			s.Columns(dst, whole)
			for j, got := range dst {
				want := 0.0
				for i := j; i < len(whole); i += columns {
					want += float64(whole[i])
				}
				if got != want {
					t.Fatalf("%d values in %d columns: sum %d is %v, want %v", n, columns, j, got, want)
				}
			}
		}
	}
}

// TestColumnsOfNothing: without columns or rows there is nothing to add up, and Columns returns.
func TestColumnsOfNothing(t *testing.T) {
	var s Sums
	s.Columns(nil, make([]float32, 40))
	s.Columns(nil, nil)
	for _, columns := range []int{3, 20} {
		dst := slices.Repeat([]float64{7}, columns)
		if s.Columns(dst, nil); slices.Max(dst) != 0 || slices.Min(dst) != 0 {
			t.Errorf("sums of no rows are %v", dst)
		}
	}
}

// TestLargest: NaN counts as the largest value wherever it is, and 0 is larger than −0.
func TestLargest(t *testing.T) {
	var s Sums
	negative := float32(math.Copysign(0, -1))
	fill := func(n int, v float32) []float32 { return slices.Repeat([]float32{v}, n) }
	for n := 1; n < 100; n++ {
		for at := range n {
			for name, c := range map[string]struct{ others, one, want float32 }{
				"NaN":        {1, float32(math.NaN()), float32(math.NaN())},
				"NaN and ∞":  {float32(math.Inf(1)), float32(math.NaN()), float32(math.NaN())},
				"∞":          {3, float32(math.Inf(1)), float32(math.Inf(1))},
				"0 after −0": {negative, 0, 0},
				"−0":         {-1, negative, negative},
				"−∞":         {float32(math.Inf(-1)), float32(math.Inf(-1)), float32(math.Inf(-1))},
				"below 0":    {-7, -3, -3},
			} {
				values := fill(n, c.others)
				values[at] = c.one
				if got := s.Largest(values); math.Float32bits(got) != math.Float32bits(c.want) {
					t.Fatalf("%s at %d of %d: %v, want %v", name, at, n, got, c.want)
				}
			}
		}
	}
	if got := s.Largest(nil); !math.IsInf(float64(got), -1) {
		t.Errorf("of nothing: %v", got)
	}
}

// TestSumsOdd: infinities and NaN go through sums as IEEE 754 has it.
func TestSumsOdd(t *testing.T) {
	var s Sums
	inf := float32(math.Inf(1))
	for name, c := range map[string]struct {
		a, b         float32
		sum, squares float64
	}{
		"∞":      {inf, 1, math.Inf(1), math.Inf(1)},
		"∞ − ∞":  {inf, -inf, math.NaN(), math.Inf(1)},
		"NaN":    {float32(math.NaN()), 1, math.NaN(), math.NaN()},
		"beyond": {3e38, 3e38, 2 * float64(float32(3e38)), 2 * float64(float32(3e38)) * float64(float32(3e38))},
	} {
		for n := 2; n < 70; n++ {
			values := make([]float32, n)
			values[n/2-1], values[n-1] = c.a, c.b
			same := func(got, want float64) bool { return got == want || got != got && want != want }
			if sum, squares := s.Sum(values), s.Squares(values); !same(sum, c.sum) || !same(squares, c.squares) {
				t.Errorf("%s in %d values: %v and %v, want %v and %v", name, n, sum, squares, c.sum, c.squares)
			}
		}
	}
}
