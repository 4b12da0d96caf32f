package bench_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/bench"
	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// altered is a backend that calls after at the end of each run, to change its outputs or to take longer.
type altered struct {
	conv.Backend
	after func(plan conv.Plan, dst, src *conv.Tensor) error
}

type alteredPlan struct {
	conv.Plan
	after func(plan conv.Plan, dst, src *conv.Tensor) error
}

func (b altered) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	plan, err := b.Backend.Plan(p, weight, bias)
	return alteredPlan{plan, b.after}, err
}

func (p alteredPlan) Run(dst, src *conv.Tensor) error {
	if err := p.Plan.Run(dst, src); err != nil {
		return err
	}
	return p.after(p.Plan, dst, src)
}

func (p alteredPlan) Describe() conv.Description { return p.Plan.(conv.Describer).Describe() }

// timedPlan says what its phases took, as a GPU's plan does.
type timedPlan struct {
	conv.Plan
	runs time.Duration
}

func (p *timedPlan) Run(dst, src *conv.Tensor) error { p.runs++; return p.Plan.Run(dst, src) }
func (p *timedPlan) Timings() conv.Timings {
	return conv.Timings{Upload: p.runs * time.Microsecond, Kernel: 3 * p.runs * time.Microsecond}
}

// RunPhases has a device's clock. Bench does not ask a software renderer for it.
func (p *timedPlan) RunPhases(dst, src *conv.Tensor) (conv.Timings, error) {
	const us = time.Microsecond
	return conv.Timings{Upload: 5 * us, Kernel: 100 * us, Readback: 6 * us, Device: conv.Phases{Kernel: 7 * us}},
		p.Plan.Run(dst, src)
}

type timedBackend struct{ conv.Backend }

func (b timedBackend) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	plan, err := b.Backend.Plan(p, weight, bias)
	return &timedPlan{Plan: plan}, err
}

func seedCases(t *testing.T, pattern string) bench.Suite {
	t.Helper()
	suite, err := bench.NewSuite("seed")
	if err != nil {
		t.Fatal(err)
	}
	other := func(c bench.Case) bool { return !regexp.MustCompile(pattern).MatchString(c.Name) }
	suite.Cases = slices.DeleteFunc(suite.Cases, other)
	return suite
}

func quick(suite bench.Suite, subjects ...bench.Subject) bench.Bench {
	return bench.Bench{Suite: suite, Subjects: subjects, Judge: cpu.Reference{}, Seed: 1,
		Settings: bench.Settings{Samples: 4, Seconds: 0.001, Rounds: 4, Noise: 1e9, Limit: 60, Longest: 5}}
}

func subject(t *testing.T, b conv.Backend, name string) bench.Subject {
	t.Helper()
	fma, err := cpu.Engine{}.Probe()
	if err != nil {
		t.Fatal(err)
	}
	return bench.Subject{Backend: b, Info: bench.BackendInfo{Backend: name, Threads: 1, Device: "test"}, FMA: fma,
		Roof: func(time.Duration) (float64, float64, error) { return 1e12, 1e11, nil }}
}

