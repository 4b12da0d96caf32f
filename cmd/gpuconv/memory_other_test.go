//go:build !linux

package main

import "os"

// peakMemory returns 0: the peak is unknown.
func peakMemory(*os.ProcessState) float64 { return 0 }
