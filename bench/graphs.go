package bench

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gpuconv/figure"

	"gonum.org/v1/gonum/stat"
)

// neutral is the colour of lines that do not belong to a backend.
const neutral = -1

// graphs returns the data of all pictures: throughput, peers, the roofline, GPU against CPU, and scaling over cores. It
// leaves out graphs without points. A series is of a backend, in the colour of its place in the report, or a grey line
// to compare with.
func (r Report) graphs() []Picture {
	r = r.Printable().prepared()
	graphs := slices.Concat(r.throughput(), r.besidePeers(), []Picture{r.roofline(), r.ratios(), r.scaling()})
	note := r.note()
	shown := graphs[:0]
	for _, g := range graphs {
		g.Series = slices.DeleteFunc(g.Series, func(c figure.Series) bool { return len(c.X)+len(c.Missing) == 0 })
		drawn := func(c figure.Series) bool { return c.Style != figure.Solid && len(c.X) > 0 }
		if slices.ContainsFunc(g.Series, drawn) {
			g.Note = note
			if slices.ContainsFunc(g.Series, func(c figure.Series) bool { return len(c.Missing) > 0 }) {
				g.Note = strings.TrimPrefix(note+"; a cross at the lower edge: no time", "; ")
			}
			shown = append(shown, g)
		}
	}
	return shown
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

// throughput returns the graphs of throughput. Cases without layers have a graph for each suite, or for each axis of a
// sweep: images per second over the value that varies. Layers of networks are side by side in one graph of GFLOP/s.
func (r Report) throughput() (all []Picture) {
	done := map[key]bool{}
	for _, c := range r.Cases {
		k := key{suite: c.Suite}
		if c.Layer == "" {
			k.name = "/" + c.Group
		}
		switch {
		case done[k]:
		case c.Layer != "":
			all = append(all, r.ofLayers(c.Suite))
		default:
			all = append(all, r.overAxis(c.Suite, c.Group))
		}
		done[k] = true
	}
	return all
}

// byX returns the cases in the order of X, which is that of the points of a line.
func (r Report) byX() []CaseInfo {
	return slices.SortedStableFunc(slices.Values(r.Cases), func(a, b CaseInfo) int { return cmp.Compare(a.X, b.X) })
}

// slug makes a name safe as a part of a file's name: lower case, with dashes for all but letters and digits.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}

// axisLabel returns the label for the value that varies in a group of cases: an axis, or the batch if group is "".
func axisLabel(group string) string {
	label, known := map[string]string{"": "images in a batch, N", "kernel": "rows and columns of the kernel",
		"channels": "channels in, and as many out", "size": "rows and columns of the image (pixels)",
		"stride": "stride (pixels)"}[group]
	if !known {
		return group
	}
	return label
}

// overAxis returns the graph of images per second of a suite's cases in a group, over the value that varies.
func (r Report) overAxis(suite, group string) Picture {
	g := Picture{ID: strings.TrimSuffix("throughput-"+slug(suite)+"-"+slug(group), "-"),
		Graph: figure.Graph{Title: "Throughput, suite " + suite, XLabel: axisLabel(group), YLabel: "images/s",
			LogX: true, LogY: true},
		Caption: "Images per second, end to end, with the copies to and from the device. Bars are 95 % confidence " +
			"intervals of the median."}
	if group != "" {
		g.Title += ", over " + group
	}
	cases := slices.DeleteFunc(r.byX(), func(c CaseInfo) bool { return c.Suite != suite || c.Group != group })
	for _, c := range cases {
		g.XTicks = append(g.XTicks, c.X)
	}
	g.XTicks = slices.Compact(g.XTicks)
	for i, b := range r.Backends {
		line := newCurve(r.name(b), i, figure.LinePoints)
		line.many.Dashed = b.Peer
		for _, c := range cases {
			line.addRate(r, c, b, c.X, float64(c.N))
		}
		g.draw(line)
	}
	return g
}

// ofLayers returns the graph of GFLOP/s of a suite's layers, side by side in the order of the report.
func (r Report) ofLayers(suite string) Picture {
	g := Picture{ID: "throughput-" + slug(suite),
		Graph: figure.Graph{Title: "Throughput, suite " + suite, YLabel: "GFLOP/s", LogY: true},
		Caption: "Two operations for each multiplication of the direct form, whatever an algorithm saves, end to " +
			"end. Bars are 95 % confidence intervals of the median."}
	cases := g.nameCases(r, suite)
	for i, b := range r.Backends {
		points := newCurve(r.name(b), i, figure.Points)
		for at, c := range cases {
			points.addRate(r, c, b, float64(at)+beside(i, len(r.Backends)), 2e-9*c.MACs)
		}
		g.draw(points)
	}
	return g
}

// nameCases puts the names of a suite's cases on the axis X, and returns the cases.
func (p *Picture) nameCases(r Report, suite string) []CaseInfo {
	cases := slices.DeleteFunc(slices.Clone(r.Cases), func(c CaseInfo) bool { return c.Suite != suite })
	for _, c := range cases {
		p.XNames = append(p.XNames, shortName(c))
	}
	return cases
}

// beside returns how far to the right of a name the point of backend i of n stands.
func beside(i, n int) float64 { return (float64(i) - float64(n-1)/2) * 0.6 / float64(n) }

// total returns the end-to-end result of a case on a backend, if there is one and its output was right.
func (r Report) total(c CaseInfo, b BackendInfo) (Result, bool) {
	x, ok := r.find(c, b, PhaseTotal)
	return x, ok && x.Correct
}

// curve is the curve of a backend. One series has the points with an interval. The other has those of a single sample:
// they are hollow, without error bars and without a line.
type curve struct{ many, single figure.Series }

func newCurve(name string, color int, style figure.Style) *curve {
	return &curve{figure.Series{Name: name, Color: color, Style: style},
		figure.Series{Name: name + ", single samples", Color: color, Style: figure.Points, Hollow: true}}
}

// add adds a point with its error bar. single says that it is of one sample.
func (c *curve) add(x, y, low, high float64, single bool) {
	if s := &c.single; single {
		s.X, s.Y = append(s.X, x), append(s.Y, y)
		return
	}
	s := &c.many
	s.X, s.Y, s.Low, s.High = append(s.X, x), append(s.Y, y), append(s.Low, low), append(s.High, high)
}

// addRate adds the rate of a case on a backend at x: work divided by time. If the report says that the case is missing
// there, it adds the mark for that. A case without work has neither.
func (c *curve) addRate(r Report, of CaseInfo, b BackendInfo, x, work float64) {
	if t, ok := r.total(of, b); ok && work > 0 {
		c.add(x, work/t.Median, work/t.CIHigh, work/t.CILow, t.Samples < 2)
	} else {
		c.miss(r, of, b, x)
	}
}

// addRatio adds the ratio of two results' throughputs at x.
func (c *curve) addRatio(ours, theirs Result, x float64) {
	ratio := theirs.interval().Over(ours.interval())
	c.add(x, ratio.Median, ratio.Low, ratio.High, min(theirs.Samples, ours.Samples) < 2)
}

// miss adds the mark for a missing case at x, if the report says that the case is missing on the backend.
func (c *curve) miss(r Report, of CaseInfo, b BackendInfo, x float64) {
	if _, lost := r.lacks(of.Case, b, ""); lost {
		c.many.Missing = append(c.many.Missing, x)
	}
}

// draw adds the curve to a picture.
func (p *Picture) draw(c *curve) { p.Series = append(p.Series, c.many, c.single) }

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
		points := newCurve(r.name(b), i, figure.Points)
		for _, c := range r.Cases {
			points.addRate(r, c, b, c.Intensity, 2e-9*c.MACs)
		}
		g.draw(points)
		if b.Roof != nil && len(points.many.X)+len(points.single.X) > 0 && !drawn[b.Roof.rates("")] {
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
			line := newCurve(r.name(b)+", with transfers", i, figure.LinePoints)
			if phase == PhaseKernel {
				line = newCurve(r.name(b)+", kernels alone", i, figure.LinePoints)
				line.many.Dashed = true
			}
			for _, c := range r.byX() {
				_, copies := r.find(c, b, PhaseUpload)
				device, ok := r.find(c, b, phase)
				host, timed := r.total(c, engine)
				// In a group, such as an axis of a sweep, the batch is not what varies.
				if !copies || !ok || !device.Correct || !timed || c.Group != "" {
					continue
				}
				g.XTicks = append(g.XTicks, c.X)
				line.addRatio(device, host, c.X)
				if !b.Software {
					g.Title = "GPU against the CPU engine"
				}
			}
			g.draw(line)
		}
	}
	slices.Sort(g.XTicks)
	g.XTicks = slices.Compact(g.XTicks)
	if n := len(g.XTicks); n > 0 {
		g.level("as fast as "+engine.Label(), g.XTicks[0], g.XTicks[n-1])
	}
	return g
}

