//go:build cgo && !nogl

package gpu

import (
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
)

// TestWinogradTolerance measures the error of winograd. The tolerance that plans state must cover it, and must not be
// much larger.
func TestWinogradTolerance(t *testing.T) {
	unraced(t)
	d := openTest(t, Options{Algorithm: "winograd", Device: Software()})
	for _, channels := range []int{1, 3, 16, 64, 256} {
		p := problems.Layer(1, channels, 16, 3, 14)
		c, err := compare.Random("tolerance", p)
		if err != nil {
			t.Fatal(err)
		}
		result, err := compare.Check(d, cpu.Reference{}, c)
		if err != nil {
			t.Fatal(err)
		}
		described, err := d.Explain(p)
		if err != nil {
			t.Fatal(err)
		}
		stated := described.Tolerance
		t.Logf("%d channels: RMS %.2g of the largest output, stated %.2g", channels, result.RMS, stated)
		if !result.OK() || result.RMS > stated || result.RMS < stated/10 {
			t.Errorf("%d channels: RMS %.2g, stated %.2g; %v", channels, result.RMS, stated, result)
		}
	}
}

// TestScratchGuard: a stage that writes outside its scratch is found.
func TestScratchGuard(t *testing.T) {
	d := openTest(t, Options{Algorithm: "winograd", Device: Software(), Guard: true})
	p := problems.Layer(2, 3, 5, 3, 9)
	src, weight := filled(p)
	shape, _ := p.Dst()
	dst, _ := conv.NewTensor(shape)
	made, err := d.Plan(p, weight, make([]float32, 5))
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	if err := made.Run(dst, src); err != nil {
		t.Fatal(err)
	}
	stages := made.(*plan).Recipe.Stages
	passes := stages[0].Passes
	// with a tile of an image that does not exist
	stages[0].Passes = func(images int) []recipe.Pass { return passes(images + 1) }
	if err := made.Run(dst, src); err == nil {
		t.Error("what was written after the transformed pixels was not seen")
	}
}
