package bench

import (
	"fmt"
	"math"
	"slices"

	"gpuconv/internal/statistics"
	"gpuconv/machine"
)

// Comparison is the result of [Compare].
type Comparison struct {
	Threshold float64  `json:"threshold"` // as a share: 0.03 is 3 %
	Notes     []string `json:"notes"`     // how machines, conditions and devices differ, and which report is partial
	Changes   []Change `json:"changes"`
}

// Change says how one time in the new report compares with that in the old one. Numbers that are not known are NaN.
type Change struct {
	Case    string `json:"case"` // Geomean for all cases of the backend together
	Backend string `json:"backend"`
	Threads int    `json:"threads"`
	Label   string `json:"-"` // the backend's name in tables
	Phase   string `json:"phase"`
	Cases   int    `json:"cases"` // how many cases it is computed from

	Ratio      Number `json:"ratio"`      // time in new / time in old
	Low        Number `json:"ratio_low"`  // the ends of its 95 % confidence interval
	High       Number `json:"ratio_high"` //
	Calibrated Number `json:"calibrated"` // like Ratio, of times divided by Block.Probe, the gauge's (see the package)
	// the larger p-value of the tests with and without the gauge, after Holm's correction
	P       Number  `json:"p"`
	Old     int     `json:"n_old"` // blocks in the old report
	New     int     `json:"n_new"` // and in the new one
	Shows   float64 `json:"-"`     // the smallest change that this noise would not hide, as a share
	Verdict Verdict `json:"verdict"`
	// Wrong: what was wrong with the new output. Gone: why the new report lacks it, if it says so. Added: that the old
	// output is wrong, if it is. Undecided: what would decide it.
	Why string `json:"why"`
}

// Geomean is the name for all cases of a backend together, by their geometric mean.
const Geomean = "geomean"

// newChange returns a Change for the result x of the report r. Its figures are not known yet.
func newChange(x Result, r Report) Change {
	b, _ := r.backendOf(x)
	unknown := Number(math.NaN())
	return Change{Case: x.Case, Backend: x.Backend, Threads: x.Threads, Label: b.columnName(), Phase: x.Phase, Cases: 1,
		Ratio: unknown, Low: unknown, High: unknown, Calibrated: unknown, P: unknown}
}

