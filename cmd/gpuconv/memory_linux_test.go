package main

import (
	"os"
	"syscall"
)

// peakMemory returns the largest memory that a process had, in bytes.
func peakMemory(ended *os.ProcessState) float64 {
	if usage, ok := ended.SysUsage().(*syscall.Rusage); ok {
		return 1024 * float64(usage.Maxrss)
	}
	return 0
}
