package bench

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"gpuconv/figure"

	"gonum.org/v1/gonum/stat"
)

// graphs returns the data of all pictures that have points. A series is of a backend, in the colour of its place in the
// report, or a grey line to compare with.
func (r Report) graphs() (shown []Picture) {
	r = r.Printable().prepared()
	var all []Picture
	for _, cases := range grouped(r.Cases, CaseInfo.graph) {
		all = append(all, r.throughput(cases))
	}
	for _, cases := range grouped(r.Cases, func(c CaseInfo) string { return c.Suite }) {
		all = append(all, r.besidePeers(cases))
	}
	note := r.note()
	for _, g := range append(all, r.roofline(), r.ratios(), r.scaling()) {
		g.Note = note
		drawn := false
		g.Series = slices.DeleteFunc(g.Series, func(c figure.Series) bool { return len(c.X)+len(c.Missing) == 0 })
		for _, c := range g.Series {
			drawn = drawn || c.Style != figure.Solid && len(c.X) > 0
			if len(c.Missing) > 0 {
				g.Note = strings.TrimPrefix(note+"; a cross at the lower edge: no time", "; ")
			}
		}
		if drawn {
			shown = append(shown, g)
		}
	}
	return shown
}

// graph returns a key that is the same for cases of one graph of throughput: the layers of a suite, or the other cases
// of a suite and a group.
func (c CaseInfo) graph() key {
	if c.Layer != "" {
		return key{suite: c.Suite}
	}
	return key{suite: c.Suite, name: "/" + c.Group}
}

// note names the backends that were absent, which have no curve, and counts the wrong outputs, which have no point.
// Every picture has this note.
func (r Report) note() string {
	var parts []string
	for _, b := range r.Backends {
		if absent := b.Backend + " was absent"; b.Absent != "" && !slices.Contains(parts, absent) {
			parts = append(parts, absent)
		}
	}
	if wrong := r.Wrong(); wrong > 0 {
		parts = append(parts, fmt.Sprintf("%d wrong outputs have no point", wrong))
	}
	return strings.Join(parts, "; ")
}

// name returns the name of a backend for a legend. It adds the device of a peer that does not run on the processor.
func (r Report) name(b BackendInfo) string {
	if b.Peer && b.Device != "" && b.Device != r.Machine.CPU {
		return b.Label() + ", on " + b.Device
	}
	return b.Label()
}

// slug makes a name safe as a part of a file's name: lower case, with dashes for all but letters and digits.
func slug(name string) string {
	return regexp.MustCompile("[^a-z0-9]").ReplaceAllString(strings.ToLower(name), "-")
}

// axisLabel returns the label for the value that varies in a group of cases: an axis, or the batch if group is "".
func axisLabel(group string) string {
	return cmp.Or(map[string]string{"": "images in a batch, N", "kernel": "rows and columns of the kernel",
		"channels": "channels in, and as many out", "size": "rows and columns of the image (pixels)",
		"stride": "stride (pixels)"}[group], group)
}

// throughput returns the graph of throughput of some cases of a suite: images per second over the value that varies or,
// for layers of networks, GFLOP/s side by side.
func (r Report) throughput(cases []CaseInfo) Picture {
	if cases[0].Layer != "" {
		return r.ofLayers(cases)
	}
	suite, group := cases[0].Suite, cases[0].Group
	g := Picture{ID: strings.TrimSuffix("throughput-"+slug(suite)+"-"+slug(group), "-"),
		Graph: figure.Graph{Title: "Throughput, suite " + suite, XLabel: axisLabel(group), YLabel: "images/s",
			LogX: true, LogY: true},
		Caption: "Images per second, end to end, with the copies to and from the device. Bars are 95 % confidence " +
			"intervals of the median."}
	if group != "" {
		g.Title += ", over " + group
	}
	cases = g.overX(cases)
	for i, b := range r.Backends {
		s := figure.Series{Name: r.name(b), Color: i, Style: figure.LinePoints, Dashed: b.Peer}
		g.addCurve(r, s, b, cases, func(_ int, c CaseInfo) (float64, value, bool) {
			v, ok := r.rate(c, b, float64(c.N))
			return c.X, v, ok
		})
	}
	return g
}