// Compare compares the times of PhaseTotal and, of backends that copy to a device, those of PhaseKernel. threshold is a
// share: 0.03 is 3 %. The doc of the package has the rules of the verdicts.
func Compare(before, after Report, threshold float64) Comparison {
	before, after = before.Printable().prepared(), after.Printable().prepared()
	c := Comparison{Threshold: threshold, Notes: []string{}, Changes: []Change{}}
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

// added adds a change for each total time that only the new report has: Added, or Wrong if the output is wrong. A total
// time whose output is wrong in the old report and right in the new one is Added, too.
func (c *Comparison) added(before, after Report) {
	for _, now := range after.Results {
		old, there := before.phaseOf(now, PhaseTotal)
		if now.Phase != PhaseTotal || there && (old.Correct || !now.Correct) {
			continue
		}
		x := newChange(now, after)
		if x.Verdict = Added; there {
			x.Why = "the output in the old report is wrong"
		} else if !now.Correct {
			x.Verdict, x.Why = Wrong, now.Why
		}
		c.Changes = append(c.Changes, x)
	}
}

// series maps each round to the logarithm of the time of its block, or of that time divided by the gauge's.
type series map[int]float64

// newSeries returns two series: of the blocks' times, and of their times divided by Block.Probe, the gauge's. The
// second lacks blocks whose Probe is 0.
func newSeries(r Result) (s [2]series) {
	s = [2]series{{}, {}}
	for _, b := range r.Blocks {
		v := statistics.Median(b.Seconds)
		if !(v > 0) {
			continue
		}
		s[0][b.Round] = math.Log(v)
		if b.Probe > 0 {
			s[1][b.Round] = math.Log(v / b.Probe)
		}
	}
	return s
}

// mean returns, for each round that all tests have, the mean of their values. of selects the series of a test.
func mean(tests []test, of func(t test) series) series {
	m := series{}
	for round := range of(tests[0]) {
		sum, n := 0.0, 0
		for _, t := range tests {
			if v, ok := of(t)[round]; ok {
				sum, n = sum+v, n+1
			}
		}
		if n == len(tests) {
			m[round] = sum / float64(n)
		}
	}
	return m
}

// test has the series of the old and the new report, each as times [0] and as calibrated times [1], and the change that
// results from comparing them. A test whose change already has a verdict is skipped.
type test struct {
	change    Change
	old, now  [2]series
	contrasts []contrast // of the times and, if there are any, of the calibrated times: see judge
}

// pair makes a test of a result of before and the same result of after. If after lacks it or its output there is wrong,
// the change gets the verdict Gone or Wrong at once. pair returns false for phases that are not compared, and if only
// the old output is wrong.
func pair(old Result, before, after Report) (test, bool) {
	_, copies := before.phaseOf(old, PhaseUpload) // without copies the kernel is the total
	if old.Phase != PhaseTotal && (old.Phase != PhaseKernel || !copies) {
		return test{}, false
	}
	t := test{change: newChange(old, before)}
	now, ok := after.phaseOf(old, old.Phase)
	switch {
	case !ok:
		t.change.Verdict = Gone
		m, _ := after.lacks(old.Case, BackendInfo{Backend: old.Backend, Threads: old.Threads}, "", old.Phase)
		t.change.Why = m.Why
	case !now.Correct:
		t.change.Verdict, t.change.Why = Wrong, now.Why
	case !old.Correct:
		return test{}, false // there is nothing to compare with
	}
	t.old, t.now = newSeries(old), newSeries(now)
	return t, true
}

// together makes one more test for each backend and phase with at least two cases: of all cases together. Its series
// are the means of the cases' logarithms, one for each round that all cases have. A small slowdown of all cases shows
// in this mean even if it is lost in the noise of each case.
func together(tests []test) (all []test) {
	tested := slices.DeleteFunc(slices.Clone(tests), func(t test) bool { return t.change.Verdict != "" })
	for _, same := range grouped(tested, func(t test) key {
		return key{backend: t.change.Backend, threads: t.change.Threads, phase: t.change.Phase}
	}) {
		t := same[0]
		t.change.Case, t.change.Cases = Geomean, len(same)
		for i := range 2 {
			t.old[i] = mean(same, func(t test) series { return t.old[i] })
			t.now[i] = mean(same, func(t test) series { return t.now[i] })
		}
		if len(same) > 1 {
			all = append(all, t)
		}
	}
	return all
}

// notes lists what makes the two reports hard to compare: a partial one, different machines, conditions or devices.
func (c *Comparison) notes(before, after Report) {
	note := func(format string, values ...any) { c.Notes = append(c.Notes, fmt.Sprintf(format, values...)) }
	for i, r := range []Report{before, after} {
		if r.Run.Partial != "" {
			note("the %s report is partial: %s", []string{"old", "new"}[i], r.Run.Partial)
		}
	}
	if a, b := before.Machine, after.Machine; a.CPU != b.CPU || a.Threads != b.Threads {
		note("different machines: %s with %d threads, then %s with %d", a.CPU, a.Threads, b.CPU, b.Threads)
	}
	for _, old := range before.Machine.Conditions {
		for _, now := range after.Machine.Conditions {
			if now.Name == old.Name && now.Value != old.Value && old.Name != machine.GPUClock {
				note("different conditions: %s %s, then %s", old.Name, old.Value, now.Value)
			}
		}
	}
	for _, old := range before.Backends {
		now, ok := after.backendOf(Result{Backend: old.Backend, Threads: old.Threads})
		if ok && now.Device+now.Driver+now.ISA != old.Device+old.Driver+old.ISA {
			note("different devices for %s: %s %s, then %s %s", old.Backend, old.Device, old.Driver+old.ISA, now.Device,
				now.Driver+now.ISA)
		}
	}
}
