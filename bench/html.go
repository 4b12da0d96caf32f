package bench

import (
	_ "embed" // the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"gpuconv/internal/statistics"
)

//go:embed page.html
var pageText string

// WriteHTML writes the report as one page that loads nothing else: machine, method, the given pictures, gains and
// losses, all results and commands. Names from the report are escaped, whatever they contain.
func (r Report) WriteHTML(w io.Writer, pictures []Picture) error {
	r = r.Printable().prepared()
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return about("page", err)
	}
	return page.Execute(w, r.page(pictures))
}

// page is the data of page.html.
type page struct {
	Report   Report
	Title    string
	Started  string
	Rows     []pageRow
	Compile  []pageCompile
	Ratios   []pageRatio
	Losses   int // how many of Ratios
	Backends []pageBackend
	Absent   []BackendInfo
	Peers    bool // whether a peer was timed
	Pictures []pagePicture
	Notes    []string
	Commands []string
}

type pagePicture struct {
	Picture
	Source template.URL // a data URL with the whole picture
}

type pageBackend struct {
	Name, Device, Driver, Roof string
	Software                   bool
}

// pageRow is a case on a backend. If its output was wrong, Wrong says so, and there are no figures.
type pageRow struct {
	Case, Backend, Algorithm                    string
	ImagesPerS, Total, Low, High                string
	Samples                                     int
	Outliers                                    int
	Upload, Kernel, Readback                    string
	GFLOPS, GBPS, Intensity, PercentOfRoof, CPU string
	Wrong                                       string
}

type pageCompile struct{ Case, Backend, Algorithm, Cache, Median, Low, High string }

// pageRatio compares the throughput of a case on two backends: Ratio is that of Ours divided by that of Other. Low and
// High are the ends of its 95 % interval.
type pageRatio struct {
	Case, Ours, Other, Ratio, Low, High string
	Verdict                             string
	Loss                                bool
}

func (r Report) page(pictures []Picture) page {
	p := page{Report: r, Title: "Throughput of suite " + strings.ReplaceAll(r.Run.Suite, "+", " and "),
		Started: r.Run.Started.UTC().Format(time.DateTime) + " UTC"}
	for _, picture := range pictures {
		// safe: it contains nothing but base64
		source := template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(picture.SVG))
		p.Pictures = append(p.Pictures, pagePicture{picture, source})
	}
	for _, b := range r.Backends {
		p.addBackend(r, b)
	}
	for _, c := range r.Cases {
		for _, b := range r.Backends {
			if x, ok := r.find(c, b, PhaseTotal, ""); ok {
				p.Rows = append(p.Rows, r.pageRow(c, b, x))
			}
		}
		p.addRatios(r, c)
	}
	p.addCompile(r)
	p.Notes = r.notes()
	p.Commands = commands(r)
	return p
}

func (p *page) addBackend(r Report, b BackendInfo) {
	if b.Absent != "" {
		p.Absent = append(p.Absent, b)
		return
	}
	p.Peers = p.Peers || b.Peer
	row := pageBackend{Name: r.name(b), Device: b.Device, Driver: b.Driver, Roof: "not measured", Software: b.Software}
	if b.Roof != nil {
		row.Roof = b.Roof.rates(", ")
	}
	p.Backends = append(p.Backends, row)
}

func (r Report) pageRow(c CaseInfo, b BackendInfo, x Result) pageRow {
	row := pageRow{Case: readable(c), Backend: r.name(b), Algorithm: x.Algorithm, Wrong: x.Why}
	if !x.Correct {
		if row.Wrong == "" {
			row.Wrong = "wrong"
		}
		return row
	}
	row.ImagesPerS, row.Total, row.Low, row.High = optional(x.ImagesPerS), duration(x.Median), "–", "–"
	if x.Samples > 1 {
		row.Low, row.High = duration(x.CILow), duration(x.CIHigh)
	}
	row.Samples, row.Outliers = x.Samples, len(x.Outliers)
	row.GFLOPS, row.GBPS, row.Intensity = optional(x.GFLOPS), optional(x.GBPS), statistics.Digits(c.Intensity)
	row.PercentOfRoof, row.CPU = "–", "–"
	if x.PercentOfRoofline != nil {
		row.PercentOfRoof = fmt.Sprintf("%.0f %%", *x.PercentOfRoofline)
	}
	if x.CPUMedian != nil {
		row.CPU = duration(*x.CPUMedian)
	}
	row.Upload, row.Kernel, row.Readback = r.phases(c, b)
	return row
}