func (r Report) ofLayers(cases []CaseInfo) Picture {
	suite := cases[0].Suite
	g := Picture{ID: "throughput-" + slug(suite),
		Graph: figure.Graph{Title: "Throughput, suite " + suite, YLabel: "GFLOP/s", LogY: true},
		Caption: "Two operations for each multiplication of the direct form, whatever an algorithm saves, end to " +
			"end. Bars are 95 % confidence intervals of the median."}
	g.addNames(cases)
	for i, b := range r.Backends {
		s := figure.Series{Name: r.name(b), Color: i, Style: figure.Points}
		g.addCurve(r, s, b, cases, func(at int, c CaseInfo) (float64, value, bool) {
			v, ok := r.rate(c, b, 2e-9*c.MACs)
			return float64(at) + beside(i, len(r.Backends)), v, ok
		})
	}
	return g
}

// total returns the end-to-end result of a case on a backend, if there is one and its output was right.
func (r Report) total(c CaseInfo, b BackendInfo) (Result, bool) {
	x, ok := r.find(c, b, PhaseTotal)
	return x, ok && x.Correct
}

// roofline shows every case of every backend against the roofs that were measured (Williams, Waterman & Patterson,
// Roofline, CACM 52(4), 2009).
func (r Report) roofline() Picture {
	g := Picture{ID: "roofline", Graph: figure.Graph{Title: "Roofline", XLabel: "arithmetic intensity (FLOP/byte)",
		YLabel: "GFLOP/s", LogX: true, LogY: true},
		Caption: "Every case that was timed: operations of the direct form, bytes of images, weights and outputs " +
			"once each. Dashed roofs are what probes reached on the same device beside the runs: multiply-adds on " +
			"registers, and a copy of memory. A point lies above a roof if the algorithm saves multiplications, " +
			"which count all the same, or if data stayed in caches."}
	lo, hi := math.Inf(1), 0.0
	for _, x := range r.Results {
		c, _ := r.caseOf(x)
		lo, hi = min(lo, c.Intensity), max(hi, c.Intensity)
	}
	drawn := map[string]bool{}
	var roofs []figure.Series
	for i, b := range r.Backends {
		s := figure.Series{Name: r.name(b), Color: i, Style: figure.Points}
		timed := g.addCurve(r, s, b, r.Cases, func(_ int, c CaseInfo) (float64, value, bool) {
			v, ok := r.rate(c, b, 2e-9*c.MACs)
			return c.Intensity, v, ok
		})
		if timed && b.Roof != nil && !drawn[b.Roof.rates("")] {
			drawn[b.Roof.rates("")] = true
			roofs = append(roofs, roofCurve(b, i, lo/2, hi*2))
		}
	}
	g.Series = append(g.Series, roofs...)
	return g
}

// roofCurve returns a backend's roof from lo to hi FLOP per byte, as a line that becomes level at its ridge point:
// where both peak rates allow the same GFLOP/s.
func roofCurve(b BackendInfo, color int, lo, hi float64) figure.Series {
	roof := *b.Roof
	c := figure.Series{Name: "roof of " + b.columnName() + ": " + roof.rates(", "),
		Color: color, Style: figure.Solid, Dashed: true}
	for _, x := range []float64{lo, roof.GFLOPS / roof.GBPS, hi} {
		if x >= lo && x <= hi {
			c.X, c.Y = append(c.X, x), append(c.Y, roof.At(x))
		}
	}
	return c
}

