package machine

import (
	"testing"
	"time"
)

// TestPeak: a probe that makes 1,000 operations in each round, and takes at least a microsecond for it, makes at most
// 1e9 a second, and two threads at most twice as many.
func TestPeak(t *testing.T) {
	probe := func(rounds int) float64 {
		for start := time.Now(); time.Since(start) < time.Duration(rounds)*time.Microsecond; {
		}
		return 1000 * float64(rounds)
	}
	for _, threads := range []int{1, 2} {
		got, most := 0.0, float64(threads)*1e9
		for try := 0; try < 10 && got < most/2; try++ { // other work may take a core for 20 ms
			got = max(got, Peak(probe, threads, 20*time.Millisecond))
		}
		if got > most || got < most/2 {
			t.Errorf("%d threads: %.3g operations/s, want %.3g or a little less", threads, got, most)
		}
	}
}
