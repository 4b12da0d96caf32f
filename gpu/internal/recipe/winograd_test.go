package recipe

import (
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestWinogradFinish: pool.comp makes energy where the loops of two filters are too long for the device. An odd last
// row of sums takes no tile.
func TestWinogradFinish(t *testing.T) {
	p := problems.Layer(1, 20, 8, 3, 9)
	p.Activation = conv.Energy
	largest := p
	largest.Activation = conv.Identity
	largest.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
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
		d := nvidia()
		d.LoopIterations = c.iterations
		b, err := Draw(c.p, d, "winograd")
		if c.tiles == 0 {
			if err == nil || !strings.Contains(err.Error(), "20 channels, computing what is not finite tap by tap") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		w := newWinograd(c.p, d)
		if err != nil || b.Recipe.Finishes != c.fused || b.PoolsApart() == c.fused || w.imageTiles() != c.tiles {
			t.Errorf("%s: finishes %v, %d tiles, %v", name, b.Recipe.Finishes, w.imageTiles(), err)
		}
	}
}

// TestWinogradWeight: with Aᵀ and Bᵀ, transformed weights give the sums of the direct form. The test multiplies in one
// dimension, because rows and columns are transformed alike.
func TestWinogradWeight(t *testing.T) {
	at := [4][6]float64{{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}
	bt := [6][6]float64{{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0},
		{0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}}
	d, g := [6]float64{3, -1, 4, 1, -5, 9}, [3]float64{2, -7, 5}
	u := winogradSix(g[0], g[1], g[2])
	for i := range 4 {
		got, want := 0.0, 0.0
		for e := range 6 {
			v := 0.0
			for j := range 6 {
				v += bt[e][j] * d[j]
			}
			got += at[i][e] * u[e] * v
		}
		for j := range 3 {
			want += g[j] * d[i+j]
		}
		if diff := got - want; diff > 1e-12 || diff < -1e-12 {
			t.Errorf("sum %d is %v, want %v", i, got, want)
		}
	}
}

// TestWinogradStates: a plan states the tolerance of its channels, which TestWinogradTolerance of package gpu measures.
func TestWinogradStates(t *testing.T) {
	for _, channels := range []int{1, 64, 256} {
		b, err := Draw(problems.Layer(1, channels, 64, 3, 14), nvidia(), "winograd")
		if err != nil || b.Description.Tolerance != winogradTolerance(channels) {
			t.Errorf("%d channels: %v, tolerance %v", channels, err, b.Description.Tolerance)
		}
	}
}