// level adds a grey line at 1, from lo to hi.
func (p *Picture) level(name string, lo, hi float64) {
	p.Series = append(p.Series, figure.Series{Name: name, X: []float64{lo, hi}, Y: []float64{1, 1}, Color: neutral,
		Style: figure.Solid})
}

// engine returns the CPU engine with the most threads, and whether there is one.
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
	backends := slices.Clone(r.Backends)
	slices.SortStableFunc(backends, func(a, b BackendInfo) int { return a.Threads - b.Threads })
	most, names := 1, map[string]bool{}
	for i, b := range r.Backends {
		if names[b.Backend] {
			continue
		}
		names[b.Backend] = true
		line := newCurve(b.Backend, i, figure.LinePoints)
		if line.many.Dashed = b.Peer; b.Backend == "cpu" {
			line.many.Name = "CPU engine, " + b.ISA
		}
		for _, other := range backends {
			if other.Backend == b.Backend && r.addSpeedUp(line, other) {
				most = max(most, other.Threads)
			}
		}
		if len(line.many.X) > 1 {
			g.draw(line)
		}
	}
	for n := 1; n < most; n *= 2 {
		g.XTicks = append(g.XTicks, float64(n))
	}
	end := float64(most)
	g.XTicks = append(g.XTicks, end)
	g.Series = append(g.Series, figure.Series{Name: "ideal", X: []float64{1, end}, Y: []float64{1, end}, Color: neutral,
		Style: figure.Solid, Dashed: true})
	return g
}

// addSpeedUp adds a point for backend b: its speed-up over the same backend with one thread. It returns false if no
// case was timed on both.
func (r Report) addSpeedUp(line *curve, b BackendInfo) bool {
	single := b
	single.Threads = 1
	var gains []float64
	for _, c := range r.Cases {
		one, ok := r.total(c, single)
		all, timed := r.total(c, b)
		if ok && timed {
			gains = append(gains, one.Median/all.Median)
		}
	}
	if len(gains) == 0 {
		return false
	}
	mean := stat.GeometricMean(gains, nil)
	line.add(float64(b.Threads), mean, min(slices.Min(gains), mean), max(slices.Max(gains), mean), false)
	return true
}
