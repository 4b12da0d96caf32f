package compare_test

import (
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestTaps: the taps are those of the sums that the reference computes.
func TestTaps(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{2, 4, 7, 8}, Weight: conv.Shape{6, 2, 3, 2}, Bias: true,
		Spec: conv.Spec{Stride: [2]int{2, 1},
			Dilation: [2]int{1, 2}, Padding: conv.Padding{Top: 1, Left: 2}, PaddingMode: conv.Reflect, Groups: 2}}
	c := randomCase(t, p)
	plan, err := cpu.Reference{}.Plan(p, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	dst, err := compare.RunGuarded(plan, p, c.Src)
	if err != nil {
		t.Fatal(err)
	}
	each(dst, func(n, k, y, x int, v *float32) {
		sums := compare.SumsOf(c, [4]int{n, k, y, x})
		if len(sums) != 1 || len(sums[0].Taps) != 12 {
			t.Fatalf("%d sums", len(sums))
		}
		if last := sums[0].Taps[11]; float32(last.Float64) != *v {
			t.Errorf("%d,%d,%d,%d: the taps come to %v, the reference to %v", n, k, y, x, last.Float64, *v)
		}
	})
	p.Activation, p.Pool = conv.Energy, conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 3}}
	p.Groups, p.Weight = 1, conv.Shape{6, 4, 3, 2}
	sums := compare.SumsOf(randomCase(t, p), [4]int{1, 2, 1, 1})
	if len(sums) != 12 || sums[0].Filter != 4 || sums[1].Filter != 5 || sums[0].Row != 2 || sums[0].Column != 3 ||
		sums[11].Row != 3 || sums[11].Column != 5 {
		t.Errorf("%d sums in a pooled energy", len(sums))
	}
}

func TestEvidence(t *testing.T) {
	dropped := altered{plan: func(_ *conv.Problem, w *conv.Tensor, _ []float32) { w.Plane(2, 1)[4] = 0 }}
	e := trialOf(t, small(t)).Run(dropped, compare.Options{}).Evidence
	if e == nil || e.Check != compare.CheckBound || e.Worst[1] != 2 || len(e.Want) != len(e.Got.Data) ||
		len(e.Limit) != len(e.Got.Data) {
		t.Fatalf("evidence of %v", e.Check)
	}
	var text strings.Builder
	if err := e.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"case       random\n", "check      bound: ", "\nsum of filter 2 at row ",
		"x[row,col]", "       1,1,1 "} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if lines := strings.Count(text.String(), "\n"); lines < 3*9+5 {
		t.Errorf("%d lines for 27 taps", lines)
	}
}
