package bench

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gpuconv/machine"
)

// machineModel draws reports as a machine would make them. The logarithm of each time is a sum of random parts: one of
// the process, one of the machine's load, which the gauge has too, and one of the sample. The fields are their standard
// deviations.
type machineModel struct {
	process, load, block float64
	drift                float64 // added to the load of the second run, as by a job that began between the runs
}

// simulate makes a report of cases. The true time of case i is slow(i) ms. drift is added to the load.
func (m machineModel) simulate(r *rand.Rand, cases int, drift float64, slow func(i int) float64) Report {
	report := Report{Schema: Schema, Backends: []BackendInfo{{Backend: "cpu", Threads: 2}}}
	for i := range cases {
		name := string(rune('a' + i))
		report.Cases = append(report.Cases, CaseInfo{Suite: "s", Case: name})
		result := Result{Suite: "s", Case: name, Backend: "cpu", Threads: 2, Phase: PhaseTotal, Correct: true,
			Median: 1e-3, CILow: 1e-3, CIHigh: 1e-3, Samples: 10}
		own := m.process * r.NormFloat64()
		for round := range 10 {
			load := drift + m.load*math.Abs(r.NormFloat64())
			block := Block{Round: round, Probe: 0.01 * math.Exp(load+0.2*m.block*r.NormFloat64())}
			for range 5 {
				block.Seconds = append(block.Seconds, 1e-3*slow(i)*math.Exp(own+load+m.block*r.NormFloat64()))
			}
			result.Blocks = append(result.Blocks, block)
		}
		report.Results = append(report.Results, result)
	}
	return report
}

func (m machineModel) pair(r *rand.Rand, slow func(i int) float64) (before, after Report) {
	return m.simulate(r, 24, 0, func(int) float64 { return 1 }), m.simulate(r, 24, m.drift, slow)
}

// models are a quiet machine, a noisy one, and one on which a job takes a third of the cores before the second run.
var models = map[string]machineModel{
	"quiet": {process: 0.004, load: 0.002, block: 0.005},
	"noisy": {process: 0.006, load: 0.1, block: 0.03},
	"drift": {process: 0.006, load: 0.05, block: 0.02, drift: 0.4},
}

func same(int) float64 { return 1 }

// TestCompareSame: the same program runs twice, 60 times on each kind of machine. At most one comparison in 20 finds a
// change among its 24 cases. On a quiet machine 19 of 20 cases are called equivalent.
func TestCompareSame(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it compares many pairs of reports, which the race detector slows")
	}
	for name, m := range models {
		r := rand.New(rand.NewPCG(1, 2))
		const trials = 60
		alarms, equivalent := 0, 0
		for range trials {
			before, after := m.pair(r, same)
			c := Compare(before, after, 0.03)
			if c.Count(Slower)+c.Count(Faster) > 0 {
				alarms++
			}
			if equivalent += c.Count(Equivalent); len(c.Changes) != 25 {
				t.Fatalf("%d comparisons, want 24 and one of all cases", len(c.Changes))
			}
		}
		part := float64(equivalent) / float64(25*trials)
		t.Logf("%s: %d of %d comparisons find a change, %.3f are equivalent", name, alarms, trials, part)
		if name == "quiet" && part < 0.95 {
			t.Errorf("quiet: %.3f of the comparisons of a program with itself are equivalent, want 0.95", part)
		}
		if alarms > max(1, trials/20) {
			t.Errorf("%s: %d of %d comparisons of a program with itself find a change, want 1 in 20 at most", name,
				alarms, trials)
		}
	}
}

// TestCompareUncorrected shows that TestCompareSame could fail: single tests at 5 %, without the gauge and Holm's
// correction, raise alarms. In 40 or more of its first 50 pairs on the drifting machine at least one case does.
func TestCompareUncorrected(t *testing.T) {
	m, r, alarms := models["drift"], rand.New(rand.NewPCG(1, 2)), 0
	for range 50 {
		before, after := m.pair(r, same)
		for i := range before.Results {
			a, b := newSeries(before.Results[i]), newSeries(after.Results[i])
			if newContrast(a[0], b[0]).P() < familyError {
				alarms++
				break
			}
		}
	}
	if alarms < 40 {
		t.Errorf("%d of 50 pairs raise an alarm by single tests, want nearly all", alarms)
	}
}

