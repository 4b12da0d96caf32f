package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"gpuconv/internal/statistics"
)

// WriteTable writes the report as a table to read: a line for each backend with its peak rates, then a line for each
// case on each backend.
func (r Report) WriteTable(w io.Writer) error {
	r = r.Printable().prepared()
	if r.Run.Partial != "" {
		fmt.Fprintf(w, "partial   %s: the cases have the samples that were taken until then\n", r.Run.Partial)
	}
	for _, b := range r.Backends {
		fmt.Fprintf(w, "backend   %s%s\n", b.line(), b.roofs())
	}
	table := newTable(w)
	fmt.Fprintln(table, "case\tbackend\talgorithm\timages/s\ttotal\t±\tsamples\toutliers\tupload\tkernel\treadback\t"+
		"GFLOP/s\tGB/s\tof roof\tenergy\t")
	for _, c := range r.Cases {
		for _, b := range r.Backends {
			if row := r.row(c, b); row != "" {
				fmt.Fprintln(table, row)
			}
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	r.writeCompile(w)
	r.writeNotes(w)
	return nil
}

func (b BackendInfo) line() string {
	switch {
	case b.Absent != "":
		return b.Backend
	case b.Backend == "gpu":
		return b.Device + ", OpenGL " + b.Driver
	}
	return b.Label() + ", " + b.Device
}

func newTable(w io.Writer) *tabwriter.Writer {
	return tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
}

func (b BackendInfo) roofs() string {
	switch {
	case b.Absent != "":
		return ", absent: " + b.Absent
	case b.Roof == nil:
		return ""
	}
	return ", at most " + b.Roof.rates(" and ")
}

// row returns a line of the table, or "" if the case was not timed on the backend.
func (r Report) row(c CaseInfo, b BackendInfo) string {
	total, ok := r.find(c, b, PhaseTotal, "")
	if !ok {
		return ""
	}
	cells := []string{strings.ReplaceAll(c.Case, "/", " "), b.columnName(), total.Algorithm}
	if !total.Correct {
		return strings.Join(append(cells, "WRONG", "", "", "", "", "", "", "", "", "", "", ""), "\t") + "\t"
	}
	noise := "–" // not known from a single sample
	if total.Samples > 1 {
		noise = fmt.Sprintf("%.1f %%", 100*(total.CIHigh-total.CILow)/2/total.Median)
	}
	cells = append(cells, optional(total.ImagesPerS), duration(total.Median), noise, fmt.Sprint(total.Samples),
		outlying(total))
	for _, phase := range []string{PhaseUpload, PhaseKernel, PhaseReadback} {
		p, ok := r.find(c, b, phase, "")
		if _, copies := r.find(c, b, PhaseUpload, ""); !ok || phase == PhaseKernel && !copies {
			cells = append(cells, "–")
			continue
		}
		cells = append(cells, duration(p.Median))
	}
	roof, energy := "–", "–"
	if total.PercentOfRoofline != nil {
		roof = fmt.Sprintf("%.0f %%", *total.PercentOfRoofline)
	}
	if total.EnergyJ != nil {
		energy = statistics.Digits(*total.EnergyJ) + " J"
	}
	return strings.Join(append(cells, optional(total.GFLOPS), optional(total.GBPS), roof, energy), "\t") + "\t"
}

// columnName returns a short name of a backend for a column, such as llvmpipe (software) or cpu ×2.
func (b BackendInfo) columnName() string {
	switch {
	case b.Software:
		name, _, _ := strings.Cut(strings.TrimPrefix(b.Device, "software renderer "), " ")
		return name + " (software)"
	case b.Backend == "gpu":
		return "gpu"
	}
	return fmt.Sprintf("%s ×%d", b.Backend, b.Threads)
}

// optional formats a number that may be missing.
func optional(v *float64) string {
	if v == nil {
		return "–"
	}
	return statistics.Digits(*v)
}

// duration formats a time with three digits and a suitable unit.
func duration(seconds float64) string {
	switch {
	case seconds >= 1:
		return statistics.Digits(seconds) + " s"
	case seconds >= 1e-3:
		return statistics.Digits(seconds*1e3) + " ms"
	}
	return statistics.Digits(seconds*1e6) + " µs"
}

// writeCompile lists how long compiling took, with one line for all cases that share a program.
func (r Report) writeCompile(w io.Writer) {
	seen := map[string]bool{}
	for _, x := range r.Results {
		b, _ := r.backendOf(x)
		if x.Phase != PhaseCompile || x.Cache == "" || !x.Correct {
			continue
		}
		line := fmt.Sprintf("compile   %s, %s, %s cache: %s (%d samples, %s … %s)", b.columnName(), x.Algorithm,
			x.Cache,
			duration(x.Median), x.Samples, duration(x.CILow), duration(x.CIHigh))
		if !seen[line] {
			seen[line] = true
			fmt.Fprintf(w, "%s from %s on\n", line, strings.ReplaceAll(x.Case, "/", " "))
		}
	}
}

// outlying returns how many samples are outliers, and the longest of them.
func outlying(r Result) string {
	if len(r.Outliers) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d, to %s", len(r.Outliers), duration(r.Outliers[len(r.Outliers)-1]))
}

// writeNotes writes a line for each case that is missing or wrong.
func (r Report) writeNotes(w io.Writer) {
	type absence struct{ on, why string }
	fewer, timed, cases := 0, map[Missing]bool{}, map[absence][]string{}
	for _, x := range r.Results {
		timed[Missing{Case: x.Case, Backend: x.Backend, Threads: x.Threads}] = true
	}
	var order []absence
	for _, m := range r.Missing {
		if m.Phase == "" && timed[Missing{Case: m.Case, Backend: m.Backend, Threads: m.Threads}] {
			fewer++ // the table shows how many samples there are
			continue
		}
		what := absence{m.Backend, m.Why}
		if b, known := r.backendOf(Result{Backend: m.Backend, Threads: m.Threads}); known {
			what.on = b.columnName()
		}
		if cases[what] == nil {
			order = append(order, what)
		}
		cases[what] = append(cases[what], strings.ReplaceAll(m.Case, "/", " "))
	}
	for _, what := range order {
		fmt.Fprintf(w, "short     %s on %s: %s\n", strings.Join(cases[what], "; "), what.on, what.why)
	}
	if fewer > 0 {
		fmt.Fprintf(w, "short     fewer samples, or shorter ones, than was asked for in %d lines of the table: %s\n",
			fewer, r.cut())
	}
	for _, x := range r.Results {
		b, _ := r.backendOf(x)
		if x.Phase == PhaseTotal && !x.Correct {
			fmt.Fprintf(w, "WRONG     %s on %s: %s\n", strings.ReplaceAll(x.Case, "/", " "), b.columnName(), x.Why)
		}
	}
}

// cut says why the report has fewer samples than were asked for.
func (r Report) cut() string {
	if r.Run.Partial != "" {
		return r.Run.Partial
	}
	return "the time was up after " + statistics.Digits(r.Run.Settings.Limit) + " s"
}

// WriteGo writes the report in the format of Go's benchmarks, for benchstat. Each line has the median of one block.
func (r Report) WriteGo(w io.Writer) error {
	r = r.Printable().prepared()
	goos, goarch, _ := strings.Cut(r.Machine.Platform, "/")
	fmt.Fprintf(w, "goos: %s\ngoarch: %s\npkg: gpuconv/bench\ncpu: %s\n", goos, goarch, r.Machine.CPU)
	for _, x := range r.Results {
		if !x.Correct {
			continue
		}
		c, _ := r.caseOf(x)
		name := fmt.Sprintf("BenchmarkConv/alg=%s/suite=%s/%s/backend=%s/threads=%d/phase=%s", x.Algorithm, x.Suite,
			x.Case, x.Backend, x.Threads, x.Phase)
		if x.Cache != "" {
			name += "/cache=" + x.Cache
		}
		blocks := x.Blocks
		if len(blocks) == 0 {
			blocks = []Block{{Seconds: []float64{x.Median}}}
		}
		for _, b := range blocks {
			m := statistics.Median(b.Seconds)
			fmt.Fprintf(w, "%s\t%d\t%.6g ns/op", name, len(b.Seconds), m*1e9)
			if x.ImagesPerS != nil {
				fmt.Fprintf(w, "\t%.6g images/s\t%.6g GFLOP/s\t%.6g GB/s", float64(c.N)/m, 2e-9*c.MACs/m,
					1e-9*c.Bytes/m)
			}
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
	}
	return nil
}
