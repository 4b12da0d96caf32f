package compare_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
)

// failures lists the checks that failed, once each.
func failures(o compare.Outcome) string {
	var names []string
	for _, f := range o.Findings {
		if f.Status == compare.Failed {
			name := f.Check
			if f.Numbers != "" {
				name += "/" + f.Numbers
			}
			names = append(names, name)
		}
	}
	return strings.Join(slices.Compact(names), " ")
}

func trialOf(t *testing.T, c compare.Case) *compare.Trial {
	t.Helper()
	trial, err := compare.NewTrial(cpu.Reference{}, c)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

func randomCase(t *testing.T, p conv.Problem) compare.Case {
	t.Helper()
	c, err := compare.Random("random", p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// halves is a case whose images are the same in float16. So are the tutorial's images of ±0.5.
func halves(t *testing.T) compare.Case {
	c := randomCase(t, conv.Problem{Src: conv.Shape{2, 1, 12, 13}, Weight: conv.Shape{4, 1, 5, 5}})
	for i, v := range c.Src.Data {
		c.Src.Data[i] = float32(math.Copysign(0.5, float64(v)))
	}
	return c
}

// manyTerms is a case of sums of 4,608 terms.
func manyTerms(t *testing.T) compare.Case {
	return randomCase(t, conv.Problem{Src: conv.Shape{1, 512, 6, 6}, Weight: conv.Shape{8, 512, 3, 3}})
}

func small(t *testing.T) compare.Case {
	return randomCase(t, conv.Problem{Src: conv.Shape{2, 3, 9, 10}, Weight: conv.Shape{4, 3, 3, 3}, Bias: true,
		Spec: conv.Spec{Padding: conv.Pad(1, 1)}})
}

// every is a case whose trial has all kinds of outliers.
func every(c compare.Case) compare.Case {
	c.EveryOutlier = true
	return c
}

func unbiased(t *testing.T) compare.Case {
	return randomCase(t, conv.Problem{Src: conv.Shape{2, 3, 9, 10}, Weight: conv.Shape{4, 3, 3, 3}})
}

// TestEachGateAlone: every gate finds a fault that no other gate finds.
func TestEachGateAlone(t *testing.T) {
	for name, c := range map[string]struct {
		c    compare.Case
		test altered
		want string // exactly the checks that fail
	}{
		// The images are ±0.5: only integers of 12 bits show the rounding.
		"inputs of some thousands in float16": {halves(t), altered{before: func(src *conv.Tensor) {
			if largest := slices.Max(src.Data); largest > 1000 && largest < 10000 {
				rounded(10)(src.Data)
			}
		}}, "exact/large integers"},
		// Small integers have at most 5 bits, and the weights of the large ones at most 2. So only random weights show
		// bfloat16, and it exceeds the bound of each output.
		"one output cut to 11 bits after the point": {small(t), altered{after: func(dst, _ *conv.Tensor) {
			dst.Data[77] = float32(math.Round(float64(dst.Data[77])*2048) / 2048)
		}}, "bound"},
		// 910·4·4609 < 2²⁴: with so many terms the integers have 10 bits, and TF32 keeps 11.
		"TF32 at large n": {manyTerms(t), altered{
			plan:   func(_ *conv.Problem, w *conv.Tensor, _ []float32) { rounded(10)(w.Data) },
			before: func(src *conv.Tensor) { rounded(10)(src.Data) }}, "rms"},
		"a trace of the brightest pixel in every output": {every(small(t)), altered{after: trace(1e-11)}, "locality/outliers"},
		"outputs of black pixels are not 0": {every(unbiased(t)), altered{after: func(dst, src *conv.Tensor) {
			if slices.Index(src.Data, 0) < 0 { // there are no black pixels
				return
			}
			for i, v := range dst.Data {
				if v == 0 {
					dst.Data[i] = 0x1p-126
				}
			}
		}}, "locality/outliers"},
		"src is changed": {small(t), altered{around: func(_, src *conv.Tensor, _ int) { src.Data[5]++ }},
			"guards/integers"},
		"a second run": {small(t), altered{around: func(dst, _ *conv.Tensor, run int) {
			dst.Data[50] += float32(run - 1)
		}}, "guards/integers"},
		"written past the end": {small(t), altered{around: func(dst, _ *conv.Tensor, _ int) { poke(dst, len(dst.Data)) }},
			"guards/integers"},
		"written before": {small(t), altered{around: func(dst, _ *conv.Tensor, _ int) { poke(dst, -1) }},
			"guards/integers"},
		"written far past the end": {small(t), altered{around: func(dst, _ *conv.Tensor, _ int) {
			poke(dst, len(dst.Data)+15)
		}}, "guards/integers"},
		"written past the end by the second run": {small(t), altered{around: func(dst, _ *conv.Tensor, run int) {
			if run == 2 {
				poke(dst, len(dst.Data))
			}
		}}, "guards/integers"},
		"nothing is done": {small(t), altered{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			trial := trialOf(t, c.c)
			if got := failures(trial.Run(c.test, compare.Options{})); got != c.want {
				t.Errorf("%q fail, want %q", got, c.want)
			}
			if got := failures(trial.Run(cpu.Engine{}, compare.Options{})); got != "" {
				t.Errorf("afterwards %q fail of the engine itself", got)
			}
		})
	}
}

// TestGatesTogether: a fault in all outputs fails every gate that can see it.
func TestGatesTogether(t *testing.T) {
	for name, c := range map[string]struct {
		test altered
		want string
	}{
		"a tap is dropped": {altered{plan: func(_ *conv.Problem, w *conv.Tensor, _ []float32) {
			w.Data[len(w.Data)-1] = 0
		}},
			"exact/integers exact/large integers locality/outliers bound rms"},
		"the bias is dropped": {altered{plan: func(_ *conv.Problem, _ *conv.Tensor, b []float32) { clear(b) }},
			"exact/integers exact/large integers locality/outliers bound rms"},
		"the padding is on the other side": {altered{plan: func(p *conv.Problem, _ *conv.Tensor, _ []float32) {
			p.Padding = conv.Padding{Top: 2, Left: 2}
		}}, "exact/integers exact/large integers locality/outliers bound rms"},
		"an output is not written": {altered{after: func(dst, _ *conv.Tensor) { dst.Data[3] = float32(math.NaN()) }},
			"exact/integers exact/large integers locality/outliers bound"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := failures(trialOf(t, small(t)).Run(c.test, compare.Options{})); got != c.want {
				t.Errorf("%q fail, want %q", got, c.want)
			}
		})
	}
}

// TestFirstFailure ends a case where the first check fails.
func TestFirstFailure(t *testing.T) {
	wrong := altered{plan: func(_ *conv.Problem, w *conv.Tensor, _ []float32) { w.Data[0] = 0 }}
	o := trialOf(t, small(t)).Run(wrong, compare.Options{FirstFailure: true, Relations: compare.Relations()})
	if got := failures(o); got != "exact/integers" {
		t.Errorf("%q fail", got)
	}
	changing := altered{around: func(_, src *conv.Tensor, _ int) { src.Data[0]++ }}
	o = trialOf(t, small(t)).Run(changing, compare.Options{FirstFailure: true})
	if got := failures(o); got != "guards/integers" {
		t.Errorf("%q fail", got)
	}
}

// TestTolerance: an algorithm of transforms is judged by the tolerance that it states, not by integers.
func TestTolerance(t *testing.T) {
	noise := func(size float64) altered {
		return altered{description: conv.Description{Algorithm: "transform", Tolerance: 1e-5},
			after: func(dst, _ *conv.Tensor) {
				largest := 0.0
				for _, v := range dst.Data {
					largest = max(largest, math.Abs(float64(v)))
				}
				for i := range dst.Data {
					dst.Data[i] += float32(size * largest * math.Sin(float64(i*i)))
				}
			}}
	}
	trial, asked := trialOf(t, small(t)), compare.Options{Asked: true}
	good := trial.Run(noise(1e-5), asked)
	if good.Status() != compare.Passed || good.Algorithm != "transform" {
		t.Errorf("%v", good)
	}
	for _, f := range good.Findings {
		if f.Check == compare.CheckExact && (f.Status != compare.Skipped ||
			f.Note != "transform does not add the products themselves") {
			t.Errorf("%v", f)
		}
	}
	if got := failures(trial.Run(noise(3e-5), asked)); got != "rms" {
		t.Errorf("%q fail of errors three times the tolerance, want rms", got)
	}
	if got := failures(trial.Run(noise(1e-3),
		asked)); got != "bound/integers bound/large integers bound/outliers bound rms" {
		t.Errorf("%q fail of errors 100 times the tolerance", got)
	}
}

// TestBound: an algorithm that states a multiple of the error bound is judged by that, and by integers.
func TestBound(t *testing.T) {
	c := randomCase(t, conv.Problem{Src: conv.Shape{1, 3, 5, 5}, Weight: conv.Shape{2, 3, 3, 3}})
	for _, values := range [][]float32{c.Src.Data, c.Weight.Data} {
		for i := range values {
			values[i] = 0.1
		}
	}
	const gammaA = 27 * 0x1p-24 * 0.27 // of each output: 27 products of 0.01
	watched := func(multiple, bound float64) altered {
		return altered{description: conv.Description{Algorithm: "watched", Bound: bound},
			after: func(dst, _ *conv.Tensor) { dst.Data[1] += float32(multiple * gammaA) }}
	}
	for _, test := range []struct {
		multiple, bound float64
		want            bool
	}{{0.5, 0, true}, {3, 0, false}, {3, 4, true}, {6, 4, false}} {
		result, err := compare.Check(watched(test.multiple, test.bound), cpu.Reference{}, c)
		if err != nil || result.OK() != test.want {
			t.Errorf("an error of %v of the bound, %v are stated: %v, %v", test.multiple, test.bound, result, err)
		}
	}
	off := watched(0, 4)
	off.after = func(dst, _ *conv.Tensor) { dst.Data[1] += float32(math.Abs(float64(dst.Data[1]))) * 0x1p-23 }
	if got := failures(trialOf(t, c).Run(off, compare.Options{})); !strings.HasPrefix(got, "exact/integers") {
		t.Errorf("%q fail of integers that are not, want exact/integers", got)
	}
}

// TestToleranceOfTails: if a pixel meets only weights that are almost 0, the errors of transforms are proportional to
// the filter, not to the small outputs.
func TestToleranceOfTails(t *testing.T) {
	c := randomCase(t, conv.Problem{Src: conv.Shape{1, 1, 4, 7}, Weight: conv.Shape{1, 1, 4, 4}})
	clear(c.Src.Data)
	c.Src.Data[0] = 1 // only of the first output's first weight
	clear(c.Weight.Data)
	c.Weight.Data[0], c.Weight.Data[5] = 1e-6, 2
	off := func(by float32) altered {
		return altered{description: conv.Description{Algorithm: "transform", Tolerance: 1e-6},
			after: func(dst, _ *conv.Tensor) { dst.Data[1] += by }}
	}
	trial, asked := trialOf(t, c), compare.Options{Asked: true}
	if o := trial.Run(off(2e-6), asked); o.Status() != compare.Passed {
		t.Errorf("an error of the tolerance times the filter: %v", o)
	}
	if got := failures(trial.Run(off(2e-5), asked)); got != "bound rms" {
		t.Errorf("%q fail of an error of ten times that, want bound rms", got)
	}
}

// TestInexact: if the outputs of integers are not integers, the bound applies to them.
func TestInexact(t *testing.T) {
	energy, mean := small(t).Problem, small(t).Problem
	energy.Activation = conv.Energy
	mean.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{3, 3}}
	swapped := altered{after: func(dst, _ *conv.Tensor) { dst.Data[0], dst.Data[1] = dst.Data[1], dst.Data[0] }}
	for name, p := range map[string]conv.Problem{"energy": energy, "mean of 9": mean} {
		trial := trialOf(t, randomCase(t, p))
		if o := trial.Run(cpu.Engine{}, compare.Options{}); o.Status() != compare.Passed {
			t.Errorf("%s: %v", name, o)
		}
		if got := failures(trial.Run(swapped, compare.Options{})); !strings.HasPrefix(got,
			"bound/integers bound/large integers locality/outliers bound") {
			t.Errorf("%s: %q fail", name, got)
		}
	}
}

// TestCancelled: if all sums cancel, the RMS error has no scale.
func TestCancelled(t *testing.T) {
	c := randomCase(t, conv.Problem{Src: conv.Shape{1, 1, 9, 9}, Weight: conv.Shape{1, 1, 2, 2}})
	for i := range c.Src.Data {
		c.Src.Data[i] = 0.3
	}
	copy(c.Weight.Data, []float32{0.7, -0.7, 0.1, -0.1})
	o := trialOf(t, c).Run(cpu.Engine{}, compare.Options{})
	last := o.Findings[len(o.Findings)-2]
	if o.Status() != compare.Passed || last.Check != compare.CheckRMS || last.Status != compare.Skipped {
		t.Errorf("%v", o.Findings)
	}
}

// TestUnderflow: the bound allows for underflow in energies of denormal sums. A fraction of such small outputs would
// mean nothing.
func TestUnderflow(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 1, 9, 9}, Weight: conv.Shape{2, 1, 2, 2}}
	p.Activation = conv.Energy
	c := randomCase(t, p)
	for i := range c.Src.Data {
		c.Src.Data[i] *= 0x1p-130
	}
	o := trialOf(t, c).Run(spoiled{cpu.Engine{}, func(dst *conv.Tensor) {
		for i := range dst.Data {
			dst.Data[i] += 0x1p-135
		}
	}}, compare.Options{})
	last := o.Findings[len(o.Findings)-2]
	if o.Status() != compare.Passed || last.Check != compare.CheckRMS || last.Status != compare.Skipped {
		t.Errorf("%v", o.Findings)
	}
}

