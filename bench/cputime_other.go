//go:build !unix

package bench

// cpuSeconds returns 0: on this platform the CPU time is not known.
func cpuSeconds() float64 { return 0 }
