package compare_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// drifting is a case whose sums drift: 18,432 products that have few different values, all of one sign, as in
// images that are activations of gratings, used as their own weights.
func drifting(t *testing.T) compare.Case {
	c := randomCase(t, conv.Problem{Src: conv.Shape{4, 6, 48, 64}, Weight: conv.Shape{4, 6, 48, 64}})
	c.Name = "drifting"
	few := []float32{0.3, 1.7, 1.1, 0.9}
	for i := range c.Src.Data {
		c.Src.Data[i] = few[i%len(few)]
	}
	copy(c.Weight.Data, c.Src.Data)
	return c
}

// rmsOf returns the finding of the RMS check on a case's own numbers.
func rmsOf(t *testing.T, o compare.Outcome) compare.Finding {
	t.Helper()
	at := slices.IndexFunc(o.Findings, func(f compare.Finding) bool { return f.Check == compare.CheckRMS })
	if at < 0 {
		t.Fatalf("no RMS check: %v", o.Findings)
	}
	return o.Findings[at]
}

// TestDrift: sums that drift more than √n·u pass if a plain loop drifts as far. A backend whose sums drift more than
// that fails, and so does one that rounds ordinary numbers to fewer bits.
func TestDrift(t *testing.T) {
	c := drifting(t)
	trial := trialOf(t, c)
	o := trial.Run(cpu.Engine{}, compare.Options{})
	usual := math.Sqrt(6*48*64) * 0x1p-24
	if rms := rmsOf(t, o); o.Status() != compare.Passed || rms.Result.RMS <= usual {
		t.Errorf("%v: RMS error %.2g, want it to pass beyond the usual %.2g", o, rms.Result.RMS, usual)
	}
	more := altered{after: func(dst, _ *conv.Tensor) {
		for i := range dst.Data {
			dst.Data[i] *= 1 + 6e-5 // within the bound, γₙ = 1.1e-3
		}
	}}
	if got := failures(trial.Run(more, compare.Options{})); !strings.HasSuffix(got, "rms") {
		t.Errorf("sums that drift more: %q fail, want rms too", got)
	}
	rounded := altered{before: func(src *conv.Tensor) {
		for i, v := range src.Data {
			src.Data[i] = math.Float32frombits((math.Float32bits(v) + 1<<12) &^ (1<<13 - 1)) // to TF32
		}
	}}
	if got := failures(trialOf(t, manyTerms(t)).Run(rounded, compare.Options{})); !strings.Contains(got, "rms") {
		t.Errorf("TF32: %q fail, want rms too", got)
	}
}

// summed is the output of drifting. With a blend of 1, each sum is added up in float32, with its products in the given
// order. With a blend of 0 it is exact, and other blends move it along the line between the two.
func summed(c compare.Case, blend float64, order func(i int) int) *conv.Tensor {
	n, size := c.Weight.Shape.N(), c.Weight.Shape.Image()
	terms := size.C() * size.H() * size.W()
	dst := &conv.Tensor{Shape: conv.Shape{c.Src.Shape.N(), n, 1, 1}, Data: make([]float32, c.Src.Shape.N()*n)}
	for at := range dst.Data {
		x, w := c.Src.Data[at/n*terms:][:terms], c.Weight.Data[at%n*terms:][:terms]
		sum, exact := float32(0), 0.0
		for i := range terms {
			j := order(i)
			product := x[j] * w[j]
			sum += product
			exact += float64(x[j]) * float64(w[j])
		}
		dst.Data[at] = float32(exact + blend*(float64(sum)-exact))
	}
	return dst
}

// inOrder is the order of a plain loop.
func inOrder(i int) int { return i }

// TestDriftOfOrders: added up in other orders, the sums of a case that drifts pass.
func TestDriftOfOrders(t *testing.T) {
	c := drifting(t)
	answer, err := compare.NewAnswer(cpu.Reference{}, c)
	if err != nil {
		t.Fatal(err)
	}
	terms := 6 * 48 * 64
	for name, order := range map[string]func(i int) int{
		"as a plain loop": inOrder,
		"backwards":       func(i int) int { return terms - 1 - i },
		"columns first":   func(i int) int { return i%48*64 + i/48%64 + i/(48*64)*48*64 },
		"channels last":   func(i int) int { return i%6*48*64 + i/6 },
		"every fifth":     func(i int) int { return i * 5 % terms },
		"every eleventh":  func(i int) int { return i * 11 % terms },
	} {
		if wrong := answer.Wrong(summed(c, 1, order), conv.Description{Algorithm: name}); wrong != "" {
			t.Errorf("%s: %s", name, wrong)
		}
	}
}

// TestMostDrift: sums may drift twice as far as those of a plain loop, and no further.
func TestMostDrift(t *testing.T) {
	c := drifting(t)
	answer, err := compare.NewAnswer(cpu.Reference{}, c)
	if err != nil {
		t.Fatal(err)
	}
	for blend, passes := range map[float64]bool{1: true, 1.95: true, 2.05: false, 4: false, -1.95: true, -2.05: false} {
		wrong := answer.Wrong(summed(c, blend, inOrder), conv.Description{Algorithm: "plain"})
		if (wrong == "") != passes {
			t.Errorf("%g times the drift of a plain loop: %q, want it to pass: %v", blend, wrong, passes)
		}
	}
}

// TestDriftOfColumns: how far a plain loop drifts is measured in all columns. Here the outputs have three columns, and
// the loop computes a third of them. If these were the first column, they would not do: it lies in the padding and has
// few products.
func TestDriftOfColumns(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge takes long under the race detector")
	}
	c := randomCase(t, conv.Problem{Src: conv.Shape{1, 6, 111, 124}, Weight: conv.Shape{32, 6, 48, 64},
		Spec: conv.Spec{Stride: [2]int{1, 60}, Padding: conv.Padding{Left: 60}}})
	few := []float32{0.3, 1.7, 1.1, 0.9}
	for _, data := range [][]float32{c.Src.Data, c.Weight.Data} {
		for i := range data {
			data[i] = few[i%len(few)]
		}
	}
	answer, err := compare.NewAnswer(cpu.Reference{}, c)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := cpu.Engine{}.Plan(c.Problem, c.Weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	got, err := conv.NewTensor(conv.Shape{1, 32, 64, 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Run(got, c.Src); err != nil {
		t.Fatal(err)
	}
	if wrong := answer.Wrong(got, plan.(conv.Describer).Describe()); wrong != "" {
		t.Error(wrong)
	}
}
