package machine_test

import (
	"runtime"
	"testing"
	"time"

	"gpuconv/machine"
)

// TestCopyMemory: CopyRate takes the memory that CopyMemory says, which does not grow with each thread.
func TestCopyMemory(t *testing.T) {
	for threads, want := range map[int]float64{1: 128 << 20, 4: 512 << 20, 64: 512 << 20, 256: 2 << 30} {
		if got := machine.CopyMemory(threads); got != want {
			t.Errorf("%d threads: %.0f bytes, want %.0f", threads, got, want)
		}
	}
	for _, threads := range []int{1, 16} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		machine.CopyRate(threads, time.Nanosecond)
		runtime.ReadMemStats(&after)
		got, want := float64(after.TotalAlloc-before.TotalAlloc), machine.CopyMemory(threads)
		if got < want || got > want+1<<20 {
			t.Errorf("%d threads take %.0f bytes, want %.0f", threads, got, want)
		}
		runtime.GC()
	}
}