// phases returns how long upload, kernel and readback took, or dashes for a backend that does not copy to a device.
func (r Report) phases(c CaseInfo, b BackendInfo) (upload, kernel, readback string) {
	texts := []string{"–", "–", "–"}
	if _, copies := r.find(c, b, PhaseUpload, ""); copies {
		for i, phase := range []string{PhaseUpload, PhaseKernel, PhaseReadback} {
			if x, ok := r.find(c, b, phase, ""); ok && x.Correct {
				texts[i] = duration(x.Median)
			}
		}
	}
	return texts[0], texts[1], texts[2]
}

// readable returns a case's name with spaces, at which a table can break it.
func readable(c CaseInfo) string { return strings.ReplaceAll(c.Case, "/", " ") }

// addRatios compares a case on backends of gpuconv with the same number of threads: the CPU engine and the GPU with
// each peer, and the GPU with the CPU engine.
func (p *page) addRatios(r Report, c CaseInfo) {
	for _, mine := range r.Backends {
		ours, ok := r.total(c, mine)
		if !ok || mine.Peer || mine.Backend == "reference" {
			continue
		}
		for _, other := range r.Backends {
			theirs, ok := r.total(c, other)
			against := other.Peer && mine.Threads == other.Threads || mine.Backend == "gpu" &&
				other.Backend == "cpu" && mine.Threads == other.Threads
			if ok && against {
				ratio := newPageRatio(readable(c), r.name(mine), r.name(other), theirs, ours)
				p.Ratios = append(p.Ratios, ratio)
				if ratio.Loss {
					p.Losses++
				}
			}
		}
	}
}

// newPageRatio compares two results of a case. It is a loss or a gain if the 95 % interval of the ratio leaves out 1.
func newPageRatio(name, ours, other string, theirs, mine Result) pageRatio {
	ratio := theirs.interval().Over(mine.interval())
	p := pageRatio{Case: name, Ours: ours, Other: other, Ratio: statistics.Digits(ratio.Median),
		Low:  statistics.Digits(ratio.Low),
		High: statistics.Digits(ratio.High), Verdict: "no difference seen"}
	switch {
	case theirs.Samples < 2 || mine.Samples < 2: // their noise is not known
		p.Low, p.High, p.Verdict = "–", "–", "one sample"
	case ratio.High < 1:
		p.Loss, p.Verdict = true, "loss"
	case ratio.Low > 1:
		p.Verdict = "gain"
	}
	return p
}

// addCompile adds how long compiling took on GPUs, with one row for all cases that share a program.
func (p *page) addCompile(r Report) {
	seen := map[pageCompile]bool{}
	for _, x := range r.Results {
		b, _ := r.backendOf(x)
		if x.Phase != PhaseCompile || !x.Correct || x.Cache == "" {
			continue
		}
		row := pageCompile{Backend: r.name(b), Algorithm: x.Algorithm, Cache: x.Cache, Median: duration(x.Median),
			Low: duration(x.CILow), High: duration(x.CIHigh)}
		if !seen[row] { // cases that share a program share the time
			seen[row] = true
			c, _ := r.caseOf(x)
			row.Case = readable(c)
			p.Compile = append(p.Compile, row)
		}
	}
}

// notes returns the lines of writeNotes, about what is missing or wrong.
func (r Report) notes() []string {
	var text strings.Builder
	r.writeNotes(&text)
	var all []string
	for line := range strings.Lines(text.String()) {
		all = append(all, strings.Join(strings.Fields(line), " "))
	}
	return all
}

// commands returns the commands that made the report.
func commands(r Report) []string {
	all := strings.Split(strings.Join(r.Run.Command, " "), " && ")
	for _, b := range r.Backends {
		if b.Command != "" {
			all = append(all, b.Command)
		}
	}
	return union(nil, all, itself)
}
