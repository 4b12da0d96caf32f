//go:build unix

package bench

import "syscall"

// cpuSeconds returns the CPU time that all threads of the process have used so far, in seconds, or 0 if it is not
// known.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
