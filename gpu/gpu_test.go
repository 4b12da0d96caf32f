//go:build cgo && !nogl

package gpu

import (
	"os"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/conv/convtest"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/recipe"
)

// openTest opens a device for a test. changes are applied on its thread before anybody else has it. Where there is no
// device the test is skipped, or fails if GPUCONV_REQUIRE_GPU=1 says that there must be one.
//
// Tests that compile many programs are parallel: the driver compiles on one core for each device.
func openTest(t testing.TB, options Options, changes ...func(d *Device)) *Device {
	t.Helper()
	d, err := open(options, func(d *Device) {
		for _, change := range changes {
			change(d)
		}
	})
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

// profiled is a change for openTest: of the device's profile.
func profiled(change func(d *recipe.Profile)) func(*Device) {
	return func(d *Device) { change(&d.profile) }
}

// meddle changes the seam of an open device, on its thread.
func (d *Device) meddle(change func(s *seam)) {
	d.thread.do(func() error { change(&d.seam); return nil })
}

func TestConforms(t *testing.T) {
	t.Parallel()
	convtest.Run(t, openTest(t, Options{Guard: true}), cpu.Reference{})
}

// TestDirectConforms runs the general shader on every case, also on those for which a faster one would be chosen.
// Images are moved as on hardware, in four chunks that overlap.
func TestDirectConforms(t *testing.T) {
	unraced(t)
	t.Parallel()
	convtest.Run(t, openRoute(t, eager(recipe.Mapped), Options{Guard: true, Algorithm: "direct"}), cpu.Reference{})
}

// TestDirectSoftConforms runs the unrolled shader on every case. Its programs are short, so that they compile quickly.
// Therefore most problems are cut into passes, and strips are cut, too.
func TestDirectSoftConforms(t *testing.T) {
	unraced(t)
	t.Parallel()
	d := openTest(t, Options{Guard: true, Algorithm: "direct_soft", Device: Software(), Unrolled: 400},
		profiled(func(d *recipe.Profile) { d.Turns = 3 }))
	convtest.RunAlgorithm(t, d, cpu.Reference{}, 290)
}

// TestDirectSmallConforms runs the shader for few channels on every case whose weights fit into a uniform block.
func TestDirectSmallConforms(t *testing.T) {
	unraced(t)
	t.Parallel()
	d := openRoute(t, eager(recipe.Copied), Options{Guard: true, Algorithm: "direct_small"})
	convtest.RunAlgorithm(t, d, cpu.Reference{}, 280)
}

// TestDepthwiseConforms runs the shader for single channels on every case that has them.
func TestDepthwiseConforms(t *testing.T) {
	unraced(t)
	t.Parallel()
	d := openRoute(t, eager(recipe.Mapped), Options{Guard: true, Algorithm: "depthwise"})
	convtest.RunAlgorithm(t, d, cpu.Reference{}, 120)
}

// TestDirectSharedConforms runs the shader for large kernels on every case whose pixels fit into shared memory.
func TestDirectSharedConforms(t *testing.T) {
	unraced(t)
	t.Parallel()
	few := 16 // multiplications in the source: programs with barriers take long to compile
	d := openRoute(t, eager(recipe.Mapped), Options{Guard: true, Algorithm: "direct_shared", Unrolled: few})
	convtest.RunAlgorithm(t, d, cpu.Reference{}, 270)
}

// TestHardwareTiles compares the tiles for hardware with the reference, on images wide enough for the largest of them.
func TestHardwareTiles(t *testing.T) {
	if testing.Short() {
		t.Skip("long programs to compile")
	}
	t.Parallel()
	wide := conv.Problem{Src: conv.Shape{1, 1, 66, 8192}, Weight: conv.Shape{6, 1, 7, 7}, Bias: true}
	wide.Padding = conv.Pad(3, 3)
	strided := conv.Problem{Src: conv.Shape{1, 3, 65, 9001}, Weight: conv.Shape{11, 3, 3, 3}}
	strided.Stride, strided.Padding = [2]int{2, 2}, conv.Pad(1, 1)
	large := conv.Problem{Src: conv.Shape{3, 1, 66, 70}, Weight: conv.Shape{13, 1, 11, 14}, Bias: true}
	large.Padding = conv.Pad(5, 7)
	separable := conv.Problem{Src: conv.Shape{9, 24, 24, 56}, Weight: conv.Shape{24, 1, 3, 3}}
	separable.Groups, separable.Padding = 24, conv.Pad(1, 1)
	for _, class := range ClassNames() {
		if class == "software" {
			continue
		}
		for name, p := range map[string]conv.Problem{"direct_small": wide, "direct_small, strided": strided,
			"depthwise": separable, "direct_shared": large, "direct_shared, strided": strided} {
			algorithm, _, _ := strings.Cut(name, ",")
			d := openTest(t, Options{Guard: true, Algorithm: algorithm, Device: Software(), Tiles: class})
			c, err := compare.Random(name, p)
			if err != nil {
				t.Fatal(err)
			}
			if result, err := compare.Check(d, cpu.Reference{}, c); err != nil || !result.OK() {
				t.Errorf("%s, class %s: %v, %v", name, class, result, err)
			}
		}
	}
}

// TestIgemmConforms runs the product of matrices on every case, with the tile for software renderers. TestTrials has
// the tiles for hardware.
func TestIgemmConforms(t *testing.T) {
	unraced(t)
	t.Parallel()
	d := openRoute(t, eager(recipe.Copied), Options{Guard: true, Algorithm: "igemm"})
	convtest.RunAlgorithm(t, d, cpu.Reference{}, 290)
}

// TestWinogradConforms runs transforms on the cases that they accept.
func TestWinogradConforms(t *testing.T) {
	unraced(t)
	t.Parallel()
	d := openRoute(t, eager(recipe.Mapped), Options{Guard: true, Algorithm: "winograd"})
	convtest.RunAlgorithm(t, d, cpu.Reference{}, 130)
}