func run(t *testing.T, b bench.Bench) bench.Report {
	t.Helper()
	r, err := b.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRun: figures follow from the median and the case's numbers, and the report can be written and read.
func TestRun(t *testing.T) {
	software := subject(t, timedBackend{cpu.Engine{}}, "gpu")
	software.Info.Software = true
	r := run(t, quick(seedCases(t, "^n=(1|16)/"), subject(t, cpu.Engine{}, "cpu"), software))
	phases := map[string]int{}
	for _, x := range r.Results {
		phases[x.Backend+" "+x.Phase]++
		c := r.Cases[slices.IndexFunc(r.Cases, func(c bench.CaseInfo) bool { return c.Case == x.Case })]
		if x.Phase != bench.PhaseTotal {
			continue
		}
		if len(x.Blocks) != 4 || x.Samples < 4 || !x.Correct || x.Blocks[0].Probe <= 0 {
			t.Errorf("%s: want 4 blocks with a gauge and 4 samples or more, got %+v", x.Case, x)
		}
		gflops := 2e-9 * c.MACs / x.Median
		for what, pair := range map[string][2]float64{
			"images/s": {*x.ImagesPerS, float64(c.N) / x.Median}, "GFLOP/s": {*x.GFLOPS, gflops},
			"GB/s":                {*x.GBPS, 1e-9 * c.Bytes / x.Median},
			"percent of roofline": {*x.PercentOfRoofline, 100 * gflops / min(1000, 100*c.Intensity)},
		} {
			if math.Abs(pair[0]/pair[1]-1) > 1e-12 {
				t.Errorf("%s: %s is %v, want %v", x.Case, what, pair[0], pair[1])
			}
		}
	}
	for phase, want := range map[string]int{"cpu total": 2, "cpu kernel": 2, "cpu compile": 2, "cpu upload": 0,
		"gpu upload": 2, "gpu kernel": 2, "gpu readback": 0, "gpu compile": 0} {
		if phases[phase] != want {
			t.Errorf("%d results of %s, want %d", phases[phase], phase, want)
		}
	}
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	read, err := bench.Read(&text)
	if err != nil || len(read.Results) != len(r.Results) || read.Results[0].Median != r.Results[0].Median {
		t.Errorf("what was written is not what is read: %v", err)
	}
	c := bench.Compare(r, read, 0.03)
	if c.Count(bench.Equivalent)+c.Count(bench.Undecided) != 9 || len(c.Changes) != 9 {
		t.Errorf("a report beside itself: %v", c)
	}
}

// TestHardwarePhases: where phases may overlap in a run, each is timed by itself, the kernel by the device's clock.
func TestHardwarePhases(t *testing.T) {
	r := run(t, quick(seedCases(t, "^n=1/"), subject(t, timedBackend{cpu.Engine{}}, "gpu")))
	got := map[string]float64{}
	for _, x := range r.Results {
		got[x.Phase] = x.Median
	}
	for phase, want := range map[string]float64{bench.PhaseUpload: 5e-6, bench.PhaseKernel: 7e-6,
		bench.PhaseReadback: 6e-6} {
		if got[phase] != want {
			t.Errorf("%s took %v, want %v", phase, got[phase], want)
		}
	}
}

// TestWrongHasNoFigures: a backend has no figures if one output is wrong in one place, if one is not written, or if all
// are off by too much.
func TestWrongHasNoFigures(t *testing.T) {
	for name, alter := range map[string]func(plan conv.Plan, dst, src *conv.Tensor) error{
		"last output off": func(_ conv.Plan, dst, _ *conv.Tensor) error {
			dst.Data[len(dst.Data)-1] += 0.01
			return nil
		},
		"not written": func(_ conv.Plan, dst, _ *conv.Tensor) error {
			dst.Data[0] = float32(math.NaN())
			return nil
		},
		"scaled": func(_ conv.Plan, dst, _ *conv.Tensor) error {
			for i := range dst.Data {
				dst.Data[i] *= 1.001
			}
			return nil
		},
	} {
		r := run(t, quick(seedCases(t, "^n=16/"), subject(t, cpu.Engine{}, "cpu"),
			subject(t, altered{cpu.Engine{}, alter}, "wrong")))
		if r.Wrong() != 1 {
			t.Errorf("%s: %d wrong, want 1", name, r.Wrong())
		}
		for _, x := range r.Results {
			if wrong := x.Backend == "wrong"; x.Correct == wrong || wrong &&
				(x.Median != 0 || x.Samples != 0 || x.ImagesPerS != nil || x.Blocks != nil || x.Why == "") {
				t.Errorf("%s: %+v", name, x)
			}
		}
		var text bytes.Buffer
		if err := r.WriteTable(&text, false); err != nil || !strings.Contains(text.String(), "WRONG") {
			t.Errorf("%s: the table does not say so: %v\n%s", name, err, text.String())
		}
		text.Reset()
		if err := r.WriteGo(&text); err != nil || strings.Contains(text.String(), "backend=wrong") {
			t.Errorf("%s: benchstat would read figures of it: %v", name, err)
		}
	}
}

// TestLeftOut: the report names the cases that take too long, that are refused, or for which no time was left.
func TestLeftOut(t *testing.T) {
	b := quick(seedCases(t, "^n=16/"), subject(t, cpu.Engine{}, "cpu"), subject(t, refusing{}, "refusing"))
	b.Settings.Longest = 1e-9
	r := run(t, b)
	if len(r.Results) != 0 || len(r.Missing) != 2 || !strings.Contains(r.Missing[0].Why, "one run would take about") ||
		!strings.Contains(r.Missing[1].Why, "not supported") {
		t.Errorf("got %+v and %d results", r.Missing, len(r.Results))
	}
	b = quick(seedCases(t, "^n=16/"), subject(t, cpu.Engine{}, "cpu"))
	b.Settings.Limit = 0
	if r := run(t, b); len(r.Missing) != 1 || r.Missing[0].Why != "not tried, the time was up after 0 s" {
		t.Errorf("got %+v", r.Missing)
	}
	b = quick(seedCases(t, "^n=1/"), subject(t, cpu.Engine{}, "cpu"))
	b.Settings.Limit, b.Settings.Seconds = 2, 60
	r = run(t, b)
	for ; len(r.Results) == 0 && b.Settings.Limit < 60; r = run(t, b) { // a busy machine needs more for one block
		b.Settings.Limit *= 2
	}
	want := fmt.Sprintf("s, not 60 s, the time was up after %v s", b.Settings.Limit)
	if len(r.Missing) != 1 || len(r.Results) == 0 || r.Results[0].Samples == 0 ||
		!strings.Contains(r.Missing[0].Why, want) {
		t.Errorf("got %+v and %d results, want %q", r.Missing, len(r.Results), want)
	}
}

// hanging is a backend whose runs of more than one image take a minute, which nothing can stop.
type hanging struct{ conv.Backend }

func (b hanging) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	plan, err := b.Backend.Plan(p, weight, bias)
	return alteredPlan{plan, func(_ conv.Plan, _, src *conv.Tensor) error {
		if src.Shape.N() > 1 {
			time.Sleep(time.Minute)
		}
		return nil
	}}, err
}

