package bench

import (
	"fmt"
	"math"

	"gpuconv/internal/statistics"
	"gpuconv/machine"
)

// Comparison is the result of [Compare].
type Comparison struct {
	Threshold float64 // as a share: 0.03 is 3 %
	Changes   []Change
	Notes     []string // how the machines and devices of the two reports differ, and which report is partial
}

// Change says how one time in the new report compares with that in the old one.
type Change struct {
	Case    string // "" for all cases of the backend together, by their geometric mean
	Backend string
	Threads int
	Label   string // the backend's name in tables
	Phase   string
	Cases   int // how many cases it is computed from

	N                [2]int  // blocks in the old and the new report
	Ratio, Low, High float64 // time in new / time in old, and the ends of its 95 % confidence interval
	Calibrated       float64 // like Ratio, of times divided by the gauge's time (see the package); NaN without a gauge
	P                float64 // the larger p-value of the tests with and without the gauge, corrected by Holm's method
	Shows            float64 // the smallest change that would be found with this noise, as a share
	Verdict          Verdict
	Why              string // for Wrong, Gone and Added: what a report says; for Undecided: what would decide it
}

// Compare compares the totals of two reports, and the kernels of backends that copy to a device. threshold is a share:
// 0.03 is 3 %.
//
// A change is significant if Yuen's test finds that the 20 % trimmed means of the blocks' log medians differ. It must
// find that twice: for the times, and for the times divided by the gauge's time beside each block. Without a gauge,
// once is enough. The level is 5 % over all tests together (Holm). The verdict is Slower or Faster if, in addition, the
// change exceeds threshold both times. It is Equivalent if both 90 % intervals lie within ± threshold, and otherwise
// Undecided. The doc of the package gives the reasons.
func Compare(before, after Report, threshold float64) Comparison {
	before, after = before.Printable().prepared(), after.Printable().prepared()
	c := Comparison{Threshold: threshold}
	c.notes(before, after)
	var tests []test
	for _, old := range before.Results {
		if t, ok := pair(old, before, after); ok {
			tests = append(tests, t)
		}
	}
	tests = append(tests, together(tests)...)
	c.judge(tests)
	c.added(before, after)
	return c
}

// added adds a change for each total of the new report that pair has not found:
//
//   - Added, if only the new report has it, or if the output in the old report is wrong and the new one is right;
//   - Wrong, if only the new report has it, and its output is wrong.
func (c *Comparison) added(before, after Report) {
	for _, now := range after.Results {
		old, there := before.phaseOf(now, PhaseTotal)
		if now.Phase != PhaseTotal || there && (old.Correct || !now.Correct) {
			continue
		}
		b, _ := after.backendOf(now)
		x := Change{Case: now.Case, Backend: now.Backend, Threads: now.Threads, Label: b.columnName(),
			Phase: now.Phase, Cases: 1, Verdict: Added}
		switch {
		case !now.Correct:
			x.Verdict, x.Why = Wrong, now.Why
		case there:
			x.Why = "the output in the old report is wrong"
		}
		c.Changes = append(c.Changes, x)
	}
}

// series has two logarithms for each block of a result, by round: that of the block's time (plain), and that of its
// time divided by the gauge's (calibrated). calibrated lacks blocks without a gauge.
type series struct {
	plain, calibrated map[int]float64
}

func newSeries(r Result) series {
	s := series{plain: map[int]float64{}, calibrated: map[int]float64{}}
	for _, b := range r.Blocks {
		v := statistics.Median(b.Seconds)
		if !(v > 0) {
			continue
		}
		s.plain[b.Round] = math.Log(v)
		if b.Probe > 0 {
			s.calibrated[b.Round] = math.Log(v / b.Probe)
		}
	}
	return s
}

// test is a pair of series to compare, and the change that results from it. If the change has a verdict already, it is
// not tested.
type test struct {
	change   Change
	old, new series
}

// pair makes a test of an old result and the one in after that belongs to it. If that is missing or wrong, the change
// has its verdict. pair returns false if there is nothing to compare: for phases that are not compared, and if only the
// old output is wrong.
func pair(old Result, before, after Report) (test, bool) {
	if old.Phase != PhaseTotal && old.Phase != PhaseKernel {
		return test{}, false
	}
	if _, copies := before.phaseOf(old, PhaseUpload); old.Phase == PhaseKernel && !copies {
		return test{}, false // without copies the kernel is the total
	}
	b, _ := before.backendOf(old)
	t := test{change: Change{Case: old.Case, Backend: old.Backend, Threads: old.Threads, Label: b.columnName(),
		Phase: old.Phase, Cases: 1}}
	now, ok := after.phaseOf(old, old.Phase)
	switch {
	case !ok:
		t.change.Verdict, t.change.Why = Gone, after.whyMissing(old)
	case !now.Correct:
		t.change.Verdict, t.change.Why = Wrong, now.Why
	case !old.Correct:
		return test{}, false // there is nothing to compare with
	}
	t.old, t.new = newSeries(old), newSeries(now)
	return t, true
}

