//go:build cgo && !nogl

package gpu

import (
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestWinogradTolerance measures what winogradTolerance states, and that it states little
// more.
func TestWinogradTolerance(t *testing.T) {
	d := openTest(t, Options{Algorithm: "winograd", Device: Software()})
	for _, channels := range []int{1, 3, 16, 64, 256} {
		p := layer(1, channels, 16, 3, 14)
		c, err := compare.Random("tolerance", p)
		if err != nil {
			t.Fatal(err)
		}
		result, err := compare.Check(d, cpu.Reference{}, c)
		if err != nil {
			t.Fatal(err)
		}
		stated := winogradTolerance(channels)
		t.Logf("%d channels: RMS %.2g of the largest output, stated %.2g", channels, result.RMS, stated)
		if !result.OK() || result.RMS > stated || result.RMS < stated/10 {
			t.Errorf("%d channels: RMS %.2g, stated %.2g; %v", channels, result.RMS, stated, result)
		}
	}
	b, err := newBlueprint(layer(1, 64, 64, 3, 14), d.limits, "winograd")
	if err != nil || b.description.Tolerance != winogradTolerance(64) {
		t.Errorf("%v, tolerance %v", err, b.description.Tolerance)
	}
}

// TestScratchGuard: a stage that leaves out what the next one reads is seen, and so is
// one that writes behind it.
func TestScratchGuard(t *testing.T) {
	d := openTest(t, Options{Algorithm: "winograd", Device: Software(), Guard: true})
	p := layer(2, 3, 5, 3, 9)
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
	stages := made.(*plan).recipe.stages
	passes := stages[0].passes
	stages[0].passes = func(images int) []pass { return passes(images + 1) } // a tile of an image that is not there
	if err := made.Run(dst, src); err == nil {
		t.Error("what was written behind the transformed pixels was not seen")
	}
}

// TestWinogradFinish: where the loops of two filters are too long for the device, pool.comp
// makes their energy. An odd last row of sums takes no tile.
func TestWinogradFinish(t *testing.T) {
	p := layer(1, 20, 8, 3, 9)
	p.Activation = conv.Energy
	largest := p
	largest.Activation, largest.Pool = conv.Identity, conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	for name, c := range map[string]struct {
		p          conv.Problem
		iterations int
		fused      bool
		tiles      int
	}{
		"pairs":                   {p, 2 * (16*(9*20+2) + 1), true, 9},
		"one iteration too many":  {p, 2*(16*(9*20+2)+1) - 1, false, 9},
		"no limit":                {p, 0, true, 9},
		"a pool":                  {largest, 16*(9*20+2) + 1, true, 4},
		"a pool, refused as sums": {largest, 16 * (9*20 + 2), false, 0},
	} {
		l := nvidia()
		l.LoopIterations = c.iterations
		b, err := newBlueprint(c.p, l, "winograd")
		if c.tiles == 0 {
			if err == nil || !strings.Contains(err.Error(), "20 channels, computing what is not finite tap by tap") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if w := newWinograd(c.p, l); err != nil || b.recipe.finishes != c.fused || b.pools() == c.fused || w.tiles() != c.tiles {
			t.Errorf("%s: finishes %v, %d tiles, %v", name, b.recipe.finishes, w.tiles(), err)
		}
	}
}