// TestCompareSlower: a quiet machine always shows a backend that is 5 % slower in every case, and a faster one is
// called faster.
func TestCompareSlower(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it compares many pairs of reports, which the race detector slows")
	}
	r, found := rand.New(rand.NewPCG(3, 4)), 0
	for range 50 {
		before, after := models["quiet"].pair(r, func(int) float64 { return 1.05 })
		c := Compare(before, after, 0.03)
		if c.Count(Slower) > 0 && c.Count(Faster) == 0 {
			found++
		}
		if c = Compare(after, before, 0.03); c.Count(Faster) == 0 || c.Count(Slower) > 0 {
			t.Errorf("the other way round: %v", c)
		}
	}
	if found != 50 {
		t.Errorf("%d of 50 slowdowns by 5 %% are found", found)
	}
}

// TestCompareOneCase: a single slower case of 24 is found too, and no other is blamed.
func TestCompareOneCase(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it compares many pairs of reports, which the race detector slows")
	}
	r, found := rand.New(rand.NewPCG(5, 6)), 0
	for range 50 {
		before, after := models["quiet"].pair(r, func(i int) float64 { return 1 + 0.05*float64(max(0, 1-i)) })
		for _, x := range Compare(before, after, 0.03).Changes {
			switch {
			case x.Case == "a" && x.Verdict == Slower:
				found++
			case x.Case != "a" && (x.Verdict == Slower || x.Verdict == Faster):
				t.Errorf("%s: %s by %.3f", x.Case, x.Verdict, x.Ratio)
			}
		}
	}
	if found < 45 {
		t.Errorf("%d of 50 slowdowns of one case by 5 %% are found, want nearly all", found)
	}
}

// TestCompareThreshold: a change that is certain but small does not count.
func TestCompareThreshold(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	still := machineModel{block: 1e-4}
	before, after := still.pair(r, func(int) float64 { return 1.05 })
	if c := Compare(before, after, 0.08); c.Count(Equivalent) != 25 {
		t.Errorf("5 %% at a threshold of 8 %%: %v", c)
	}
	if c := Compare(before, after, 0.06); c.Count(Undecided) != 25 {
		t.Errorf("5 %% at a threshold of 6 %%: %v", c)
	}
	if c := Compare(before, after, 0.03); c.Count(Slower) != 25 {
		t.Errorf("5 %% at a threshold of 3 %%: %v", c)
	}
}

// TestCompareWrong: an output that has become wrong is a failure, however fast it is, and a case that is gone is named.
func TestCompareWrong(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	before, after := models["quiet"].pair(r, same)
	wrong := &after.Results[0]
	*wrong = Result{Suite: "s", Case: "a", Backend: "cpu", Threads: 2, Phase: PhaseTotal, Why: "off"}
	after.Results = after.Results[:len(after.Results)-1]
	after.Missing = []Missing{{Case: "x", Backend: "cpu", Threads: 2, Why: "the time was up"}}
	c := Compare(before, after, 0.03)
	if c.Count(Wrong) != 1 || c.Count(Gone) != 1 || c.Count(Equivalent)+c.Count(Undecided) != 23 {
		t.Errorf("got %v, want 1 wrong, 1 gone, 22 cases and their mean the same", c)
	}
	var text bytes.Buffer
	if err := c.WriteTable(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"wrong     a on cpu ×2, total: off\n",
		"missing   x on cpu ×2, total: the time was up\n", "geomean of 22 cases", "1 wrong, 1 not in new"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, text.String())
		}
	}
	// The old report has a wrong output where the new one is right, and lacks a case whose new output is wrong.
	after.Results = append(after.Results, Result{Case: "y", Backend: "cpu", Threads: 2, Phase: PhaseTotal, Why: "off"})
	before, after = after, before
	c = Compare(before, after, 0.03)
	if c.Count(Wrong) != 0 || c.Count(Gone) != 1 || c.Count(Added) != 2 {
		t.Errorf("the other way: got %v, want 2 new and 1 gone", c)
	}
	after.Results = append(after.Results, Result{Case: "z", Backend: "cpu", Threads: 2, Phase: PhaseTotal, Why: "off"})
	if c = Compare(before, after, 0.03); c.Count(Wrong) != 1 {
		t.Errorf("a wrong output of a case that only the new report has: %v", c)
	}
}

// TestCommon: reports have something in common if they have the same case on the same backend, or if the new one says
// why it lacks that.
func TestCommon(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	two := models["quiet"].simulate(r, 2, 0, same)
	of := func(change func(*Report)) Report {
		report := models["quiet"].simulate(r, 1, 0, same)
		change(&report)
		return report
	}
	for _, c := range []struct {
		name          string
		after         Report
		times, common int
	}{
		{"the same", models["quiet"].simulate(r, 2, 0, same), 3, 3}, // two cases and their mean
		{"one case", of(func(*Report) {}), 2, 1},
		{"another case", of(func(n *Report) { n.Cases[0].Case, n.Results[0].Case = "x", "x" }), 2, 0},
		{"another backend", of(func(n *Report) { n.Backends[0].Threads, n.Results[0].Threads = 3, 3 }), 2, 0},
		{"nothing", of(func(n *Report) { n.Results = nil }), 2, 0},
		{"a wrong output", of(func(n *Report) { n.Results[0].Correct = false }), 2, 1},
		{"a reason", of(func(n *Report) {
			n.Results, n.Missing = nil, []Missing{{Case: "a", Backend: "cpu", Threads: 2, Why: "the time was up"}}
		}), 2, 1},
	} {
		if got := Compare(two, c.after, 0.03); got.Times() != c.times || got.Common() != c.common {
			t.Errorf("%s: %d times, %d of them in common, want %d and %d: %v", c.name, got.Times(), got.Common(),
				c.times, c.common, got)
		}
	}
}