// whyMissing returns why the report has no results of the phase, case and backend of x, or "" if it does not say.
func (r Report) whyMissing(x Result) string {
	for _, phase := range []string{"", x.Phase} {
		if why, ok := r.lookup().missing[resultName{caseName{"", x.Case}, x.on(), phase, ""}]; ok {
			return why
		}
	}
	return ""
}

// phaseOf returns the result of a phase, for the case and the backend of x.
func (r Report) phaseOf(x Result, phase string) (Result, bool) {
	return r.find(CaseInfo{Suite: x.Suite, Case: x.Case}, BackendInfo{Backend: x.Backend, Threads: x.Threads}, phase,
		"")
}

// together makes one more test for each backend and phase with at least two cases: of all cases together. Its series
// are the means of the cases' logarithms, one for each round that all cases have. A small slowdown of all cases shows
// in this mean even if it is lost in the noise of each case.
func together(tests []test) (all []test) {
	type key struct {
		backend, label, phase string
		threads               int
	}
	groups := map[key][]test{}
	var order []key
	for _, t := range tests {
		k := key{t.change.Backend, t.change.Label, t.change.Phase, t.change.Threads}
		if t.change.Verdict != "" {
			continue
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], t)
	}
	for _, k := range order {
		if len(groups[k]) < 2 {
			continue
		}
		t := test{change: Change{Backend: k.backend, Threads: k.threads, Label: k.label, Phase: k.phase,
			Cases: len(groups[k])}}
		t.old = meanOf(groups[k], func(t test) series { return t.old })
		t.new = meanOf(groups[k], func(t test) series { return t.new })
		all = append(all, t)
	}
	return all
}

// meanOf averages series over the rounds that all of them have.
func meanOf(tests []test, of func(test) series) series {
	mean := series{plain: map[int]float64{}, calibrated: map[int]float64{}}
	average := func(into map[int]float64, part func(series) map[int]float64) {
		sums, counts := map[int]float64{}, map[int]int{}
		for _, t := range tests {
			for round, v := range part(of(t)) {
				sums[round] += v
				counts[round]++
			}
		}
		for round, n := range counts {
			if n == len(tests) {
				into[round] = sums[round] / float64(n)
			}
		}
	}
	average(mean.plain, func(s series) map[int]float64 { return s.plain })
	average(mean.calibrated, func(s series) map[int]float64 { return s.calibrated })
	return mean
}

// notes lists what makes the two reports hard to compare: one that is partial, different machines, different devices.
func (c *Comparison) notes(before, after Report) {
	for i, r := range []Report{before, after} {
		if r.Run.Partial != "" {
			c.Notes = append(c.Notes, fmt.Sprintf("the %s report is partial: %s", []string{"old", "new"}[i],
				r.Run.Partial))
		}
	}
	if before.Machine.CPU != after.Machine.CPU || before.Machine.Threads != after.Machine.Threads {
		c.Notes = append(c.Notes, fmt.Sprintf("different machines: %s with %d threads, then %s with %d",
			before.Machine.CPU, before.Machine.Threads, after.Machine.CPU, after.Machine.Threads))
	}
	for _, old := range before.Machine.Conditions {
		for _, now := range after.Machine.Conditions {
			if now.Name == old.Name && now.Value != old.Value && old.Name != machine.GPUClock {
				c.Notes = append(c.Notes, fmt.Sprintf("different conditions: %s %s, then %s", old.Name, old.Value,
					now.Value))
			}
		}
	}
	for _, old := range before.Backends {
		for _, now := range after.Backends {
			if now.Backend == old.Backend && now.Threads == old.Threads &&
				now.Device+now.Driver+now.ISA != old.Device+old.Driver+old.ISA {
				c.Notes = append(c.Notes, fmt.Sprintf("different devices for %s: %s %s, then %s %s", old.Backend,
					old.Device, old.Driver+old.ISA, now.Device, now.Driver+now.ISA))
			}
		}
	}
}
