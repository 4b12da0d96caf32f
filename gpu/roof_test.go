//go:build cgo && !nogl

package gpu

import (
	"math"
	"testing"
	"time"

	"gpuconv/bench"
	"gpuconv/conv"
)

// TestRoof: the rate of a plan is below the roof at its intensity. On a busy machine a probe may measure too low a
// roof, so a plan above it is measured again.
func TestRoof(t *testing.T) {
	unraced(t)
	d := openTest(t, Options{})
	p := conv.Problem{Src: conv.Shape{64, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7}}
	for try := 0; ; try++ {
		flops, bytes, err := d.Roof(300 * time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		roof := bench.Roof{GFLOPS: flops / 1e9, GBPS: bytes / 1e9}
		got := 2e-9 * p.MACs() / kernelSeconds(t, d, p)
		t.Logf("%v: %.3g GFLOP/s, %.3g GB/s; a plan has %.3g GFLOP/s of %.3g",
			d.Info(), roof.GFLOPS, roof.GBPS, got, roof.At(p.Intensity()))
		if got > 0 && got < 1.05*roof.At(p.Intensity()) {
			return
		}
		if try == 3 {
			t.Fatalf("a plan has %.3g GFLOP/s at %.3g FLOP per byte, the roof is %.3g",
				got, p.Intensity(), roof.At(p.Intensity()))
		}
	}
}

// TestRoofKeepsNothing: everything that Roof compiles and allocates can be deleted when it is done.
func TestRoofKeepsNothing(t *testing.T) {
	d := openTest(t, Options{Device: Software()})
	if _, _, err := d.Roof(time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if buffers, _ := objects(d); buffers != 0 {
		t.Errorf("%d buffers are left", buffers)
	}
	for key, p := range d.programs {
		if p.plans != 0 {
			t.Errorf("%s %v counts as a plan's", key.Shader, key.Constants)
		}
	}
}

// kernelSeconds is the shortest time of a kernel in a few runs.
func kernelSeconds(t *testing.T, d *Device, p conv.Problem) float64 {
	shape, err := p.Dst()
	if err != nil {
		t.Fatal(err)
	}
	src, _ := conv.NewTensor(p.Src)
	weight, _ := conv.NewTensor(p.Weight)
	dst, _ := conv.NewTensor(shape)
	plan, err := d.Plan(p, weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	best := time.Duration(math.MaxInt64)
	for range 5 {
		before := plan.(conv.Timer).Timings().Kernel
		if err := plan.Run(dst, src); err != nil {
			t.Fatal(err)
		}
		best = min(best, plan.(conv.Timer).Timings().Kernel-before)
	}
	return best.Seconds()
}
