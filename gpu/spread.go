package gpu

import (
	"runtime"

	"gpuconv/internal/parallel"
)

// spread uses up to spreadThreads threads, each for at least spreadFloats numbers: one thread alone saturates neither
// memory nor PCI Express.
const (
	spreadFloats  = 1 << 18
	spreadThreads = 4
)

// spread copies src to dst, as copy does. It shares large copies among threads.
func spread(dst, src []float32) {
	n := min(len(dst), len(src))
	threads := min(n/spreadFloats, spreadThreads, runtime.GOMAXPROCS(0))
	if threads < 2 {
		copy(dst, src)
		return
	}
	each := (n + threads - 1) / threads
	parallel.Each(threads, func(i int) {
		lo, hi := min(i*each, n), min((i+1)*each, n)
		copy(dst[lo:hi], src[lo:hi])
	})
}
