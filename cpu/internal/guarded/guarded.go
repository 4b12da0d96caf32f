// Package guarded gives tests memory between inaccessible pages, so that code that reads or writes outside it crashes.
package guarded

import "testing"

// Copy returns a copy of s in memory between two inaccessible pages: right before the second page if atEnd is true,
// otherwise right after the first. On systems other than Linux it returns s.
func Copy[T float32 | float64 | int | uint32](tb testing.TB, s []T, atEnd bool) []T {
	tb.Helper()
	return between(tb, s, atEnd)
}
