//go:build unix

package bench

import "syscall"

// cpuSeconds returns how long all threads of the process together had a core so far,
// or 0 where nobody tells.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
