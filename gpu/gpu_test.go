//go:build cgo && !nogl

package gpu

import (
	"os"
	"testing"

	"gpuconv/conv/convtest"
	"gpuconv/cpu"
)

// openTest opens a device for a test, guarded. Where there is none the test is
// skipped, or fails if GPUCONV_REQUIRE_GPU=1 says that there must be one.
func openTest(t testing.TB, options Options) *Device {
	t.Helper()
	d, err := Open(options)
	if err != nil {
		if os.Getenv("GPUCONV_REQUIRE_GPU") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestConforms(t *testing.T) {
	convtest.Run(t, openTest(t, Options{Guard: true}), cpu.Reference{})
}

// TestDirectConforms holds the general shader to every case, also where a faster
// one would be chosen.
func TestDirectConforms(t *testing.T) {
	convtest.Run(t, openTest(t, Options{Guard: true, Algorithm: "direct"}), cpu.Reference{})
}

// TestDirectSoftConforms holds the unrolled shader to every case, with programs
// short enough to be compiled in no time: that cuts most problems into passes.
func TestDirectSoftConforms(t *testing.T) {
	d := openTest(t, Options{Guard: true, Algorithm: "direct_soft", Device: Software()})
	d.limits.Unrolled = 400
	convtest.RunAlgorithm(t, d, cpu.Reference{}, 290)
}

// TestIgemmConforms holds the product of matrices to every case, with the tile for
// software renderers. TestTrials has those for hardware.
func TestIgemmConforms(t *testing.T) {
	convtest.RunAlgorithm(t, openTest(t, Options{Guard: true, Algorithm: "igemm", Device: Software()}), cpu.Reference{}, 290)
}

// TestWinogradConforms holds transforms to the cases that they take.
func TestWinogradConforms(t *testing.T) {
	convtest.RunAlgorithm(t, openTest(t, Options{Guard: true, Algorithm: "winograd", Device: Software()}), cpu.Reference{}, 130)
}
