//go:build cgo && !nogl

package gpu

import (
	"testing"

	"gpuconv/conv/convtest"
	"gpuconv/cpu"
)

// TestFFTConforms holds products of spectra to every case of stride 1.
func TestFFTConforms(t *testing.T) {
	convtest.RunAlgorithm(t, openTest(t, Options{Guard: true, Algorithm: "fft", Device: Software()}), cpu.Reference{}, 200)
}
