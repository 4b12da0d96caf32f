package bench

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gpuconv/internal/statistics"
)

// machineModel draws reports as a machine would make them. The log of each time has a part of its process, a part that
// the machine's load adds to everything that runs at the time, and a part of its block.
type machineModel struct {
	process, load, block float64
	drift                float64 // load of the second run on top, as of a job that began between them
}

// simulate makes a report of cases whose true times are 1 ms times slow.
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
			block.CPU = 2 * statistics.Median(block.Seconds) / math.Exp(load)
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

// TestCompareSame: of 60 pairs of runs of the same program on each kind of machine, 19 of 20 or more have no
// significant change among 24 cases.
func TestCompareSame(t *testing.T) {
	for name, m := range models {
		r := rand.New(rand.NewPCG(1, 2))
		trials := 60
		if testing.Short() {
			trials = 15
		}
		alarms := 0
		for range trials {
			before, after := m.pair(r, same)
			for _, by := range []By{Wall, CPUTime} {
				c := Compare(before, after, 0.03, by)
				if c.Count(Same) != len(c.Changes) {
					alarms++
				}
				if len(c.Changes) != 25 {
					t.Fatalf("%d comparisons, want 24 and one of all cases", len(c.Changes))
				}
			}
		}
		t.Logf("%s: %d of %d comparisons find a change", name, alarms, 2*trials)
		if alarms > 2*trials/20 {
			t.Errorf("%s: %d of %d comparisons of a program with itself find a change, want 1 in 20 at most", name,
				alarms, 2*trials)
		}
	}
}

// TestCompareUncorrected: without the corrections the same pairs raise alarms, so that TestCompareSame can fail. The
// first 50 pairs are judged by single tests at 5 %.
func TestCompareUncorrected(t *testing.T) {
	m, r, alarms := models["drift"], rand.New(rand.NewPCG(1, 2)), 0
	for range 50 {
		before, after := m.pair(r, same)
		for i := range before.Results {
			a, b := newSeries(before.Results[i], Wall), newSeries(after.Results[i], Wall)
			if yuen2(a.plain, b.plain).P() < familyError {
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
	r, found := rand.New(rand.NewPCG(3, 4)), 0
	for range 50 {
		before, after := models["quiet"].pair(r, func(int) float64 { return 1.05 })
		c := Compare(before, after, 0.03, Wall)
		if c.Count(Slower) > 0 && c.Count(Faster) == 0 {
			found++
		}
		if c = Compare(after, before, 0.03, Wall); c.Count(Faster) == 0 || c.Count(Slower) > 0 {
			t.Errorf("the other way round: %v", c)
		}
	}
	if found != 50 {
		t.Errorf("%d of 50 slowdowns by 5 %% are found", found)
	}
}

// TestCompareOneCase: a single slower case of 24 is found too, and no other is blamed.
func TestCompareOneCase(t *testing.T) {
	r, found := rand.New(rand.NewPCG(5, 6)), 0
	for range 50 {
		before, after := models["quiet"].pair(r, func(i int) float64 { return 1 + 0.05*float64(max(0, 1-i)) })
		for _, x := range Compare(before, after, 0.03, Wall).Changes {
			switch {
			case x.Case == "a" && x.Verdict == Slower:
				found++
			case x.Case != "a" && x.Verdict != Same:
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
	if c := Compare(before, after, 0.06, Wall); c.Count(Same) != 25 {
		t.Errorf("5 %% at a threshold of 6 %%: %v", c)
	}
	if c := Compare(before, after, 0.03, Wall); c.Count(Slower) != 25 {
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
	c := Compare(before, after, 0.03, Wall)
	if c.Count(Wrong) != 1 || c.Count(Gone) != 1 || c.Count(Same) != 23 {
		t.Errorf("got %v, want 1 wrong, 1 gone, 22 cases and their mean the same", c)
	}
	var text bytes.Buffer
	if err := c.WriteTable(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"wrong", "not in new", "all 22 cases", "1 wrong, 1 gone"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, text.String())
		}
	}
}
