package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// togetherProblems are batches of images so small that a task has several of them.
func togetherProblems() map[string]conv.Problem {
	same, grouped, pooled, energy, circular := conv.Spec{Padding: conv.Pad(1, 1)}, conv.Spec{Padding: conv.Pad(1, 1)},
		conv.Spec{Padding: conv.Pad(1, 1)}, conv.Spec{Padding: conv.Pad(1, 1)}, conv.Spec{Padding: conv.Pad(1, 1)}
	grouped.Groups, energy.Activation, circular.PaddingMode = 2, conv.Energy, conv.Circular
	pooled.Activation, pooled.Pool = conv.ReLU, conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	shape := func(n, c, h, w, k int, s conv.Spec) conv.Problem {
		return conv.Problem{Spec: s, Src: conv.Shape{n, c, h, w}, Weight: conv.Shape{k, c / max(1, s.Groups), 3, 3},
			Bias: true}
	}
	five := shape(5, 32, 9, 7, 35, conv.Spec{Padding: conv.Pad(2, 2)})
	five.Weight[2], five.Weight[3] = 5, 5
	return map[string]conv.Problem{
		"five": five,
		"same": shape(7, 40, 7, 9, 34, same), "groups": shape(5, 64, 8, 5, 66, grouped), "pool": shape(4, 32, 12, 9, 37, pooled),
		"energy": shape(6, 32, 5, 4, 38, energy), "circular": shape(9, 33, 6, 13, 32, circular),
	}
}

// TestTogether: an image has the same bits alone, in batches of any size, and on any number of threads. Some images
// have odd blocks, and others have none.
func TestTogether(t *testing.T) {
	some := on(func(c, y, x, _, _ int) bool { return c == 3 && y == 1 && x == 2 },
		func(r *rand.Rand) float64 { return []float64{1, 1, 1e9}[r.IntN(3)] }, normal)
	for _, isa := range tested() {
		for name, p := range togetherProblems() {
			for _, algorithm := range []string{"winograd", "direct"} {
				t.Run(fmt.Sprintf("%v/%s/%s", isa, name, algorithm), func(t *testing.T) {
					e := cpu.Engine{ISA: isa, Algorithm: algorithm}.Eager()
					checkTogether(t, e, painted(t, 31, p, some))
				})
			}
		}
	}
}

func checkTogether(t *testing.T, e cpu.Engine, c compare.Case) {
	t.Helper()
	want := computed(t, e, c)
	answer, err := compare.NewAnswer(cpu.Reference{}, c)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := e.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	if wrong := answer.Wrong(want, plan.(conv.Describer).Describe()); wrong != "" {
		t.Fatal(wrong)
	}
	n := c.Problem.Src.N()
	for i := range n {
		for _, count := range []int{1, 3, n} {
			last := min(i+count, n)
			got := intoNaN(t, plan, c.Problem, c.Src.Images(i, last))
			if !slices.Equal(got.Data, want.Images(i, last).Data) {
				t.Fatalf("images %d to %d have other bits than in the batch", i, last)
			}
		}
	}
	for _, threads := range []int{1, 2, 3} {
		before := runtime.GOMAXPROCS(threads)
		got := computed(t, e, c)
		runtime.GOMAXPROCS(before)
		if !slices.Equal(got.Data, want.Data) {
			t.Fatalf("other bits on %d threads", threads)
		}
	}
}
