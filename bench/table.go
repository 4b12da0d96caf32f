package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"gpuconv/internal/grid"
	"gpuconv/internal/statistics"
)

// columnsOfText is how many characters wide a table for a terminal is at most, if it can leave out enough columns.
const columnsOfText = 120

// WriteTable writes the report as a table to read. It has a line for each backend with its peak rates, a line for each
// case on each backend, and lines about marks, compile times, and what is missing or wrong. Unless wide, columns are
// left out until the table fits into 120 characters, and a line names them.
func (r Report) WriteTable(w io.Writer, wide bool) error {
	r = r.Printable().prepared()
	if r.Run.Partial != "" {
		fmt.Fprintf(w, "partial   %s: the cases have the samples that were taken until then\n", r.Run.Partial)
	}
	for _, b := range r.Backends {
		fmt.Fprintf(w, "backend   %s\n", b.line())
	}
	g := r.grid()
	var dropped []string
	if !wide {
		dropped = g.Fit(columnsOfText, "energy", "outliers", "readback", "upload", "kernel", "GB/s", "samples",
			"algorithm", "GFLOP/s", "of roof")
	}
	if err := g.WriteText(w); err != nil {
		return err
	}
	if len(dropped) > 0 {
		fmt.Fprintf(w, "columns   without %s: --wide shows them\n", strings.Join(dropped, ", "))
	}
	r.writeRoofNotes(w)
	r.writeCompile(w)
	r.writeNotes(w)
	return nil
}

// WriteMarkdown writes the table of results with all columns, in Markdown.
func (r Report) WriteMarkdown(w io.Writer) error {
	return r.Printable().prepared().grid().WriteMarkdown(w)
}

// line describes a backend, for its line above the table: its name, device and peak rates, or why it is absent.
func (b BackendInfo) line() string {
	text := b.Label() + ", " + b.Device
	switch {
	case b.Absent != "":
		return b.Backend + ", absent: " + b.Absent
	case b.Backend == "gpu":
		text = b.Device + ", OpenGL " + b.Driver
	}
	if b.Roof != nil {
		text += ", at most " + b.Roof.rates(" and ")
	}
	return text
}

// grid returns the table of results. r must be prepared.
func (r Report) grid() *grid.Grid {
	g := &grid.Grid{Names: []string{"case", "backend", "algorithm", "images/s", "GPU/CPU", "total", "95 % interval",
		"samples", "outliers", "upload", "kernel", "readback", "GFLOP/s", "GB/s", "of roof", "energy"}}
	for _, c := range r.Cases {
		for _, b := range r.Backends {
			if row := r.row(c, b); row != nil {
				g.Add(row...)
			}
		}
	}
	g.DropEmpty(2) // cases and backends stay
	return g
}

// row returns the cells of a case on a backend, or nil if the report has neither its total nor why it is missing.
func (r Report) row(c CaseInfo, b BackendInfo) []string {
	total, ok := r.find(c, b, PhaseTotal)
	_, lost := r.lacks(c.Case, b, "")
	cells := []string{readable(c.Case), b.columnName(), total.Algorithm}
	switch {
	case !ok && lost:
		return append(cells, "missing")
	case !ok:
		return nil
	case !total.Correct:
		return append(cells, "WRONG")
	}
	cells = append(cells, optional(total.ImagesPerS, ""), r.besideEngine(c, b, total), duration(total.Median),
		total.span(), fmt.Sprint(total.Samples), outlying(total))
	_, copies := r.find(c, b, PhaseUpload)
	for _, phase := range []string{PhaseUpload, PhaseKernel, PhaseReadback} {
		cell := "–"
		if p, ok := r.find(c, b, phase); ok && (copies || phase != PhaseKernel) {
			cell = duration(p.Median)
		}
		cells = append(cells, cell)
	}
	return append(cells, optional(total.GFLOPS, ""), optional(total.GBPS, ""), ofRoof(total, b),
		optional(total.EnergyJ, " J"))
}

// besideEngine returns how many times as many images per second a GPU computes as the CPU engine with the most threads,
// or a dash for other backends.
func (r Report) besideEngine(c CaseInfo, b BackendInfo, total Result) string {
	engine, ok := r.engine()
	cpu, timed := r.total(c, engine)
	if b.Backend != "gpu" || !ok || !timed {
		return "–"
	}
	return statistics.Digits(cpu.Median / total.Median)
}

func (x Result) span() string {
	if x.Samples < 2 {
		return "–" // not known from a single sample
	}
	return duration(x.CILow) + " … " + duration(x.CIHigh)
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

func optional(v *float64, unit string) string {
	if v == nil {
		return "–"
	}
	return statistics.Digits(*v) + unit
}

func duration(seconds float64) string {
	switch {
	case seconds >= 1:
		return statistics.Digits(seconds) + " s"
	case seconds >= 1e-3:
		return statistics.Digits(seconds*1e3) + " ms"
	}
	return statistics.Digits(seconds*1e6) + " µs"
}

// writeCompile lists how long compiling took on GPUs, with one line for all cases that share a program: it names the
// first.
func (r Report) writeCompile(w io.Writer) {
	seen := map[string]bool{}
	for _, x := range r.Results {
		if x.Phase != PhaseCompile || x.Cache == "" || !x.Correct {
			continue
		}
		b, _ := r.backendOf(x)
		line := fmt.Sprintf("compile   %s, %s, %s cache: %s (%d samples, %s … %s)", b.columnName(), x.Algorithm,
			x.Cache, duration(x.Median), x.Samples, duration(x.CILow), duration(x.CIHigh))
		if !seen[line] {
			fmt.Fprintf(w, "%s from %s on\n", line, readable(x.Case))
		}
		seen[line] = true
	}
}

func outlying(r Result) string {
	if len(r.Outliers) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d, to %s", len(r.Outliers), duration(r.Outliers[len(r.Outliers)-1]))
}

// writeNotes writes a line for each backend and each reason why cases have no times there, a line with the number of
// cases that have fewer samples, and a line for each wrong output.
func (r Report) writeNotes(w io.Writer) {
	timed := map[key]bool{}
	for _, x := range r.Results {
		timed[Missing{Case: x.Case, Backend: x.Backend, Threads: x.Threads}.key()] = true
	}
	lost := slices.DeleteFunc(slices.Clone(r.Missing), func(m Missing) bool { return timed[m.key()] })
	backend := func(m Missing) string {
		if b, known := r.backendOf(Result{Backend: m.Backend, Threads: m.Threads}); known {
			return b.columnName()
		}
		return m.Backend
	}
	for _, same := range grouped(lost, func(m Missing) key { return key{name: m.Why, backend: backend(m)} }) {
		var names []string
		for _, m := range same {
			names = append(names, readable(m.Case))
		}
		fmt.Fprintf(w, "short     %s on %s: %s\n", strings.Join(names, "; "), backend(same[0]), same[0].Why)
	}
	if fewer := len(r.Missing) - len(lost); fewer > 0 { // the table shows how many samples there are
		fmt.Fprintf(w, "short     fewer samples, or shorter ones, than was asked for in %d lines of the table: %s\n",
			fewer, r.cut())
	}
	for _, x := range r.Results {
		b, _ := r.backendOf(x)
		if x.Phase == PhaseTotal && !x.Correct {
			fmt.Fprintf(w, "WRONG     %s on %s: %s\n", readable(x.Case), b.columnName(), x.Why)
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

// WriteGo writes the report in the format of Go's benchmarks, for benchstat. A line has the median of one block; a
// result without blocks has one line. Wrong outputs have none.
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
