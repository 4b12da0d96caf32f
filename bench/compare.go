package bench

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gpuconv/internal/statistics"
)

// familyError is the probability of a false alarm: that a comparison of a program with itself finds a change in any of
// its cases, backends and phases.
const familyError = 0.05

// betweenRuns is the standard deviation of times between processes, as a share of the times. Each process has its code
// and memory at other addresses, and blocks of one process cannot average that out. The number is an assumption (1 %
// between two runs), not a measurement.
const betweenRuns = 0.007

// wandering is the standard deviation of the level of a whole run, divided by that of its blocks. A machine whose load
// changes from one half minute to the next also changes from one run to the next, and the blocks of one run do not show
// that. On two cores, at load averages of 8 to 17, it was 0.2 to 0.8 (21, 11 and 8 runs of the same program). On a
// quiet machine blocks scatter little, so that wandering adds little.
const wandering = 0.6

// Comparison is the result of [Compare].
type Comparison struct {
	Threshold float64 // as a share: 0.03 is 3 %
	Changes   []Change
	Notes     []string // how the machines and devices of the two reports differ
}

// Change says how one time in the new report compares with that in the old one.
type Change struct {
	Case    string // "" for all cases of the backend together, by their geometric mean
	Backend string
	Threads int
	Label   string // the backend's name in tables
	Phase   string
	Cases   int // how many cases it is computed from

	Ratio, Low, High float64 // new / old, and the ends of its 95 % confidence interval
	Calibrated       float64 // the ratio of times divided by the gauge's, see the package; NaN without a gauge
	P                float64 // the larger p-value of the two tests, corrected for the whole family
	Shows            float64 // the smallest change that would be found with this noise, as a share
	Verdict          Verdict
}

// Verdict is the conclusion about a change.
type Verdict string

const (
	Same   Verdict = "no significant change"
	Slower Verdict = "slower"
	Faster Verdict = "faster"
	Wrong  Verdict = "wrong"      // the new output is wrong
	Gone   Verdict = "not in new" // only the old report has it
)

// By says which time is compared.
type By int

const (
	Wall    By = iota // the wall-clock time
	CPUTime           // the CPU time of the process, for machines with other work; totals only
)

// Compare compares the totals and kernels of two reports. A change is significant if Yuen's test finds that the 20 %
// trimmed means of the blocks' log medians differ. It must find that twice: for the times, and for the times divided by
// the gauge's time beside each block. The level is 5 % over all tests together (Holm). The verdict is Slower or Faster
// if, in addition, the change exceeds threshold both times. threshold is a share: 0.03 is 3 %. The doc of the package
// gives the reasons.
func Compare(before, after Report, threshold float64, by By) Comparison {
	before, after = before.Printable().prepared(), after.Printable().prepared()
	c := Comparison{Threshold: threshold}
	c.notes(before, after)
	var tests []test
	for _, old := range before.Results {
		if t, ok := pair(old, before, after, by); ok {
			tests = append(tests, t)
		}
	}
	tests = append(tests, together(tests)...)
	c.judge(tests)
	return c
}

// series has the logarithms of the times of a result's blocks, by round: of the plain times, and of the times divided
// by the gauge's (calibrated).
type series struct {
	plain, calibrated map[int]float64
}

func newSeries(r Result, by By) series {
	s := series{plain: map[int]float64{}, calibrated: map[int]float64{}}
	for _, b := range r.Blocks {
		v, probe := statistics.Median(b.Seconds), b.Probe
		if by == CPUTime {
			v, probe = b.CPU, b.ProbeCPU
		}
		if !(v > 0) {
			continue
		}
		s.plain[b.Round] = math.Log(v)
		if probe > 0 {
			s.calibrated[b.Round] = math.Log(v / probe)
		}
	}
	return s
}

// test is a pair of series to compare, and the change that results from it.
type test struct {
	change   Change
	old, new series
}

// pair finds the result in after that belongs to an old result. It returns false if there is nothing to compare.
func pair(old Result, before, after Report, by By) (test, bool) {
	if old.Phase != PhaseTotal && (old.Phase != PhaseKernel || by == CPUTime) {
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
		t.change.Verdict = Gone
	case !now.Correct:
		t.change.Verdict = Wrong
	case !old.Correct:
		return test{}, false // there is nothing to compare with
	}
	t.old, t.new = newSeries(old, by), newSeries(now, by)
	return t, true
}

// phaseOf returns the result of a phase, for the case and the backend of x.
func (r Report) phaseOf(x Result, phase string) (Result, bool) {
	return r.find(CaseInfo{Suite: x.Suite, Case: x.Case}, BackendInfo{Backend: x.Backend, Threads: x.Threads}, phase,
		"")
}

// together makes one test of all cases of each backend and phase, from the mean of their logarithms in each round that
// all cases have. A small slowdown of all cases shows in this mean even if it is lost in the noise of each case.
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

