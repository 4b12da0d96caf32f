//go:build cgo && !nogl

package gpu

import (
	"math"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
)

// TestSoftFinishes: energy and pools that direct_soft makes in its tile are, bit for bit
// but for the sign of 0, what pool.comp makes of the same sums, NaN and infinities included.
func TestSoftFinishes(t *testing.T) {
	fused, apart := openTest(t, Options{Guard: true, Algorithm: "direct_soft", Device: Software()}),
		openTest(t, Options{Guard: true, Algorithm: "direct", Device: Software()})
	for name, p := range softFinished() {
		b, err := newBlueprint(p, fused.limits, "direct_soft")
		if err != nil {
			t.Fatal(err)
		}
		if want := !strings.Contains(name, "apart"); b.pools() == want || b.recipe.finishes != want || len(b.description.Sources) != 1+int(number(!want)) {
			t.Errorf("%s: pooled apart %v", name, b.pools())
		}
		for i := range 1 + len(specials()) {
			c, err := compare.Random(name, p)
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 {
				specials()[i-1](c)
			}
			got, want := outputs(t, fused, c), outputs(t, apart, c)
			for at, v := range want.Data {
				if w := got.Data[at]; math.Float32bits(v) != math.Float32bits(w) && v != w && (v == v || w == w) {
					t.Fatalf("%s, numbers %d: element %d is %v, apart it is %v", name, i, at, w, v)
				}
			}
		}
	}
}

// softFinished are problems that end with energy or a pool, those named "apart" in ways that
// the tile has no room for.
func softFinished() map[string]conv.Problem {
	plain := conv.Problem{Src: conv.Shape{3, 1, 10, 24}, Weight: conv.Shape{6, 1, 3, 5}, Bias: true}
	plain.Padding = conv.Pad(1, 2)
	energy, largest, mean, both, rectified, odd, overlapping, wide := plain, plain, plain, plain, plain, plain, plain, plain
	energy.Activation, both.Activation, rectified.Activation = conv.Energy, conv.Energy, conv.ReLU
	largest.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	mean.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	both.Pool, rectified.Pool, odd.Pool = mean.Pool, largest.Pool, largest.Pool
	odd.Src, odd.Activation = conv.Shape{2, 1, 11, 17}, conv.Energy
	overlapping.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{1, 1}}
	wide.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{3, 3}}
	return map[string]conv.Problem{"energy": energy, "max": largest, "mean": mean, "mean energy": both, "ReLU, max": rectified, "odd": odd,
		"overlapping, apart": overlapping, "3×3, apart": wide}
}

func outputs(t *testing.T, d *Device, c compare.Case) *conv.Tensor {
	t.Helper()
	shape, err := c.Problem.Dst()
	if err != nil {
		t.Fatal(err)
	}
	dst, _ := conv.NewTensor(shape)
	plan, err := d.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	if err := plan.Run(dst, c.Src); err != nil {
		t.Fatal(err)
	}
	return dst
}
