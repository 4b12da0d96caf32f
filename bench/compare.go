package bench

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gpuconv/internal/statistics"
)

// familyError is the chance that a comparison of a program with itself finds a change
// anywhere: among all its cases, backends and phases together.
const familyError = 0.05

// betweenRuns is the standard deviation of what belongs to one process, in parts of its times: where its code and
// memory lie. No number of blocks averages it out. It is an assumption (1 % between two runs), not a measurement.
const betweenRuns = 0.007

// wandering is how far the level of a whole run is off, in parts of the standard deviation of its blocks. A machine
// that is busier in one half minute than in the next is also busier in one run than in the next, and the blocks of one
// run do not show that. On two cores at load averages of 8 to 17 it was 0.2 to 0.8 (21, 11 and 8 runs of the same
// program). On a quiet machine blocks scatter little, and it costs little.
const wandering = 0.6

// Comparison is what [Compare] finds.
type Comparison struct {
	Threshold float64 // in parts of 1
	Changes   []Change
	Notes     []string // in what the two reports' machines and devices differ
}

// Change is how one time of the new report compares with the old one's.
type Change struct {
	Case    string // "" for all cases of the backend together, by their geometric mean
	Backend string
	Threads int
	Label   string // the backend's name for people
	Phase   string
	Cases   int // how many cases it is made of

	Ratio, Low, High float64 // new / old, with its 95 % confidence interval
	Calibrated       float64 // the ratio in parts of the gauge beside each block; NaN if there was none
	P                float64 // the larger of the two tests', corrected for the whole family
	Shows            float64 // the smallest change that would be seen with this noise, in parts of 1
	Verdict          Verdict
}

// Verdict is what a change comes to.
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
	Wall    By = iota // the time on the wall clock
	CPUTime           // the time for which the process had a core, for machines on which others compute; totals only
)

// Compare compares the totals and kernels of two reports, block by block. A change is significant if the 20 % trimmed
// means of the blocks' log medians differ by Yuen's test, and if they also differ when they are divided by what the
// gauge took beside each block. Both hold at 5 % over all tests together (Holm). The verdict is Slower or Faster if the
// change is also beyond threshold, in parts of 1, in both. The package's doc says why.
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

// series are the log times of a result's blocks, by round: as they were, and divided by the gauge's.
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

// test is a pair of series before it is judged.
type test struct {
	change   Change
	old, new series
}

// pair finds the new result of an old one.
func pair(old Result, before, after Report, by By) (test, bool) {
	if old.Phase != PhaseTotal && (old.Phase != PhaseKernel || by == CPUTime) {
		return test{}, false
	}
	if _, copies := before.phaseOf(old, PhaseUpload); old.Phase == PhaseKernel && !copies {
		return test{}, false // the kernel is the total
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

// phaseOf returns another phase of the same case and backend.
func (r Report) phaseOf(x Result, phase string) (Result, bool) {
	return r.find(CaseInfo{Suite: x.Suite, Case: x.Case}, BackendInfo{Backend: x.Backend, Threads: x.Threads}, phase,
		"")
}

// together makes one test of all cases of each backend and phase: the mean of their logs in each round that all of them
// have. A small slowdown of all cases shows in their mean where it is lost in the noise of each.
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

// judge tests all pairs as one family.
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

// yuen2 is Yuen's test of two series. An empty one says nothing.
func yuen2(a, b map[int]float64) statistics.Difference {
	if len(a) == 0 || len(b) == 0 {
		return statistics.Difference{By: math.NaN(), Error: math.Inf(1)}
	}
	x, y := statistics.NewTrimmed(values(a)), statistics.NewTrimmed(values(b))
	x.Square *= 1 + wandering*wandering*float64(len(a)) // Square is that of a mean of so many blocks
	y.Square *= 1 + wandering*wandering*float64(len(b))
	return x.To(y).Widened(2 * betweenRuns * betweenRuns)
}

// decide fills in the figures and the verdict.
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

// notes lists differences that make the two reports hard to compare.
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

// WriteTable writes the comparison for people.
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

// String says in one line what was found.
func (c Comparison) String() string {
	bad := c.Count(Slower) + c.Count(Wrong)
	if bad+c.Count(Faster)+c.Count(Gone) == 0 {
		return fmt.Sprintf("no significant change beyond %.3g %% in %d comparisons", 100*c.Threshold, len(c.Changes))
	}
	return fmt.Sprintf("%d slower, %d faster, %d wrong, %d gone, %d without a significant change beyond %.3g %%",
		c.Count(Slower), c.Count(Faster), c.Count(Wrong), c.Count(Gone), c.Count(Same), 100*c.Threshold)
}
