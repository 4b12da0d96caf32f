package gpu

import (
	"slices"
	"testing"
)

// TestSpread copies tensors of sizes around those at which threads begin to share the work: every number is copied, and
// nothing beyond.
func TestSpread(t *testing.T) {
	const most = (spreadThreads+1)*spreadFloats + 3
	src := make([]float32, most)
	for i := range src {
		src[i] = float32(i + 1)
	}
	const two = 2 * spreadFloats
	for _, n := range []int{0, 1, spreadFloats, two - 1, two, two + 1, 3*spreadFloats + 2, most - 1} {
		dst := make([]float32, most)
		spread(dst[:n], src)
		if !slices.Equal(dst[:n], src[:n]) {
			t.Errorf("%d numbers: dst differs from src", n)
		}
		if slices.ContainsFunc(dst[n:], func(v float32) bool { return v != 0 }) {
			t.Errorf("%d numbers: something is written after them", n)
		}
		short := make([]float32, most)
		spread(short, src[:n])
		if !slices.Equal(short, dst) {
			t.Errorf("%d numbers of src, and a longer dst: dst differs", n)
		}
	}
}
