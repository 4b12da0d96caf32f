package cpu

import (
	"runtime"
	"sync/atomic"

	"gpuconv/internal/parallel"
)

// forEach calls f for 0 ≤ i < n, on all cores. It returns when all calls have returned. If a call panics, so does
// forEach.
func forEach(n int, f func(i int)) { forEachOn(n, n, f) }

// forEachOn is forEach on at most this many cores, at least one.
func forEachOn(cores, n int, f func(i int)) {
	workers := min(cores, runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	parallel.Each(workers, func(int) {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			f(int(i))
		}
	})
}
