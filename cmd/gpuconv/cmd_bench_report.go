package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"gpuconv/bench"
	"gpuconv/fault"
	"gpuconv/figure"
	"gpuconv/whole"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// benchReportFlags are what gpuconv bench report is asked for.
type benchReportFlags struct {
	pictures     benchPictures
	json, format string
}

func newBenchReport() *cobra.Command {
	var f benchReportFlags
	cmd := &cobra.Command{
		Use:   "report IN.json…",
		Short: "A table, a page and pictures of stored reports, several as one",
		Long: "report shows what gpuconv bench --json and bench/peers/peers.py wrote. Several reports of one machine and one program become\n" +
			"one: what more than one of them timed is pooled, block by block. Runs of GOMAXPROCS=2 gpuconv bench --backend cpu and so on\n" +
			"together show how the CPU engine scales over cores.",
		Example: "  gpuconv bench report ours.json peers.json --html report.html --plots plots\n" +
			"  gpuconv bench report first.json second.json --json both.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(errors.New("bench report: want at least one report, as gpuconv bench --json writes them"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(args, cmd.OutOrStdout()) },
	}
	f.pictures.add(cmd.Flags())
	cmd.Flags().StringVar(&f.json, "json", "", "write the reports as one")
	cmd.Flags().StringVar(&f.format, "format", "text", "text, or go: Go's benchmark format, for benchstat")
	return cmd
}

func (f *benchReportFlags) run(paths []string, stdout io.Writer) error {
	if f.format != "text" && f.format != "go" {
		return usage(fmt.Errorf("--format %q: want text or go", f.format))
	}
	if err := (output{"json", f.json}).checkFile(); err != nil {
		return err
	}
	if err := f.pictures.validate(); err != nil {
		return err
	}
	r, err := mergedBench(paths)
	if err != nil {
		return err
	}
	if f.json != "" {
		if err := (output{"json", f.json}).writeFile(r.Write); err != nil {
			return err
		}
	}
	if err := f.pictures.write(r); err != nil {
		return err
	}
	return (&benchFlags{format: f.format}).print(r, stdout)
}

// mergedBench reads reports and makes one of them.
func mergedBench(paths []string) (bench.Report, error) {
	var all []bench.Report
	for _, path := range paths {
		r, err := readBench(path)
		if err != nil {
			err = fmt.Errorf("%s: %w", fault.Printable(path), whole.Cause(err))
			if errors.Is(err, fs.ErrNotExist) {
				return bench.Report{}, usage(err)
			}
			return bench.Report{}, err
		}
		all = append(all, r)
	}
	r, err := bench.Merge(all...)
	if err != nil {
		return bench.Report{}, without(err, "bench: ")
	}
	return r, nil
}

// benchPictures are the page and the folder of pictures of a report.
type benchPictures struct{ html, plots string }

func (p *benchPictures) add(flags *pflag.FlagSet) {
	flags.StringVar(&p.html, "html", "", "write the report as one page that loads nothing else, with pictures")
	flags.StringVar(&p.plots, "plots", "", "write the pictures into this new or empty folder, as PNG and SVG")
}

// validate refuses what can be seen not to be written.
func (p *benchPictures) validate() error {
	if err := p.page().checkFile(); err != nil {
		return err
	}
	if p.plots == "" {
		return nil
	}
	return p.folder().checkFolder()
}

func (p *benchPictures) page() output   { return output{"html", p.html} }
func (p *benchPictures) folder() output { return output{"plots", p.plots} }

// write draws what was asked for.
func (p *benchPictures) write(r bench.Report) error {
	if p.html == "" && p.plots == "" {
		return nil
	}
	var drawings []bench.Drawing
	var charts []*figure.Chart
	for _, g := range r.Graphs() {
		chart, err := benchChart(g)
		if err != nil {
			return err
		}
		var svg bytes.Buffer
		if err := chart.WriteSVG(&svg); err != nil {
			return err
		}
		charts = append(charts, chart)
		drawings = append(drawings, bench.Drawing{Graph: g, SVG: svg.Bytes()})
	}
	if p.plots != "" {
		if err := savePlots(p.folder(), drawings, charts); err != nil {
			return err
		}
	}
	if p.html == "" {
		return nil
	}
	return p.page().writeFile(func(w io.Writer) error { return r.WriteHTML(w, drawings) })
}

// savePlots writes all pictures into a folder, or none.
func savePlots(to output, drawings []bench.Drawing, charts []*figure.Chart) error {
	if len(charts) == 0 {
		return failed(to.flag, to.path, errors.New("the report has no figure to draw"))
	}
	out, err := to.createFolder()
	if err != nil {
		return err
	}
	defer out.Discard()
	for i, d := range drawings {
		for extension, write := range map[string]func(io.Writer) error{".png": charts[i].WritePNG, ".svg": charts[i].WriteSVG} {
			if err := out.write(d.ID+extension, write); err != nil {
				return err
			}
		}
	}
	return out.commit()
}

// benchChart draws a graph of a report.
func benchChart(g bench.Graph) (*figure.Chart, error) {
	drawn := figure.Graph{Title: g.Title, Note: g.Note, XLabel: g.XLabel, YLabel: g.YLabel, LogX: g.LogX, LogY: g.LogY, XTicks: g.XTicks, XNames: g.XNames}
	for _, c := range g.Curves {
		s := figure.Series{Name: c.Name, X: c.X, Y: c.Y, Low: c.Low, High: c.High, Style: figure.Dotted, Dashed: c.Dashed, Color: c.Color}
		switch {
		case c.Points:
			s.Style = figure.Points
		case c.Line:
			s.Style = figure.Solid
		}
		drawn.Series = append(drawn.Series, s)
	}
	return drawn.Chart()
}
