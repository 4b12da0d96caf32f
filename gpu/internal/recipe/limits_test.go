package recipe

import (
	"errors"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// roomy is hardware with larger limits than any test needs.
func roomy() Profile {
	return Profile{Limits: Limits{StorageBlock: 1 << 40, UniformBlock: 1 << 16, UniformAlignment: 256,
		TextureBuffer: 1 << 27, SharedMemory: 1 << 15, WorkGroups: [3]int{65535, 65535, 65535},
		WorkGroupSize: [3]int{1024, 1024, 64}, WorkGroupInvocations: 1024}}
}

// refusesWhole says why an algorithm cannot compute whole images on a device.
func refusesWhole(p conv.Problem, device Profile, algorithm string) error {
	p.Spec = p.WithDefaults()
	for _, a := range algorithms() {
		if a.name == algorithm {
			_, err := a.fitTo(p, device)
			return err
		}
	}
	return nil
}

// TestLimitsRefuse: whichever limit a problem exceeds, the refusal names it. The limits are smaller than any real ones.
func TestLimitsRefuse(t *testing.T) {
	many := conv.Problem{Src: conv.Shape{1, 1, 48, 64}, Weight: conv.Shape{16, 1, 1, 1}}
	wide := conv.Problem{Src: conv.Shape{1, 1, 48, 4000}, Weight: conv.Shape{2, 1, 1, 1}}
	many.Spec, wide.Spec = many.WithDefaults(), wide.WithDefaults()
	pooled := problems.Seed(1)
	pooled.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{40, 40}, Stride: [2]int{1, 1}}
	for name, c := range map[string]struct {
		p      conv.Problem
		change func(d *Profile)
		want   string
	}{
		"source buffer":   {problems.Seed(1), func(d *Profile) { d.StorageBlock = 7*64*4 - 4 }, "an image of [1 1 7 64], the device's buffers hold 1788 bytes"},
		"output buffer":   {many, func(d *Profile) { d.StorageBlock = 16*64*4 - 4 }, "an image of [1 16 1 64], the device's buffers hold 4092 bytes"},
		"weight buffer":   {problems.Seed(1), func(d *Profile) { d.StorageBlock = 1000 }, "weight [6 1 7 7] packed"},
		"filter tiles":    {problems.Seed(1), func(d *Profile) { d.WorkGroups[2] = 0 }, "1 groups × 1 tiles of filters, the device dispatches 0 along z"},
		"work-groups":     {wide, func(d *Profile) { d.WorkGroups = [3]int{3, 3, 3} }, "sums of 1×4000, the device dispatches 2304 at once"},
		"loop iterations": {problems.Seed(1), func(d *Profile) { d.LoopIterations = 9 }, "kernel width 7, the device ends loops after 9 iterations"},
		"pool iterations": {pooled, func(d *Profile) { d.LoopIterations = 1000 }, "the device ends loops after 1000 iterations"},
	} {
		t.Run(name, func(t *testing.T) {
			d := roomy()
			if _, _, err := choose(c.p, d, ""); err != nil {
				t.Fatalf("refused within roomy limits: %v", err)
			}
			c.change(&d)
			_, rejected, err := choose(c.p, d, "")
			if !errors.Is(err, conv.ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: want %q", err, c.want)
			}
			if len(rejected) != len(algorithms()) {
				t.Errorf("%d reasons, want one for each of %v", len(rejected), AlgorithmNames())
			}
		})
	}
}

// TestFold: all work-groups are dispatched, few too many, and none past the limits.
func TestFold(t *testing.T) {
	limit := [3]int{7, 5, 1}
	for n := 1; n <= 35; n++ {
		x, y := fold(n, limit)
		if x > limit[0] || y > limit[1] || x*y < n || x*y >= n+y {
			t.Errorf("%d work-groups: %d×%d", n, x, y)
		}
	}
	if got := (Limits{WorkGroups: limit}).units(64); got != 35*64 {
		t.Errorf("units %d, want %d", got, 35*64)
	}
	if got := roomy().units(64); got != indexCap {
		t.Errorf("units %d, want the cap %d", got, indexCap)
	}
}