func values(m map[int]float64) (list []float64) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// judge makes all tests, as one family, and decides the verdicts.
func (c *Comparison) judge(tests []test) {
	var p []float64
	var plain, calibrated []statistics.Difference
	var tested []int
	for i := range tests {
		t := &tests[i]
		d, k := yuen2(t.old.plain, t.new.plain), yuen2(t.old.calibrated, t.new.calibrated)
		plain, calibrated = append(plain, d), append(calibrated, k)
		if t.change.Verdict != "" {
			continue
		}
		larger := d.P()
		if !math.IsNaN(k.By) {
			larger = max(larger, k.P())
		}
		tested, p = append(tested, i), append(p, larger)
	}
	adjusted := statistics.Holm(p)
	for rank, i := range tested {
		tests[i].change.P = adjusted[rank]
		c.decide(&tests[i].change, plain[i], calibrated[i], len(p))
	}
	for _, t := range tests {
		c.Changes = append(c.Changes, t.change)
	}
}

// yuen2 is Yuen's test of two series. If one is empty, the difference is NaN.
func yuen2(a, b map[int]float64) statistics.Difference {
	if len(a) == 0 || len(b) == 0 {
		return statistics.Difference{By: math.NaN(), Error: math.Inf(1)}
	}
	x, y := statistics.NewTrimmed(values(a)), statistics.NewTrimmed(values(b))
	x.Square *= 1 + wandering*wandering*float64(len(a)) // Square is the variance of the mean of len(a) blocks
	y.Square *= 1 + wandering*wandering*float64(len(b))
	return x.To(y).Widened(2 * betweenRuns * betweenRuns)
}

// decide fills in the numbers and the verdict of a change.
func (c *Comparison) decide(change *Change, plain, calibrated statistics.Difference, family int) {
	half := plain.HalfWidth(1 - statistics.Confidence)
	change.Ratio, change.Low, change.High = math.Exp(plain.By), math.Exp(plain.By-half), math.Exp(plain.By+half)
	change.Calibrated = math.Exp(calibrated.By)
	change.Shows = math.Expm1(plain.HalfWidth(familyError / float64(family)))
	least, most := plain.By, plain.By
	if !math.IsNaN(calibrated.By) {
		least, most = min(least, calibrated.By), max(most, calibrated.By)
		change.Shows = max(change.Shows, math.Expm1(calibrated.HalfWidth(familyError/float64(family))))
	}
	change.Verdict = Same
	if change.P < familyError && least > math.Log1p(c.Threshold) {
		change.Verdict = Slower
	}
	if change.P < familyError && most < -math.Log1p(c.Threshold) {
		change.Verdict = Faster
	}
}

// Count returns how many changes have a verdict.
func (c Comparison) Count(v Verdict) (n int) {
	for _, change := range c.Changes {
		if change.Verdict == v {
			n++
		}
	}
	return n
}

// notes lists differences between machines and devices that make the two reports hard to compare.
func (c *Comparison) notes(before, after Report) {
	if before.Machine.CPU != after.Machine.CPU || before.Machine.Threads != after.Machine.Threads {
		c.Notes = append(c.Notes, fmt.Sprintf("different machines: %s with %d threads, then %s with %d",
			before.Machine.CPU, before.Machine.Threads, after.Machine.CPU, after.Machine.Threads))
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

// WriteTable writes the comparison as a table to read.
func (c Comparison) WriteTable(w io.Writer) error {
	for _, n := range c.Notes {
		fmt.Fprintf(w, "note      %s\n", n)
	}
	table := newTable(w)
	fmt.Fprintln(table, "case\tbackend\tphase\tnew / old\t95 % interval\tcalibrated\tp\twould show\tverdict\t")
	for _, x := range c.Changes {
		name := strings.ReplaceAll(x.Case, "/", " ")
		if name == "" {
			name = fmt.Sprintf("all %d cases, geometric mean", x.Cases)
		}
		cells := []string{name, x.Label, x.Phase, "", "", "", "", "", string(x.Verdict)}
		if x.Verdict != Wrong && x.Verdict != Gone {
			cells[3], cells[4], cells[6] = fmt.Sprintf("%.3f", x.Ratio), fmt.Sprintf("%.3f … %.3f", x.Low, x.High),
				fmt.Sprintf("%.2g", x.P)
			cells[5], cells[7] = "–", percent(x.Shows)
			if !math.IsNaN(x.Calibrated) {
				cells[5] = fmt.Sprintf("%.3f", x.Calibrated)
			}
		}
		fmt.Fprintln(table, strings.Join(cells, "\t")+"\t")
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, c)
	return err
}

func percent(part float64) string {
	if math.IsInf(part, 1) || part > 9.99 {
		return "nothing"
	}
	return fmt.Sprintf("%.1f %%", 100*part)
}

// String returns a summary of one line.
func (c Comparison) String() string {
	bad := c.Count(Slower) + c.Count(Wrong)
	if bad+c.Count(Faster)+c.Count(Gone) == 0 {
		return fmt.Sprintf("no significant change beyond %.3g %% in %d comparisons", 100*c.Threshold, len(c.Changes))
	}
	return fmt.Sprintf("%d slower, %d faster, %d wrong, %d gone, %d without a significant change beyond %.3g %%",
		c.Count(Slower), c.Count(Faster), c.Count(Wrong), c.Count(Gone), c.Count(Same), 100*c.Threshold)
}
