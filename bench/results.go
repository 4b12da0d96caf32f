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
	for _, s := range w.subjects {
		info := s.Info
		info.Roof = s.roof
		r.Backends = append(r.Backends, info)
	}
	for _, c := range w.Suite.Cases {
		info := w.Suite.describe(c)
		tried := make([]*entry, len(w.subjects))
		if p := w.cases[c.Name]; p != nil {
			info.CheckImages, info.CheckFilters = len(p.check.images), len(p.check.filters)
			copy(tried, p.entries)
		}
		r.Cases = append(r.Cases, info)
		for i, b := range r.Backends {
			r.add(tried[i], info, b)
		}
	}
	return r
}

// add adds a case on a backend to the report: a result for each of its phases, or one that says that its output was
// wrong. If it was not timed, or has fewer samples or seconds than was asked for, Missing says why. e is nil if the
// case was not tried.
func (r *Report) add(e *entry, c CaseInfo, b BackendInfo) {
	if why := r.shortfall(e); why != "" {
		r.Missing = append(r.Missing, Missing{Case: c.Case, Backend: b.Backend, Threads: b.Threads, Why: why})
	}
	if e == nil || len(e.blocks) == 0 {
		return
	}
	for _, phase := range phases() {
		if len(e.blocks[0].times[phase]) == 0 {
			continue
		}
		x := Result{Suite: c.Suite, Case: c.Case, Backend: b.Backend, Threads: b.Threads, Device: b.Device,
			Algorithm: e.description.Algorithm, Repeated: e.description.Repeated, N: c.N, Phase: phase,
			Correct: e.wrong == "", Why: e.wrong}
		if !x.Correct || e.complete(&x, c, b, r.Run.Seed) {
			r.Results = append(r.Results, x)
		}
	}
}

// shortfall says why an entry has no times, or fewer samples or seconds than was asked for. It is "" if it has all, or
// if its output was wrong.
func (r *Report) shortfall(e *entry) string {
	if e == nil {
		return "not tried, " + r.cut()
	}
	s := r.Run.Settings
	count, seconds := e.count()
	switch {
	case e.missing != "" || e.wrong != "":
		return e.missing
	case count < s.Samples:
		return fmt.Sprintf("%d of %d samples, %s", count, s.Samples, r.cut())
	case seconds < s.Seconds:
		return fmt.Sprintf("samples of %.2g s, not %.2g s, %s", seconds, s.Seconds, r.cut())
	}
	return ""
}

// complete computes all figures of the phase of x. It returns false if the phase takes no time.
func (e *entry) complete(x *Result, c CaseInfo, b BackendInfo, seed uint64) bool {
	var joules []float64
	for _, m := range e.blocks {
		block := Block{Round: m.round, Seconds: digits(m.times[x.Phase]), Probe: digit(m.probe)}
		if x.Phase == PhaseTotal {
			block.CPU, joules = digit(m.cpu), append(joules, m.joules)
		}
		x.Blocks = append(x.Blocks, block)
	}
	x.EnergyJ = medianIfAny(joules)
	return x.compute(c, b, seed)
}

// compute computes figures from the blocks, all but the energy. It returns false if the phase takes no time.
func (r *Result) compute(c CaseInfo, b BackendInfo, seed uint64) bool {
	var samples [][]float64
	var cpu []float64
	for _, block := range r.Blocks {
		samples = append(samples, block.Seconds)
		if block.CPU > 0 {
			cpu = append(cpu, block.CPU)
		}
	}
	r.CPUMedian = medianIfAny(cpu)
	timed := r.summarise(samples, seed)
	r.rate(c, b)
	return timed
}

// medianIfAny returns the median of values, or nil if it is 0, which means that it is not known.
func medianIfAny(values []float64) *float64 {
	if v := statistics.Median(values); v > 0 {
		return &v
	}
	return nil
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

// digits rounds times to six significant digits. More digits are noise, and would make reports long.
func digits(values []float64) []float64 {
	var rounded []float64
	for _, v := range values {
		rounded = append(rounded, digit(v))
	}
	return rounded
}

func digit(v float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64) // cannot fail: just formatted
	return rounded
}
