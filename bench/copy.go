package bench

import (
	"time"

	"gpuconv/internal/parallel"
)

// copyFloats is how many float32 one thread copies in a turn of copyRate: 64 MiB, more than the caches hold.
const copyFloats = 16 << 20

// copyRate returns the most bytes per second, read plus written, that a number of threads together copy from memory to
// memory. It is the second of the two peak rates; the first is [Peak]. Threads start each turn together, and the turn
// ends with the last thread. The fastest turn within the duration whole counts.
func copyRate(threads int, whole time.Duration) float64 {
	src, dst := make([][]float32, threads), make([][]float32, threads)
	for i := range threads {
		src[i], dst[i] = make([]float32, copyFloats), make([]float32, copyFloats)
	}
	turn := func() { parallel.Each(threads, func(i int) { copy(dst[i], src[i]) }) }
	for i := range threads {
		fillWith(src[i], 1) // the pages of memory that was never written may all be one and the same
	}
	turn()
	best := 0.0
	for start := time.Now(); best == 0 || time.Since(start) < whole; {
		begun := time.Now()
		turn()
		best = max(best, float64(8*copyFloats*threads)/time.Since(begun).Seconds())
	}
	return best
}

func fillWith(values []float32, v float32) {
	for i := range values {
		values[i] = v
	}
}