// TestLimit: however long a call of a backend takes, Run ends about when the time is up, has what was timed by then,
// and names the rest.
func TestLimit(t *testing.T) {
	b := quick(seedCases(t, "^n=(1|16)/"), subject(t, hanging{cpu.Engine{}}, "cpu"))
	b.Settings.Limit = 3
	start := time.Now()
	r := run(t, b)
	if took := time.Since(start); took > 5300*time.Millisecond {
		t.Errorf("it took %v, want 3 s and at most 10 %% and 2 s more", took)
	}
	var names []string
	for _, m := range r.Missing {
		names = append(names, m.Case+" "+m.Why)
	}
	if len(names) != 2 || !strings.HasSuffix(names[1], "k=7/out=6 not tried, the time was up after 3 s") {
		t.Errorf("missing are %q, want both cases", names)
	}
}

type refusing struct{}

func (refusing) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) {
	return nil, errors.Join(errors.New("test: not supported"), conv.ErrUnsupported)
}

// TestInterrupt: Run ends with the context, and the report has what was timed until then.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	b := quick(seedCases(t, "^n=(1|16)/"), subject(t, cpu.Engine{}, "cpu"))
	b.Progress = func(done, total int, left time.Duration) {
		if total != 10 || left > time.Minute {
			t.Errorf("%d of %d, %v are left; want 10 steps in a minute", done, total, left)
		}
		if done == 5 {
			cancel()
		}
	}
	r, err := b.Run(ctx)
	if !errors.Is(err, context.Canceled) || r.Validate() != nil ||
		!strings.HasPrefix(r.Run.Partial, "interrupted after ") {
		t.Fatalf("got %v, %v, partial %q", err, r.Validate(), r.Run.Partial)
	}
	if len(r.Results) == 0 || len(r.Missing) != 2 ||
		!strings.Contains(r.Missing[0].Why, "samples, interrupted after ") {
		t.Errorf("got %d results, missing %+v", len(r.Results), r.Missing)
	}
}

// TestSlowedBy5Percent times four engines in the same rounds, so that the machine is the same for them. The engine is
// not slower than itself. One that computes 5 % of its images again is slower, unless the machine is too busy to show
// that in a few seconds. One that computes all images again is slower in at least one of three tries: while other tests
// run, the gauge too may take twice as long in some rounds. On a machine that is too busy even for that, it must take
// more CPU time, which other work hardly changes.
func TestSlowedBy5Percent(t *testing.T) {
	if testing.Short() {
		t.Skip("it times for several seconds")
	}
	for try := 1; ; try++ {
		switch x, ratio := slowed(t); {
		case x.Verdict == bench.Slower:
			return
		case try < 3:
		case x.Shows > 0.5 && ratio > 1.5:
			t.Logf("the machine is too busy for times: only a change by %.0f %% would show", 100*x.Shows)
			return
		default:
			t.Fatalf("an engine that computes everything twice is %s, and takes %.2f times the CPU time", x.Verdict,
				ratio)
		}
	}
}

