// Package guarded gives tests memory between pages that cannot be touched: code that reads or writes beyond it faults.
package guarded

import "testing"

// Floats returns n zeros between two pages that cannot be touched: at the end of the memory between them or at its
// beginning. Where the system has no such pages they are plain memory.
func Floats(tb testing.TB, n int, atEnd bool) []float32 {
	tb.Helper()
	return floats(tb, n, atEnd)
}
