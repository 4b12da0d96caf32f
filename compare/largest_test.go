package compare

import (
	"math"
	"testing"
)

// TestLargest: of numbers with NaN and infinities, the largest finite magnitude and its place.
func TestLargest(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		values []float32
		at     int
		most   float64
	}{
		{nil, 0, 0}, {[]float32{nan, inf, -inf}, 0, 0}, {[]float32{0, -0.5, 0.25}, 1, 0.5},
		{[]float32{1, -2, nan, 2, -inf}, 1, 2}, {[]float32{1e-45, -3e38, 1}, 1, float64(float32(3e38))},
		{[]float32{float32(math.Copysign(0, -1)), 1e-45}, 1, float64(math.Float32frombits(1))},
		{append(make([]float32, 5000), 2, nan, 7, -7, inf, 1), 5002, 7},
	} {
		if at, most := whereLargest(c.values); at != c.at || most != c.most || largest(c.values) != c.most {
			t.Errorf("%d numbers: %v at %d, want %v at %d", len(c.values), most, at, c.most, c.at)
		}
	}
}

func BenchmarkLargest(b *testing.B) {
	values := make([]float32, 1<<22)
	for i := range values {
		values[i] = float32(math.Sin(float64(i * i)))
	}
	b.SetBytes(4 << 22)
	for b.Loop() {
		whereLargest(values)
	}
}
