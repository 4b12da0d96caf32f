package convtest

import (
	"strconv"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"

	"pgregory.net/rapid"
)

// relations checks on random problems, without a reference, the relations that all convolutions keep. It checks all of
// them on each problem, because a backend may compile a program for a problem: it then compiles one, not one for each
// relation. A relation that never applies proves nothing, and is an error.
func relations(t *testing.T, backend conv.Backend) {
	held := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		seed := strconv.FormatUint(rapid.Uint64().Draw(t, "seed"), 16)
		for _, r := range compare.Relations() {
			switch f := r.Check(backend, p, seed); f.Status {
			case compare.Failed:
				t.Fatalf("%s: %+v: %v", r.Name, p, f)
			case compare.Passed:
				held[r.Name]++
			}
		}
	})
	for _, r := range compare.Relations() {
		if held[r.Name] == 0 && !t.Failed() {
			t.Errorf("%s applied to no problem", r.Name)
		}
	}
}

// drawProblem draws a small valid problem.
func drawProblem(t *rapid.T) conv.Problem {
	for {
		groups := rapid.IntRange(1, 3).Draw(t, "groups")
		channels, filters := rapid.IntRange(1, 3).Draw(t, "channels"), rapid.IntRange(1, 4).Draw(t, "filters")
		pair := func(low, high int, name string) [2]int {
			return [2]int{rapid.IntRange(low, high).Draw(t, name+"H"), rapid.IntRange(low, high).Draw(t, name+"W")}
		}
		image, kernel := pair(1, 12, "image"), pair(1, 4, "kernel")
		before, after := pair(0, 3, "before"), pair(0, 3, "after")
		p := conv.Problem{
			Src:    conv.Shape{rapid.IntRange(1, 4).Draw(t, "n"), groups * channels, image[0], image[1]},
			Weight: conv.Shape{groups * filters, channels, kernel[0], kernel[1]},
			Spec: conv.Spec{
				Stride: pair(1, 3, "stride"), Dilation: pair(1, 2, "dilation"), Groups: groups,
				Padding:     conv.Padding{Top: before[0], Bottom: after[0], Left: before[1], Right: after[1]},
				PaddingMode: conv.PaddingMode(rapid.IntRange(0, 3).Draw(t, "mode")),
				Activation:  conv.Activation(rapid.IntRange(0, 2).Draw(t, "activation")),
			},
			Bias: rapid.Bool().Draw(t, "bias"),
		}
		if kind := conv.PoolKind(rapid.IntRange(0, 2).Draw(t, "pool")); kind != conv.NoPool {
			p.Pool = conv.Pool{Kind: kind, Size: pair(1, 3, "window"), Stride: pair(1, 3, "step")}
		}
		if _, err := p.Dst(); err == nil {
			return p
		}
	}
}