// TestErrors: an error of a backend fails the case, and the outcome names it. A refusal skips the case. Neither of them
// passes it.
func TestErrors(t *testing.T) {
	memory := errors.New("out of memory")
	refusal := &fault.Error{Rule: "it takes no bias", Err: conv.ErrUnsupported}
	for name, c := range map[string]struct {
		test   failing
		status compare.Status
		why    string
	}{
		"plan":    {failing{cpu.Engine{}, memory, nil}, compare.Failed, "run (integers) failed: out of memory"},
		"run":     {failing{cpu.Engine{}, nil, memory}, compare.Failed, "run (integers) failed: out of memory"},
		"refusal": {failing{cpu.Engine{}, refusal, nil}, compare.Skipped, "it takes no bias"},
	} {
		o := trialOf(t, small(t)).Run(c.test, compare.Options{Relations: compare.Relations()})
		if o.Status() != c.status || o.Why() != c.why || o.Err == nil || o.Case != "random" {
			t.Errorf("%s: %v: %q", name, o.Status(), o.Why())
		}
	}
	if (compare.Outcome{}).Status() == compare.Passed {
		t.Error("nothing passes")
	}
	if o := compare.Refused("x", conv.Problem{}, refusal); o.Status() != compare.Skipped ||
		o.Why() != "it takes no bias" {
		t.Errorf("a refusal: %v", o)
	}
}

