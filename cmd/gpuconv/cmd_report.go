package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gpuconv/experiment"
	"gpuconv/experiment/page"
	"gpuconv/fault"
	"gpuconv/param"
	"gpuconv/stimuli"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// reportFlags are the flags of gpuconv report.
type reportFlags struct {
	html, tuning string
	saving       saving
}

func newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:         "report DIR",
		Annotations: map[string]string{alwaysWrites: ""},
		Short:       "One page about a folder of gpuconv run: figures, agreement, speed, a viewer",
		Long: "report writes one HTML page about a folder that gpuconv run wrote. The page loads nothing else. It has\n" +
			"what was asked, the device, how the outputs agree with the reference, the speed beside what the device\n" +
			"can do at most, the figures, and a viewer: a slider over images that shows each with its activations, and\n" +
			"their values under the pointer. Its data are at most 5.4 MiB; the page says what was left out.\n\n" +
			"report refuses a folder whose files differ from run.json. To show the images it draws them again\n" +
			"from the flags in run.json, or reads the files that these flags name, relative to the current folder.\n" +
			"If it cannot, a line says why, and the page has the activations only.",
		Example: "  gpuconv run --orientations 0:180:15 --output out\n" +
			"  gpuconv report out\n" +
			"  gpuconv tuning --input out --at mean --output tuned\n" +
			"  gpuconv report out --tuning tuned --html page.html",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usage(errors.New("report: want one folder of gpuconv run"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.saving.register(cmd)
	cmd.Flags().StringVar(&f.html, "html", "", "the page to write; report.html in the folder if not given")
	fileFlag(cmd.Flags(), &f.tuning, "tuning",
		"a folder of gpuconv tuning about this run; without it the first one that lies in the folder")
	return fileArguments(cmd)
}

// pageName is the name of the page in the folder of a run.
const pageName = "report.html"

// run checks the folder and writes the page.
func (f *reportFlags) run(ctx context.Context, folder string, stdout, stderr io.Writer) error {
	if err := wantFolder(folder, "of gpuconv run"); err != nil {
		return err
	}
	path := f.html
	if path == "" {
		path = filepath.Join(folder, pageName)
	}
	to := f.saving.output("html", path)
	if err := to.checkFile(); err != nil {
		return err
	}
	audit, err := experiment.AuditFolder(ctx, folder)
	if err != nil || ctx.Err() != nil {
		return aboutFolder(ctx, folder, err)
	}
	if len(audit.Wrong) > 0 {
		return &fault.Error{Argument: folder, Rule: fmt.Sprintf("%d of %d files differ from run.json: "+
			"want an unchanged folder; gpuconv check names them", len(audit.Wrong), len(audit.Files))}
	}
	if err := f.spare(to, folder, audit); err != nil {
		return err
	}
	again, err := flagsOfRun(ctx, folder)
	var notes []string
	if err != nil {
		notes = append(notes, "the flags in run.json cannot be used again: "+oneLine(err.Error()))
	}
	p := runPage{folder: folder, tuning: f.tuning, to: to, run: again, notes: notes, later: true,
		roofed: again.reserveRoof}
	return p.write(ctx, stdout, stderr)
}

// spare refuses a page in place of a file that it is made from: run.json, the files that run.json lists, and those
// of the tuning. Links to them are refused too.
func (f *reportFlags) spare(to output, folder string, audit *experiment.Audit) error {
	page, err := os.Stat(to.path)
	if err != nil {
		return nil // a new file
	}
	sources := []string{filepath.Join(folder, "run.json")}
	for _, file := range audit.Files {
		sources = append(sources, filepath.Join(folder, file.Name))
	}
	if tuned := f.tuningOf(folder); tuned != "" {
		entries, _ := os.ReadDir(tuned) // a folder that cannot be read is refused later
		for _, e := range entries {
			sources = append(sources, filepath.Join(tuned, e.Name()))
		}
	}
	for _, source := range sources {
		if info, err := os.Stat(source); err == nil && os.SameFile(info, page) {
			return refused(to.flag, to.path, fmt.Errorf("the page is made from %s: want another name",
				fault.Printable(source)))
		}
	}
	return nil
}

// tuningOf returns the folder of gpuconv tuning about the run in a folder, or "".
func (f *reportFlags) tuningOf(folder string) string {
	if f.tuning != "" {
		return f.tuning
	}
	return page.FindTuning(folder)
}

// flagsOfRun returns the flags of the run that wrote a folder.
func flagsOfRun(ctx context.Context, folder string) (*runFlags, error) {
	var f runFlags
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	f.register(flags)
	if _, err := readAgain(ctx, filepath.Join(folder, "run.json"), flags); err != nil {
		return nil, err
	}
	f.typed = typedFlags(flags)
	if err := f.refuse(flags); err != nil {
		return nil, err
	}
	return &f, nil
}

// runPage is the page about the folder of a run.
type runPage struct {
	folder, tuning string
	to             output
	run            *runFlags   // of the run; nil: they cannot be used
	notes          []string    // what the page lacks, and why
	later          bool        // another process made the run
	roofed         func() bool // there is room to measure what the device can do at most
}

// write writes the page, and says what is on it.
func (p runPage) write(ctx context.Context, stdout, stderr io.Writer) error {
	r, err := page.Read(ctx, p.folder)
	if err != nil {
		return aboutFolder(ctx, p.folder, err)
	}
	if err := p.readTuning(ctx, r); err != nil {
		return err
	}
	look, sets, err := p.look(ctx, r)
	if err != nil {
		return err
	}
	defer closeSets(sets)
	r.Notes = append(r.Notes, p.notes...)
	if r.Report.Roof == nil && p.run != nil && p.roofed() {
		r.Report.Roof = p.run.roof(ctx, r.Report.Backend)
		r.RoofNow = r.Report.Roof != nil
	}
	if err := r.Look(ctx, look); err != nil {
		return aboutFolder(ctx, p.folder, err)
	}
	if err := p.to.writeFile(r.WriteHTML); err != nil {
		return err
	}
	for _, note := range r.Notes {
		printLine(stderr, "gpuconv: note: %s", oneLine(note))
	}
	printLine(stdout, "wrote     %s: %s", fault.Printable(p.to.path), r.Viewer.Shows())
	return nil
}

// readTuning adds the tuning of the run to the page, if there is one.
func (p runPage) readTuning(ctx context.Context, r *page.Run) error {
	folder := p.tuning
	if folder == "" {
		folder = page.FindTuning(p.folder)
	}
	if folder == "" {
		return nil
	}
	err := r.ReadTuning(ctx, folder)
	switch {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case p.tuning != "":
		return failed("tuning", folder, err)
	}
	r.Notes = append(r.Notes, fmt.Sprintf("%s is left out: %s", fault.Printable(folder), oneLine(fault.Plain(err))))
	return nil
}

// look opens the images of the run again, and says how to draw. The caller closes the sets.
func (p *runPage) look(ctx context.Context, r *page.Run) (l page.Look, sets []stimuli.Set, err error) {
	if p.run == nil {
		return l, nil, nil
	}
	if l.Drawn, _, err = p.run.figures.panels(len(p.run.stimuli) == 0 && p.run.filters == ""); err != nil {
		return l, nil, err
	}
	sets, err = p.run.openStimuli(ctx)
	if ctx.Err() != nil {
		return l, sets, ctx.Err()
	}
	if err == nil {
		l.Images, err = sameImages(sets, r)
	}
	if err != nil {
		p.notes = append(p.notes, "the images are left out: "+oneLine(err.Error()))
	} else if files := slices.DeleteFunc(slices.Clone(p.run.stimuli), isPattern); p.later && len(files) > 0 {
		p.notes = append(p.notes, "the images are read again from "+strings.Join(files, ", ")+
			"; their pixels were not compared with those of the run")
	}
	colour, _ := p.run.inputs.images.options(r.Report.StimuliShape.C())
	l.RGB = colour.Colour == stimuli.RGB
	return l, sets, nil
}

// sameImages returns the set that is described as stimuli.csv describes the images of a run.
func sameImages(sets []stimuli.Set, r *page.Run) (stimuli.Set, error) {
	want, err := csvOf(r.Images)
	if err != nil {
		return nil, err
	}
	for _, set := range sets {
		if set.Shape() != r.Report.StimuliShape {
			continue
		}
		table, err := set.Table()
		if err != nil {
			return nil, err
		}
		written, err := csvOf(table)
		if err != nil {
			return nil, err
		}
		if table, err = param.ReadCSV(bytes.NewReader(written), table.Subject); err != nil {
			return nil, err
		}
		if written, err = csvOf(table); err != nil || bytes.Equal(written, want) {
			return set, err
		}
	}
	return nil, errors.New("the flags in run.json name other images now: want those of stimuli.csv")
}

// csvOf returns a table as CSV.
func csvOf(t *param.Table) ([]byte, error) {
	var text bytes.Buffer
	err := t.WriteCSV(&text)
	return text.Bytes(), err
}
