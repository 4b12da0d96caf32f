//go:build unix

package machine

import "syscall"

// CPUSeconds returns the CPU time that all threads of the process have used so far, in seconds, or 0 if it is not
// known.
func CPUSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