// ratios returns the graph of GPU against CPU. It shows the throughput of the GPU, and of peers on a GPU, divided by
// that of the CPU engine with the most threads. Each has two lines: with the copies to and from the device, and the
// kernels alone. The ratio is over the number of images in a batch.
func (r Report) ratios() Picture {
	g := Picture{ID: "gpu-cpu-ratio", Graph: figure.Graph{Title: "Software renderer against the CPU engine",
		XLabel: axisLabel(""), YLabel: "ratio of images/s", LogX: true, LogY: true},
		Caption: "Above 1 the device is faster than the CPU engine with all threads. With transfers: from images " +
			"in memory to outputs in memory, which is what a user waits for. " +
			"Without: the kernels alone. Bars are 95 % confidence intervals of the ratio."}
	engine, ok := r.engine()
	if !ok {
		return Picture{}
	}
	for i, b := range r.Backends {
		if b.Backend != "gpu" && !b.Peer {
			continue
		}
		for _, phase := range []string{PhaseTotal, PhaseKernel} {
			line := figure.Series{Name: r.name(b) + ", with transfers", Color: i, Style: figure.LinePoints}
			if phase == PhaseKernel {
				line.Name, line.Dashed = r.name(b)+", kernels alone", true
			}
			ratio := func(_ int, c CaseInfo) (float64, value, bool) {
				_, copies := r.find(c, b, PhaseUpload)
				device, ok := r.find(c, b, phase)
				host, timed := r.total(c, engine)
				return c.X, over(device, host), copies && ok && device.Correct && timed
			}
			cases := g.overX(slices.DeleteFunc(slices.Clone(r.Cases), func(c CaseInfo) bool {
				_, _, ok := ratio(0, c)
				return !ok || c.Group != "" // in a group, such as an axis of a sweep, the batch is not what varies
			}))
			if g.addCurve(r, line, b, cases, ratio) && !b.Software {
				g.Title = "GPU against the CPU engine"
			}
		}
	}
	if n := len(g.XTicks); n > 0 {
		g.addLine("as fast as "+engine.Label(), [2]float64{g.XTicks[0], g.XTicks[n-1]}, [2]float64{1, 1}, false)
	}
	return g
}

func (r Report) engine() (most BackendInfo, ok bool) {
	for _, b := range r.Backends {
		if b.Backend == "cpu" && b.Absent == "" && b.Threads > most.Threads {
			most, ok = b, true
		}
	}
	return most, ok
}

// scaling returns the graph of the speed-up over one thread, for each backend that was timed with several numbers of
// threads: the geometric mean over all cases, with the smallest and the largest as error bars.
func (r Report) scaling() Picture {
	g := Picture{ID: "scaling", Graph: figure.Graph{Title: "Scaling over cores", XLabel: "threads",
		YLabel: "speed-up over 1 thread"},
		Caption: "Geometric mean of all cases; bars reach from the case that gains least to the one that gains most."}
	most := 1
	for _, same := range grouped(r.Backends, func(b BackendInfo) string { return b.Backend }) {
		b := same[0]
		line := figure.Series{Name: b.Backend, Color: slices.Index(r.Backends, b), Style: figure.LinePoints,
			Dashed: b.Peer}
		if b.Backend == "cpu" {
			line.Name = "CPU engine, " + b.ISA
		}
		slices.SortStableFunc(same, func(a, b BackendInfo) int { return a.Threads - b.Threads })
		for _, other := range same {
			gains := r.gains(other)
			if len(gains) == 0 {
				continue
			}
			mean := stat.GeometricMean(gains, nil)
			line.X, line.Y = append(line.X, float64(other.Threads)), append(line.Y, mean)
			line.Low = append(line.Low, min(slices.Min(gains), mean))
			line.High = append(line.High, max(slices.Max(gains), mean))
			most = max(most, other.Threads)
		}
		if len(line.X) > 1 {
			g.Series = append(g.Series, line)
		}
	}
	for n := 1; n < most; n *= 2 {
		g.XTicks = append(g.XTicks, float64(n))
	}
	end := float64(most)
	g.XTicks = append(g.XTicks, end)
	g.addLine("ideal", [2]float64{1, end}, [2]float64{1, end}, true)
	return g
}

// gains returns the speed-up of each case on a backend over the same backend with one thread, if it was timed on both.
func (r Report) gains(b BackendInfo) (all []float64) {
	single := b
	single.Threads = 1
	for _, c := range r.Cases {
		one, ok := r.total(c, single)
		many, timed := r.total(c, b)
		if ok && timed {
			all = append(all, one.Median/many.Median)
		}
	}
	return all
}
