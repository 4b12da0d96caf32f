//go:build !linux

package machine

import "math"

// addressSpace knows no limit.
func addressSpace() float64 { return math.Inf(1) }