func TestNewTrialErrors(t *testing.T) {
	empty := small(t)
	empty.Problem.Src[0], empty.Src = 0, &conv.Tensor{Shape: conv.Shape{0, 3, 9, 10}}
	short := small(t)
	short.Bias = short.Bias[:1]
	for name, c := range map[string]struct {
		judge conv.Backend
		c     compare.Case
		want  string
	}{
		"no image":  {cpu.Reference{}, empty, "want at least one image"},
		"bias":      {cpu.Reference{}, short, "bias [1]: want 4 values"},
		"no oracle": {cpu.Engine{}, small(t), "not a conv.Oracle"},
	} {
		if _, err := compare.NewTrial(c.judge, c.c); err == nil ||
			!strings.Contains(err.Error(), "compare: case random: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLocality: a backend that spreads the error of a large pixel fails, unless it states a tolerance and somebody
// asked for its algorithm. The same holds for a bound above 4.
func TestLocality(t *testing.T) {
	c := randomCase(t, conv.Problem{Src: conv.Shape{1, 2, 9, 10}, Weight: conv.Shape{3, 2, 3, 3}})
	c.Src.Data[44] = 1e6
	tolerant, loose := conv.Description{Algorithm: "transform", Tolerance: 1e-6}, conv.Description{Bound: 1e6}
	for name, test := range map[string]struct {
		part        float64
		description conv.Description
		asked       bool
		want        string
	}{
		"states nothing":                  {1e-7, conv.Description{}, false, "locality/outliers bound"},
		"states nothing, asked":           {1e-7, conv.Description{}, true, "locality/outliers bound"},
		"states a tolerance":              {1e-7, tolerant, false, "locality/outliers locality"},
		"states a tolerance, asked":       {1e-7, tolerant, true, ""},
		"breaks its tolerance, asked":     {1e-4, tolerant, true, "bound/outliers bound rms"},
		"states a large bound":            {1e-8, loose, false, "locality/outliers locality"},
		"states a large bound, asked":     {1e-8, loose, true, ""},
		"does nothing":                    {0, conv.Description{Bound: 4}, false, ""},
		"does nothing, but for tolerance": {0, tolerant, false, ""},
	} {
		trial := trialOf(t, c)
		test2 := altered{description: test.description, after: func(dst, src *conv.Tensor) {
			if slices.Index(src.Data, 1e6) >= 0 ||
				slices.ContainsFunc(src.Data, func(v float32) bool { return math.Abs(float64(v)) > 5000 }) {
				trace(test.part)(dst, src)
			}
		}}
		o := trial.Run(test2, compare.Options{Asked: test.asked})
		if got := failures(o); got != test.want {
			t.Errorf("%s: %q fail, want %q", name, got, test.want)
		}
		for _, f := range o.Findings {
			if f.Check != compare.CheckLocality {
				continue
			}
			if skips := test.asked && test.description.Tolerance > 0; skips != (f.Status == compare.Skipped) {
				t.Errorf("%s: %v", name, f)
			}
			if test.want != "" && !test.asked && test.description.Tolerance > 0 &&
				!strings.HasPrefix(f.Note, "transform states a tolerance, and nobody asked for it: ") {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
}
