//go:build !linux

package machine

import "math"

// addressSpace returns +Inf: the limits of a process are read on Linux only.
func addressSpace() float64 { return math.Inf(1) }
