// Package guarded gives tests memory between inaccessible pages, so that code that reads or writes outside it crashes.
package guarded

import "testing"

// Floats returns n zeros in memory between two inaccessible pages: right before the second page if atEnd is true,
// otherwise right after the first. On systems other than Linux it returns plain memory.
func Floats(tb testing.TB, n int, atEnd bool) []float32 {
	tb.Helper()
	return floats(tb, n, atEnd)
}
