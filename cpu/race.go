//go:build race

package cpu

import (
	"runtime"
	"unsafe"
)

// announce tells the race detector that this goroutine reads values. Loops that read them many times are compiled with
// go:norace, because the detector would slow them about ten times: their callers announce what they read.
func announce(values []float32) {
	if len(values) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&values[0]), 4*len(values))
	}
}
