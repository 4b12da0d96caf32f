//go:build !unix

package machine

// CPUSeconds returns 0: on this platform the CPU time is not known.
func CPUSeconds() float64 { return 0 }
