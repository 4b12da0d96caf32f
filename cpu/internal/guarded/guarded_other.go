//go:build !linux

package guarded

import "testing"

func between[T float32 | float64 | int | uint32](_ testing.TB, s []T, _ bool) []T { return s }