// TestConditionsDiffer: a note says which conditions differ between two reports, except the clock of the GPU.
func TestConditionsDiffer(t *testing.T) {
	of := func(governor, clock string) Report {
		r := models["quiet"].simulate(rand.New(rand.NewPCG(1, 1)), 1, 0, same)
		r.Machine.Conditions = []machine.Condition{{Name: "governor", Value: governor},
			{Name: machine.GPUClock, Value: clock}, {Name: "turbo", Value: "unknown: why"}}
		return r
	}
	notes := Compare(of("powersave", "1"), of("performance", "2"), 0.03).Notes
	if want := []string{"different conditions: governor powersave, then performance"}; !slices.Equal(notes, want) {
		t.Errorf("%q, want %q", notes, want)
	}
	const want = "governor powersave, GPU clock 1; unknown: turbo"
	if got := of("powersave", "1").Machine.Head(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestVerdicts compares single cases that are as fast, 5 % slower or 20 % slower. Nothing slower is ever called faster
// or equivalent. On a quiet machine 95 of 100 verdicts say what is true; on others undecided is right, too.
func TestVerdicts(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it compares thousands of pairs, which the race detector slows")
	}
	for name, m := range models {
		m.drift = 0
		r := rand.New(rand.NewPCG(11, 12))
		for _, slow := range []float64{1, 1.05, 1.2} {
			counts, trials := map[Verdict]int{}, 400
			for range trials {
				one := func(slow float64) Report { return m.simulate(r, 1, 0, func(int) float64 { return slow }) }
				counts[Compare(one(1), one(slow), 0.03).Changes[0].Verdict]++
			}
			t.Logf("%s, %.2f times: %v", name, slow, counts)
			right := counts[Slower]
			if slow == 1 {
				right = counts[Equivalent]
			} else if counts[Faster]+counts[Equivalent] > 0 {
				t.Errorf("%s: %.2f times as slow is %v", name, slow, counts)
			}
			if name != "quiet" {
				right += counts[Undecided]
			}
			if 100*right < 95*trials {
				t.Errorf("%s: %.2f times as slow is %v, want 95 of 100 right", name, slow, counts)
			}
		}
	}
}

// TestAdvice: what an undecided comparison asks for is what decides it.
func TestAdvice(t *testing.T) {
	c := Comparison{Threshold: 0.03}
	of := func(by, scatter float64, rounds int) contrast {
		x := contrast{blocks: [2]int{rounds, rounds}, scatter: [2]float64{scatter * scatter, scatter * scatter}}
		x = x.would(rounds, 1)
		x.By = by
		return x
	}
	for _, v := range []struct {
		what   contrast
		advice string
	}{
		{of(0, 0.01, 2), "at least 3 rounds in each run are needed, there are 2"},
		{of(0, 0.02, 5), " more rounds in each run would decide"},
		{of(0.1, 0.3, 10), "a machine whose rounds scatter by "},
		{of(0, 1.1, 10), "a machine whose rounds scatter by "},
		{of(math.Log1p(0.029), 0.01, 10), "no quieter machine would decide: "},
	} {
		if got := c.advice([]contrast{v.what}, 1); !strings.Contains(got, v.advice) {
			t.Errorf("%+v: %q, want %q", v.what, got, v.advice)
		}
	}
	if got := c.advice([]contrast{of(0, 0.02, 5), of(0.7, 0.02, 5)}, 1); !strings.Contains(got, "disagree") {
		t.Errorf("of two times that differ: %q", got)
	}
	x := of(0, 0.02, 5)
	if c.verdict([]contrast{x.would(5, 1)}, 1) != Undecided {
		t.Fatal("it is decided already")
	}
	var more int
	if _, err := fmt.Sscanf(c.advice([]contrast{x}, 1), "%d", &more); err != nil {
		t.Fatal(err)
	}
	if c.verdict([]contrast{x.would(5+more, 1)}, 1) != Equivalent {
		t.Errorf("%d more rounds do not decide", more)
	}
}
