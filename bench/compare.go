package bench

import (
	"fmt"
	"math"

	"gpuconv/internal/statistics"
	"gpuconv/machine"
)

// Comparison is the result of [Compare].
type Comparison struct {
	Threshold float64  `json:"threshold"` // as a share: 0.03 is 3 %
	Notes     []string `json:"notes"`     // how machines and devices of the reports differ, and which report is partial
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

	Ratio      Number  `json:"ratio"`      // time in new / time in old
	Low        Number  `json:"ratio_low"`  // the ends of its 95 % confidence interval
	High       Number  `json:"ratio_high"` //
	Calibrated Number  `json:"calibrated"` // like Ratio, of times divided by the gauge's time (see the package)
	P          Number  `json:"p"`          // the larger p-value of the tests with and without the gauge, by Holm's method
	Old        int     `json:"n_old"`      // blocks in the old report
	New        int     `json:"n_new"`      // and in the new one
	Shows      float64 `json:"-"`          // the smallest change that would be found with this noise, as a share
	Verdict    Verdict `json:"verdict"`
	Why        string  `json:"why"` // for Wrong, Gone and Added: what a report says; for Undecided: what would decide it
}

// Geomean is the name for all cases of a backend together, by their geometric mean.
const Geomean = "geomean"

// newChange returns a change of the time x, which is in the report r, without figures.
func newChange(x Result, r Report) Change {
	b, _ := r.backendOf(x)
	c := Change{Case: x.Case, Backend: x.Backend, Threads: x.Threads, Label: b.columnName(), Phase: x.Phase, Cases: 1}
	unknown := Number(math.NaN())
	c.Ratio, c.Low, c.High, c.Calibrated, c.P = unknown, unknown, unknown, unknown, unknown
	return c
}

// Compare compares the totals of two reports, and the kernels of backends that copy to a device. threshold is a share:
// 0.03 is 3 %.
//
// The doc of the package has the rules of the verdicts.
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
		x := newChange(now, after)
		x.Verdict = Added
		switch {
		case !now.Correct:
			x.Verdict, x.Why = Wrong, now.Why
		case there:
			x.Why = "the output in the old report is wrong"
		}
		c.Changes = append(c.Changes, x)
	}
}

// series has a logarithm for each block of a result, by round.
type series map[int]float64

// newSeries returns two series: of the blocks' times, and of their times divided by the gauge's. The second lacks
// blocks without a gauge.
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

// mean averages series over the rounds that all of them have.
func mean(all []series) series {
	m := series{}
	for round := range all[0] {
		sum, n := 0.0, 0
		for _, s := range all {
			if v, ok := s[round]; ok {
				sum, n = sum+v, n+1
			}
		}
		if n == len(all) {
			m[round] = sum / float64(n)
		}
	}
	return m
}

// test is a pair of series to compare, as times and as calibrated times, and the change that results from it. If the
// change has a verdict already, it is not tested.
type test struct {
	change   Change
	old, now [2]series
}

// pair makes a test of an old result and the one in after that belongs to it. If that is missing or wrong, the change
// has its verdict. pair returns false if there is nothing to compare: for phases that are not compared, and if only the
// old output is wrong.
func pair(old Result, before, after Report) (test, bool) {
	_, copies := before.phaseOf(old, PhaseUpload) // without copies the kernel is the total
	if old.Phase != PhaseTotal && (old.Phase != PhaseKernel || !copies) {
		return test{}, false
	}
	t := test{change: newChange(old, before)}
	now, ok := after.phaseOf(old, old.Phase)
	switch {
	case !ok:
		t.change.Verdict, t.change.Why = Gone, after.whyGone(old)
	case !now.Correct:
		t.change.Verdict, t.change.Why = Wrong, now.Why
	case !old.Correct:
		return test{}, false // there is nothing to compare with
	}
	t.old, t.now = newSeries(old), newSeries(now)
	return t, true
}

// whyGone returns why the report has no results of the phase, case and backend of x, or "" if it does not say.
func (r Report) whyGone(x Result) string {
	b := BackendInfo{Backend: x.Backend, Threads: x.Threads}
	m, ok := r.lacks(x.Case, b, "")
	if !ok {
		m, _ = r.lacks(x.Case, b, x.Phase)
	}
	return m.Why
}

// together makes one more test for each backend and phase with at least two cases: of all cases together. Its series
// are the means of the cases' logarithms, one for each round that all cases have. A small slowdown of all cases shows
// in this mean even if it is lost in the noise of each case.
func together(tests []test) (all []test) {
	groups := map[key][]test{}
	var order []key
	for _, t := range tests {
		k := key{backend: t.change.Backend, threads: t.change.Threads, phase: t.change.Phase}
		if t.change.Verdict != "" {
			continue
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], t)
	}
	for _, k := range order {
		t := groups[k][0]
		t.change.Case, t.change.Cases = Geomean, len(groups[k])
		for i := range 2 {
			var old, now []series
			for _, one := range groups[k] {
				old, now = append(old, one.old[i]), append(now, one.now[i])
			}
			t.old[i], t.now[i] = mean(old), mean(now)
		}
		if t.change.Cases > 1 {
			all = append(all, t)
		}
	}
	return all
}

// notes lists what makes the two reports hard to compare: one that is partial, different machines, different devices.
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
