package bench

import (
	_ "embed" // the page
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"gpuconv/internal/grid"
	"gpuconv/internal/statistics"
	"gpuconv/internal/webpage"
)

//go:embed page.html
var pageText string

// WriteHTML writes the report as one page that loads nothing else: machine, method, the given pictures, gains and
// losses, all results and commands. Names from the report are escaped, whatever they contain.
func (r Report) WriteHTML(w io.Writer, pictures []Picture) error {
	r = r.Printable().prepared()
	page, err := webpage.New(pageText)
	if err != nil {
		return about("page", err)
	}
	return page.Execute(w, r.page(pictures))
}

// page is the data of page.html.
type page struct {
	Style                     template.CSS
	Report                    Report
	Title, Started            string
	Backends, Ratios, Results *grid.Grid
	Losses                    int  // how many rows of Ratios are losses
	Peers                     bool // whether a peer was timed
	Pictures                  []Picture
	Compile, Notes, Commands  []string
}

// Source returns the picture as a data URL, for the page.
func (p Picture) Source() template.URL { return webpage.Picture("image/svg+xml", p.SVG) }

// NarrowSource returns the picture for a phone as a data URL.
func (p Picture) NarrowSource() template.Srcset {
	return template.Srcset(webpage.Picture("image/svg+xml", p.Narrow))
}

func (r Report) page(pictures []Picture) page {
	p := page{Style: webpage.Style(), Report: r,
		Title:    "Throughput of suite " + strings.ReplaceAll(r.Run.Suite, "+", " and "),
		Started:  r.Run.Started.UTC().Format(time.DateTime) + " UTC",
		Backends: r.backends(), Pictures: pictures, Results: r.grid(),
		Compile: lines(r.writeCompile), Notes: lines(r.writeNotes), Commands: commands(r)}
	p.Peers = slices.ContainsFunc(r.Backends, func(b BackendInfo) bool { return b.Peer && b.Absent == "" })
	p.addRatios(r)
	return p
}

// backends lists the backends, by their names in the other tables.
func (r Report) backends() *grid.Grid {
	g := &grid.Grid{Names: []string{"backend", "what", "device", "driver or version", "peak rates"}}
	for _, b := range r.Backends {
		row := []string{b.columnName(), r.name(b), b.Device, b.Driver, "not measured"}
		switch {
		case b.Absent != "":
			row = []string{b.Backend, "absent: " + b.Absent, "", "", ""}
		case b.Software:
			row[2] += " (software: the processor did the work)"
		}
		if b.Roof != nil {
			row[4] = b.Roof.rates(", ")
		}
		g.Add(row...)
	}
	return g
}

// readable returns a case's name with spaces, at which a table can break it.
func readable(name string) string { return strings.ReplaceAll(name, "/", " ") }

// addRatios compares each case on backends of gpuconv with the same number of threads: the CPU engine and the GPU with
// each peer, and the GPU with the CPU engine.
func (p *page) addRatios(r Report) {
	p.Ratios = &grid.Grid{Names: []string{"case", "ours", "other", "ours / other", "95 % interval", "verdict"}}
	for _, c := range r.Cases {
		for _, mine := range r.Backends {
			ours, ok := r.total(c, mine)
			if !ok || mine.Peer || mine.Backend == "reference" {
				continue
			}
			for _, other := range r.Backends {
				theirs, ok := r.total(c, other)
				against := other.Peer || mine.Backend == "gpu" && other.Backend == "cpu"
				if ok && against && mine.Threads == other.Threads {
					text, interval, verdict := ratio(over(ours, theirs))
					p.Ratios.Add(readable(c.Case), mine.columnName(), other.columnName(), text, interval, verdict)
					if verdict == "loss" {
						p.Losses++
					}
				}
			}
		}
	}
}

// ratio returns the cells of a ratio of throughputs: a loss or a gain is one whose 95 % interval leaves out 1.
func ratio(v value) (text, interval, verdict string) {
	text, interval = statistics.Digits(v.Median), statistics.Digits(v.Low)+" … "+statistics.Digits(v.High)
	switch {
	case v.samples < 2: // its noise is not known
		return text, "–", "one sample"
	case v.High < 1:
		return text, interval, "loss"
	case v.Low > 1:
		return text, interval, "gain"
	}
	return text, interval, "no difference seen"
}

// lines returns the lines that write writes, with single spaces.
func lines(write func(io.Writer)) (all []string) {
	var text strings.Builder
	write(&text)
	for line := range strings.Lines(text.String()) {
		all = append(all, strings.Join(strings.Fields(line), " "))
	}
	return all
}

func commands(r Report) []string {
	all := strings.Split(strings.Join(r.Run.Command, " "), " && ")
	for _, b := range r.Backends {
		if b.Command != "" {
			all = append(all, b.Command)
		}
	}
	return union(nil, all, itself)
}
