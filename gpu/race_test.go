//go:build race && cgo && !nogl

package gpu

import "testing"

// unraced skips a test under the race detector, which sees nothing of shaders. make full or make hardware runs
// the test.
func unraced(t *testing.T) {
	t.Helper()
	t.Skip("make full or make hardware runs it, without the race detector")
}
