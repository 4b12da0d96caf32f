package bench

import (
	"fmt"
	"slices"
	"strconv"

	"gpuconv/conv"
	"gpuconv/internal/statistics"
)

// report returns the report of all measurements so far. partial says why Run ended early; it is "" if it did not.
func (w *running) report(partial string) Report {
	r := Report{Schema: Schema, Results: []Result{},
		Run:     Run{Suite: w.Suite.Name, Seed: w.Seed, Settings: w.Settings, Partial: partial},
		Missing: []Missing{}}
	for i := range w.Subjects {
		info := w.Subjects[i].Info
		info.Roof = w.roofs[&w.Subjects[i]]
		r.Backends = append(r.Backends, info)
	}
	for _, c := range w.Suite.Cases {
		info := w.Suite.describe(c)
		if p := w.cases[c.Name]; p != nil {
			info.CheckImages, info.CheckFilters = len(p.check.images), len(p.check.filters)
		}
		r.Cases = append(r.Cases, info)
		for i := range w.Subjects {
			e := w.entry(c.Name, &w.Subjects[i])
			if e == nil {
				b := w.Subjects[i].Info
				r.Missing = append(r.Missing, Missing{Case: c.Name, Backend: b.Backend, Threads: b.Threads,
					Why: "not tried, " + r.cut()})
				continue
			}
			r.add(e, info, w.Settings, w.Seed)
		}
	}
	return r
}

// entry returns a case on a subject, or nil if it was not tried.
func (w *running) entry(name string, s *Subject) *entry {
	for _, e := range w.entries {
		if e.Name == name && e.subject == s {
			return e
		}
	}
	return nil
}

// add adds an entry to the report: a result for each of its phases, or one that says that its output was wrong. If the
// entry was not timed, or has fewer samples or seconds than s asks for, Missing says why.
func (r *Report) add(e *entry, c CaseInfo, s Settings, seed uint64) {
	b, _ := r.backendOf(Result{Backend: e.subject.Info.Backend, Threads: e.subject.Info.Threads})
	count, seconds := e.count()
	m := Missing{Case: c.Case, Backend: b.Backend, Threads: b.Threads}
	switch {
	case e.missing != "":
		m.Why = e.missing
	case e.wrong == "" && count < s.Samples:
		m.Why = fmt.Sprintf("%d of %d samples, %s", count, s.Samples, r.cut())
	case e.wrong == "" && seconds < s.Seconds:
		m.Why = fmt.Sprintf("samples of %.2g s, not %.2g s, %s", seconds, s.Seconds, r.cut())
	}
	if m.Why != "" {
		r.Missing = append(r.Missing, m)
	}
	if e.missing != "" || count == 0 {
		return
	}
	base := Result{Suite: c.Suite, Case: c.Case, Backend: b.Backend, Threads: b.Threads, Device: b.Device,
		Algorithm: e.description.Algorithm, N: c.N}
	for _, phase := range phases() {
		if result, ok := e.result(base, phase, c, b, seed); ok {
			r.Results = append(r.Results, result)
		}
	}
}

// part returns a function that selects the samples of a phase, and whether the entry has this phase.
func (e *entry) part(phase string) (part func(measured) []float64, ok bool) {
	timer := e.blocks[0].timer
	switch phase {
	case PhaseCompile:
		// On a GPU this is Compiling's task: the device has the program already.
		return func(m measured) []float64 { return []float64{m.compile} }, !timer
	case PhaseUpload:
		return func(m measured) []float64 { return m.upload }, timer
	case PhaseKernel:
		if timer {
			return func(m measured) []float64 { return m.kernel }, true
		}
		return wholeRun, true
	case PhaseReadback:
		return func(m measured) []float64 { return m.readback }, timer
	}
	return wholeRun, true
}

// result completes base as the result of a phase. If the output was wrong, that is all it says. It returns false if the
// entry does not have the phase.
func (e *entry) result(base Result, phase string, c CaseInfo, b BackendInfo, seed uint64) (Result, bool) {
	base.Phase = phase
	part, ok := e.part(phase)
	if !ok || e.wrong != "" {
		base.Why = e.wrong
		return base, ok
	}
	blocks := e.samples(part)
	base.Correct = true
	if !base.summarise(blocks, seed) {
		return base, false
	}
	base.rate(c, b)
	for i, m := range e.blocks {
		block := Block{Round: m.round, Seconds: digits(blocks[i]), Probe: digit(m.probe)}
		if phase == PhaseTotal {
			block.CPU = digit(m.cpu)
		}
		base.Blocks = append(base.Blocks, block)
	}
	if phase == PhaseTotal {
		e.consumption(&base)
	}
	return base, true
}

// summarise computes median, interval and outliers from the samples of each block. It returns false if the median is 0
// or unknown, as for a phase that a plan does not have.
func (r *Result) summarise(blocks [][]float64, seed uint64) bool {
	all := slices.Concat(blocks...)
	i := statistics.NewInterval(blocks, seed)
	r.Median, r.CILow, r.CIHigh, r.Samples, r.Outliers = i.Median, i.Low, i.High, len(all),
		digits(statistics.Outliers(all))
	return i.Median > 0
}

// interval returns the median with its confidence interval.
func (r Result) interval() statistics.Interval {
	return statistics.Interval{Median: r.Median, Low: r.CILow, High: r.CIHigh}
}

// rate computes rates from the median. Those of upload and readback are of the bytes copied; compiling has none.
func (r *Result) rate(c CaseInfo, b BackendInfo) {
	per := func(amount float64) *float64 {
		v := amount / r.Median
		return &v
	}
	switch r.Phase {
	case PhaseCompile:
		return
	case PhaseUpload:
		r.GBPS = per(conv.Shape(c.Src).Bytes() / 1e9)
		return
	case PhaseReadback:
		r.GBPS = per(conv.Shape(c.Dst).Bytes() / 1e9)
		return
	}
	r.ImagesPerS, r.GFLOPS, r.GBPS = per(float64(c.N)), per(2*c.MACs/1e9), per(c.Bytes/1e9)
	if b.Roof != nil {
		v := 100 * *r.GFLOPS / b.Roof.At(c.Intensity)
		r.PercentOfRoofline = &v
	}
}

// consumption adds the CPU time and the energy of a run, as medians over blocks, if they are known. Energy is that of
// the processor, so it is added only for a subject that computes there.
func (e *entry) consumption(r *Result) {
	var cpu, joules []float64
	for _, m := range e.blocks {
		cpu, joules = append(cpu, m.cpu), append(joules, m.joules)
	}
	if v := statistics.Median(cpu); v > 0 {
		r.CPUMedian = &v
	}
	if v := statistics.Median(joules); v > 0 && e.subject.FMA != nil {
		r.EnergyJ = &v
	}
}

// digits rounds times to six significant digits. More digits are noise, and would make reports long.
func digits(values []float64) []float64 {
	if len(values) == 0 {
		return nil
	}
	rounded := make([]float64, len(values))
	for i, v := range values {
		rounded[i] = digit(v)
	}
	return rounded
}

// digit rounds one number: see digits.
func digit(v float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64) // cannot fail: just formatted
	return rounded
}
