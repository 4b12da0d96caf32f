//go:build !race && cgo && !nogl

package gpu

import "testing"

func unraced(*testing.T) {}
