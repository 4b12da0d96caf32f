package cpu_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestOddAreDirect: if all blocks are odd, outputs have the bits that direct gives.
func TestOddAreDirect(t *testing.T) {
	everywhere := on(func(c, _, _, _, _ int) bool { return c%32 == 0 },
		func(r *rand.Rand) float64 { return 1e9 * r.NormFloat64() }, normal)
	for _, isa := range tested() {
		for name, p := range localProblems() {
			c := painted(t, 7, p, everywhere)
			got, want := computed(t, cpu.Engine{ISA: isa, Algorithm: "winograd"}.Eager(), c),
				computed(t, cpu.Engine{ISA: isa, Algorithm: "direct"}.Eager(), c)
			if !slices.Equal(got.Data, want.Data) {
				t.Errorf("%v, %s: other bits than direct has", isa, name)
			}
		}
	}
}

func computed(t failer, e cpu.Engine, c compare.Case) *conv.Tensor {
	t.Helper()
	plan, err := e.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	return intoNaN(t, plan, c.Problem, c.Src)
}

// TestSameBits: if some blocks are odd, outputs have the same bits on one thread and on many, for which bands have
// other heights.
func TestSameBits(t *testing.T) {
	for name, p := range localProblems() {
		c := painted(t, 8, p, rectified) // about half of its blocks are odd
		var first *conv.Tensor
		for _, threads := range []int{1, 2, 3, 7} {
			before := runtime.GOMAXPROCS(threads)
			got := computed(t, cpu.Engine{Algorithm: "winograd"}.Eager(), c)
			runtime.GOMAXPROCS(before)
			if first == nil {
				first = got
			}
			if !slices.Equal(got.Data, first.Data) {
				t.Errorf("%s: other bits on %d threads than on one", name, threads)
			}
		}
	}
}

// TestWinogradExact: integers come out as integers, and the relations hold, even if winograd is forced.
func TestWinogradExact(t *testing.T) {
	for name, p := range localProblems() {
		if testing.Short() && name != "zeros" {
			continue
		}
		trial, err := compare.NewTrial(cpu.Reference{}, painted(t, 9, p, normal))
		if err != nil {
			t.Fatal(err)
		}
		outcome := trial.Run(cpu.Engine{Algorithm: "winograd"}, compare.Options{Relations: compare.Relations()})
		if outcome.Status() != compare.Passed {
			t.Errorf("%s: %v", name, outcome)
		}
		for _, f := range outcome.Findings {
			if f.Check == compare.CheckExact && f.Status != compare.Passed {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
}

// TestUnsuited: weights are left to direct if their sums are exact but transforms would round them, or if the screen
// would accept no image. The plan says why. If winograd is forced, it computes the same bits as direct.
func TestUnsuited(t *testing.T) {
	p := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(1, 1)}, Src: conv.Shape{2, 64, 56, 56},
		Weight: conv.Shape{64, 64, 3, 3}}
	for name, change := range map[string]func(filter []float32){
		"integers":    func(f []float32) { each(f, func(i int, _ float32) float32 { return float32(i%7 - 3) }) },
		"eighths":     func(f []float32) { each(f, func(i int, _ float32) float32 { return float32(i%7-3) / 8 }) },
		"tiny":        func(f []float32) { each(f, func(_ int, v float32) float32 { return v * 0x1p-115 }) },
		"one weight":  func(f []float32) { each(f, func(i int, v float32) float32 { return v * float32(max(0, 1-i)) }) },
		"mostly zero": func(f []float32) { each(f, func(i int, v float32) float32 { return v * float32(max(0, 1-i%4)) }) },
		"infinite":    func(f []float32) { f[5] = float32(math.Inf(1)) },
		"NaN":         func(f []float32) { f[5] = float32(math.NaN()) },
	} {
		c := painted(t, 10, p, normal)
		change(c.Weight.Data[3*576:][:576]) // of one filter
		plan, err := cpu.Engine{}.Plan(p, c.Weight, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := plan.(conv.Describer).Describe()
		if others := len(cpu.AlgorithmNames()) - 1; d.Algorithm != "direct" || len(d.Rejected) != others ||
			d.Rejected[0].Algorithm != "winograd" || d.Bound > 1 {
			t.Errorf("%s: %+v", name, d)
		}
		plan.Close()
		if !slices.EqualFunc(computed(t, cpu.Engine{Algorithm: "winograd"}, c).Data, computed(t, cpu.Engine{}, c).Data,
			sameBits) {
			t.Errorf("%s: winograd has other bits than direct", name)
		}
	}
	c := painted(t, 11, p, normal)
	clear(c.Weight.Data[3*576:][:576])
	plan, err := cpu.Engine{}.Plan(p, c.Weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	if d := plan.(conv.Describer).Describe(); d.Algorithm != "winograd" {
		t.Errorf("a filter of zeros: %+v", d)
	}
}

// unscreened is winograd without its screen. It states a tolerance, or none if that is 0.
type unscreened struct{ tolerance float64 }

func (u unscreened) Plan(p conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	plan, err := cpu.Engine{Algorithm: "winograd"}.Plan(p, w, b)
	if err == nil {
		cpu.Unscreen(plan)
	}
	return unscreenedPlan{plan, u.tolerance}, err
}

type unscreenedPlan struct {
	conv.Plan
	tolerance float64
}

func (u unscreenedPlan) Describe() conv.Description {
	return conv.Description{Algorithm: "winograd", Tolerance: u.tolerance}
}

// TestVerifySeesOutliers: package compare finds that winograd without its screen is wrong for images with outliers and
// filters of 32 channels, even if it states a tolerance, as it did before it had a screen. With a tolerance it passes
// only if somebody asked for it. For images without outliers the trial draws some itself. The engine always passes.
func TestVerifySeesOutliers(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 32, 14, 14}, Weight: conv.Shape{32, 32, 3, 3}}
	images := map[string]paint{"normal": normal, "1e6": outliers["a pixel of 1e6"], "16 bits": outliers["16 bits"],
		"bright point": on(onePixel, always(1000), black)}
	for name, f := range images {
		if testing.Short() && name != "1e6" {
			continue
		}
		c := painted(t, 16, p, f)
		c.EveryOutlier = name == "normal"
		trial, err := compare.NewTrial(cpu.Reference{}, c)
		if err != nil {
			t.Fatal(err)
		}
		for tolerance, want := range map[float64]string{1.5e-6: "locality", 0: "bound"} {
			if want == "bound" && name == "normal" {
				want = "locality"
			}
			outcome := trial.Run(unscreened{tolerance}, compare.Options{})
			found := false
			for _, finding := range outcome.Findings {
				found = found || finding.Check == want && finding.Status == compare.Failed &&
					(finding.Numbers == "") == (name != "normal")
			}
			if !found {
				t.Errorf("%s, tolerance %v: %v, want %s to fail", name, tolerance, outcome, want)
			}
		}
		if outcome := trial.Run(unscreened{1.5e-6}, compare.Options{Asked: true}); outcome.Status() != compare.Passed {
			t.Errorf("%s, asked for: %v", name, outcome)
		}
		for _, e := range []cpu.Engine{{}, {Algorithm: "winograd"}} {
			if outcome := trial.Run(e, compare.Options{}); outcome.Status() != compare.Passed {
				t.Errorf("%s, the engine: %v", name, outcome)
			}
		}
	}
}

func sameBits(a, b float32) bool { return a == b || a != a && b != b }

func each(values []float32, f func(i int, v float32) float32) {
	for i, v := range values {
		values[i] = f(i, v)
	}
}
