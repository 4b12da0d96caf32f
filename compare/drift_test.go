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

// drifting is a case whose sums drift: 18,432 products of which few differ, all of one sign, as in images that are
// activations of gratings, used as their own weights.
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

// TestDriftOfOrders: added up in other orders, the sums of a case that drifts are not worse than twice the plain loop.
func TestDriftOfOrders(t *testing.T) {
	c := drifting(t)
	exact, worst := 0.0, 0.0
	x, w := c.Src.Data[:6*48*64], c.Weight.Data[:6*48*64]
	for i, v := range x {
		exact += float64(v) * float64(w[i])
	}
	drift := func(order func(i int) int) float64 {
		sum := float32(0)
		for i := range x {
			product := x[order(i)] * w[order(i)]
			sum += product
		}
		return math.Abs(float64(sum) - exact)
	}
	plain := drift(func(i int) int { return i })
	for name, order := range map[string]func(i int) int{
		"backwards":      func(i int) int { return len(x) - 1 - i },
		"columns first":  func(i int) int { return i%48*64 + i/48%64 + i/(48*64)*48*64 },
		"channels last":  func(i int) int { return i%6*48*64 + i/6 },
		"every fifth":    func(i int) int { return i * 5 % len(x) },
		"every eleventh": func(i int) int { return i * 11 % len(x) },
	} {
		d := drift(order)
		worst = max(worst, d)
		t.Logf("%s: %.3g, the plain loop %.3g", name, d, plain)
	}
	if worst > 2*plain {
		t.Errorf("%.3g, the plain loop has %.3g", worst, plain)
	}
}
