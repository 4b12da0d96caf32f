package figure

import "testing"

// TestDecades: a logarithmic axis has at least two labels over any range, and not so many that they touch.
func TestDecades(t *testing.T) {
	for lo := 1e-3; lo < 1e9; lo *= 1.7 {
		for _, factor := range []float64{1.44, 1.5, 1.8, 2.2, 4, 9, 60, 1e3, 1e6} {
			ticks := decades{}.Ticks(lo, lo*factor)
			if n := labels(ticks); n < 2 || n > 12 {
				t.Errorf("%d labels from %v to %v, want 2 to 12: %v", n, lo, lo*factor, ticks)
			}
			for _, tick := range ticks {
				if tick.Value < lo*(1-1e-9) || tick.Value > lo*factor*(1+1e-9) {
					t.Errorf("a tick at %v, outside of %v … %v", tick.Value, lo, lo*factor)
				}
			}
		}
	}
}