// slowed fails t if the engine is slower than itself, or if a slowdown by 5 % is not found although the noise would let
// it show. It returns the comparison with an engine that computes everything twice, and the ratio of their CPU times.
func slowed(t *testing.T) (double bench.Change, ratio float64) {
	again := func(part int) altered {
		return altered{cpu.Engine{}, func(plan conv.Plan, dst, src *conv.Tensor) error {
			n := src.Shape.N() / part
			return plan.Run(dst.Images(0, n), src.Images(0, n))
		}}
	}
	suite := seedCases(t, "^n=64/")
	suite.Cases[0].Problem.Src[0] = 100
	b := quick(suite, subject(t, cpu.Engine{}, "old"), subject(t, cpu.Engine{}, "same"), subject(t, again(20), "slow"),
		subject(t, again(1), "double"))
	b.Settings = bench.Settings{Samples: 40, Seconds: 0.4, Rounds: 40, Noise: 1e9, Limit: 30, Longest: 5}
	r := run(t, b)
	if c := bench.Compare(only(r, "old"), only(r, "same"), 0.03); c.Count(bench.Slower) > 0 {
		t.Errorf("the same engine is slower: %v", c)
	}
	against := func(name string) bench.Change {
		x := bench.Compare(only(r, "old"), only(r, name), 0.03).Changes[0]
		t.Logf("%s: %.3f (%.3f … %.3f), calibrated %.3f, p %.2g, would show %.3f: %s", name, x.Ratio, x.Low, x.High,
			x.Calibrated, x.P, x.Shows, x.Verdict)
		return x
	}
	if x := against("slow"); x.Verdict != bench.Slower && x.Shows <= 0.03 {
		t.Errorf("a slowdown by 5 %% is %s", x.Verdict)
	}
	old, twice := totals(only(r, "old").Results)[0].CPUMedian, totals(only(r, "double").Results)[0].CPUMedian
	if old != nil && twice != nil { // the system tells
		ratio = *twice / *old
	}
	return against("double"), ratio
}

// only returns the part of a report about one backend, under the name cpu.
func only(r bench.Report, backend string) bench.Report {
	r.Backends = []bench.BackendInfo{{Backend: "cpu", Threads: 1}}
	all := r.Results
	r.Results = nil
	for _, x := range all {
		if x.Backend == backend {
			x.Backend = "cpu"
			r.Results = append(r.Results, x)
		}
	}
	return r
}

// TestGivenData: a case's own images, weights and biases are what the backend gets; other cases get random numbers.
func TestGivenData(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{2, 1, 5, 5}, Weight: conv.Shape{2, 1, 3, 3}, Bias: true,
		Spec: conv.Spec{Activation: conv.Energy}}
	data := compare.Case{Src: &conv.Tensor{Shape: p.Src, Data: make([]float32, 50)},
		Weight: &conv.Tensor{Shape: p.Weight, Data: make([]float32, 18)}, Bias: []float32{3, 4}}
	suite := bench.NewOwnSuite([]bench.Case{{Problem: p, Data: &data}, {Name: "random", Problem: p}, {Problem: p}})
	if len(suite.Cases) != 2 || suite.Cases[0].Name !=
		"n=2/c=1/hw=5x5/k=3/out=2/pad=0,0,0,0/bias=true/activation=energy" {
		t.Fatalf("the suite is %+v, want two cases", suite)
	}
	fives := 0
	look := altered{cpu.Engine{}, func(_ conv.Plan, dst, _ *conv.Tensor) error {
		for _, v := range dst.Data {
			if v != 5 { // √(3²+4²), of images and weights of 0
				return nil
			}
		}
		fives++
		return nil
	}}
	r := run(t, quick(suite, subject(t, look, "cpu")))
	if r.Wrong() > 0 || fives == 0 {
		t.Errorf("%d wrong, %d runs with an energy of 5: %+v", r.Wrong(), fives, r.Results)
	}
}
