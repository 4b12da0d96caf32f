//go:build !linux

package simd

import "testing"

// guardedFloats returns plain memory where no guard pages are made.
func guardedFloats(_ *testing.T, n int, _ bool) []float32 { return make([]float32, n) }
