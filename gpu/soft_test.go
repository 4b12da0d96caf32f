//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"math"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestSoftIsDirect: direct_soft computes the bits of direct, so that the choice between them changes no output. NaN and
// the sign of 0 are excepted.
func TestSoftIsDirect(t *testing.T) {
	unraced(t)
	for _, byRow := range []bool{false, true} {
		t.Run(fmt.Sprint("by row ", byRow), func(t *testing.T) { softIsDirect(t, byRow) })
	}
}

func softIsDirect(t *testing.T, byRow bool) {
	soft := openTest(t, Options{Device: Software(), Algorithm: "direct_soft"},
		func(d *Device) { d.profile.ByRow = byRow })
	direct := openTest(t, Options{Device: Software(), Algorithm: "direct"}, func(d *Device) { d.profile.ByRow = byRow })
	wide := conv.Problem{Src: conv.Shape{2, 1, 40, 41}, Weight: conv.Shape{3, 1, 31, 31}, Bias: true,
		Spec: conv.Spec{Padding: conv.Pad(15, 15), PaddingMode: conv.Reflect, Activation: conv.ReLU}}
	energy := problems.Seed(3)
	energy.Activation = conv.Energy
	for name, p := range map[string]conv.Problem{
		"seed": problems.Seed(3), "energy": energy, "31×31": wide,
		"64 channels": problems.Layer(2, 64, 10, 3, 9), "groups": {Src: conv.Shape{2, 6, 12, 16},
			Weight: conv.Shape{9, 2, 3, 3}, Spec: conv.Spec{Groups: 3, Stride: [2]int{2, 1}, Dilation: [2]int{1, 2}}},
		"one position": problems.Layer(3, 512, 40, 1, 1),
	} {
		for seed := range 2 {
			c, err := compare.Random(fmt.Sprint(name, seed), p)
			if err != nil {
				t.Fatal(err)
			}
			checkAlike(t, name, c, soft, direct)
			c.Src.Data[len(c.Src.Data)/2] = float32(math.Inf(1))
			checkAlike(t, name+" with infinity", c, soft, direct)
		}
	}
}

// TestChoiceOfSmallJobs: a job of few images takes direct while no cache has the programs of direct_soft. It takes
// direct_soft as soon as one has: that of this process, or the folder that processes share.
func TestChoiceOfSmallJobs(t *testing.T) {
	folder := t.TempDir()
	few := problems.Seed(5)
	expect := func(d *Device, images int, want string) conv.Backend {
		t.Helper()
		b := conv.Expecting(d, images)
		got, err := b.(conv.Explainer).Explain(few)
		if err != nil || got.Algorithm != want {
			t.Errorf("%d images: %s, %v, want %s", images, got.Algorithm, err, want)
		}
		return b
	}
	d := openTest(t, Options{Device: Software(), Programs: folder})
	expect(d, 5, "direct")
	filled, err := compare.Random("small jobs", few)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := expect(d, 4000, "direct_soft").Plan(few, filled.Weight, filled.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	expect(d, 5, "direct_soft")
	next := "direct" // if Mesa keeps no machine code
	if d.keeps() {
		next = "direct_soft"
	}
	expect(openTest(t, Options{Device: Software(), Programs: folder}), 5, next)
	expect(openTest(t, Options{Device: Software()}), 5, "direct")
}
