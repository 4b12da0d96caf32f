package main

import (
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestPlanExtra: what conv reserves covers the plan that the flags ask for, however much memory its transformed weights
// take.
func TestPlanExtra(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 512, 128, 128}, Weight: conv.Shape{512, 512, 7, 7},
		Spec: conv.Spec{Padding: conv.Pad(3, 3)}}
	for _, c := range []struct {
		backend string
		flags   deviceFlags
		engine  cpu.Engine
	}{
		{"cpu", deviceFlags{device: "any", algorithm: "dft"}, cpu.Engine{Algorithm: "dft"}},
		{"cpu", deviceFlags{device: "any", precision: "fast"}, cpu.Engine{Precision: conv.Fast}},
		{"auto", deviceFlags{device: "any", precision: "fast"}, cpu.Engine{Precision: conv.Fast}},
	} {
		d, err := c.engine.Explain(p)
		if err != nil {
			t.Fatal(err)
		}
		f := convFlags{backend: backendFlags{backend: c.backend, deviceFlags: c.flags}}
		need, err := f.convMemory(1, p, 0)
		if plan := float64(d.Memory); err != nil || need < plan {
			t.Errorf("%s, %v: a plan of %s takes %g bytes, %g are reserved, %v", c.backend, c.flags, d.Algorithm, plan,
				need, err)
		}
	}
}

// TestPlanExtraOfVerify: verify counts what a plan of the CPU engine takes, here rows of pixels that no cache holds.
func TestPlanExtraOfVerify(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 64, 64, 100_000}, Weight: conv.Shape{4, 64, 31, 31}}
	dst, err := p.Dst()
	if err != nil {
		t.Fatal(err)
	}
	d, err := cpu.Engine{}.Explain(p)
	if err != nil {
		t.Fatal(err)
	}
	of := func(backends string) float64 { return (&verifyFlags{backends: backends}).ownMemory(p, dst) }
	want := 2 * (float64(d.Memory) - (copies-1)*p.Weight.Bytes() - aside)
	if got := of("gpu,cpu") - of("gpu"); want < 1e9 || got < want {
		t.Errorf("a plan takes %d bytes, %g are reserved, want %g", d.Memory, got, want)
	}
}
