package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gpuconv/batch"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/npy"
	"gpuconv/param"
	"gpuconv/tuning"
	"gpuconv/tuning/report"

	"github.com/spf13/cobra"
)

// tuningFlags are the flags of gpuconv tuning.
type tuningFlags struct {
	input, table, orientations, output string

	at, normalise, sum string
	linear             bool

	by, phases, over, rdm, negative string
	stimuli, decode                 string
	fit, dry                        bool

	inputs inputs
	saving saving

	figures figureFlags
}

func newTuning() *cobra.Command {
	var f tuningFlags
	cmd := &cobra.Command{
		Use:   "tuning --input DIR --output DIR2",
		Short: "Tuning curves from activations",
		Long: `tuning says how the response of each channel depends on the orientation, the spatial frequency and the phase of
the stimuli. It reads activations [N,C,H,W] and a table of what each image showed, by default activations.npy and
stimuli.csv of a folder that gpuconv run wrote. It writes cells.csv (preferred orientation, circular variance,
selectivity, half-width of a von Mises fit, bandwidth, F1/F0, a line for each cell), curves.csv, tuning.json, pictures
of the curves, and rdm.csv and rdm.png: how much the responses of the population differ between two orientations, or
between two values of another axis.

Other questions: --by contrast or size (or any column, or two), --stimuli (receptive fields), --decode (a readout of the
population). docs/tuning.md has their formulas.

The response of a cell is a value of its channel's map; negative values become 0. Curves over orientation and spatial
frequency take the largest response over the phases; other parameters stay where the cell answers best.

Circular variance, selectivity and F1/F0 are defined for rates, which are not negative (Ringach, Shapley and Hawken
2002). With --linear a curve may go below 0 and has none of them, unless --negative rectifies it or subtracts its
minimum; Mazurek, Kager and Van Hooser (2014) say what to make of such indices. A figure may be left out. Then its place
in the table is empty, and a note says why: for instance, responses that are not finite, a cell that is not tuned
(circular variance above 0.99), or a half-width at the bound of the fit, 45°.

A table is CSV in UTF-8, with the names of its columns in the first line. A cell that is not a number in a column of
numbers is refused, and the error names its line. An empty cell or nan is a missing value.

` + orientationHelp,
		Example: "  gpuconv run --stimulus \"grating orientation=-80:90:20 phase=0:360:45 sf=0.1 image-size=32 centred\" \\\n" +
			"    --filter \"gabor orientation=0:180:45 sf=0.1 quadrature balanced\" --activation energy --output out\n" +
			"  gpuconv tuning --input out --figures pdf --output tuned\n" +
			"  gpuconv tuning --input out --normalise 1,2,0.5 --sum 0+2,1+3 --output sums\n" +
			"  gpuconv tuning --input out --decode orientation --output side\n" +
			"  gpuconv stimuli --kind grating --orientation 0:180:15 --sf 0.1 --image-size 32 --centred --output x.npy\n" +
			"  gpuconv filters --kind gabor --orientation 0:180:45 --sf 0.1 --output w.npy\n" +
			"  gpuconv conv --input x.npy --weight w.npy --padding half --output y.npy\n" +
			"  gpuconv tuning --input y.npy --table x.csv --at mean --output means\n" +
			"  gpuconv tuning --input y.npy --orientations 0:180:15 --at max --output largest",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	fileFlag(flags, &f.input, "input", "a folder of gpuconv run, or activations: .npy or .npz:key")
	fileFlag(flags, &f.table, "table",
		"CSV of what each image showed, a line for each image; stimuli.csv of the folder if not given")
	flags.StringVar(&f.orientations, "orientations", "",
		"instead of a table: the images' orientations, a list or start:stop:step")
	flags.StringVar(&f.output, "output", "", "the folder to write, new or empty")
	registerDryRun(flags, &f.dry)
	f.saving.register(cmd)
	flags.StringVar(&f.at, "at", "centre", "which value of a map is the response: centre, row,column, mean or max")
	flags.BoolVar(&f.linear, "linear", false, "keep negative activations; without it they become 0")
	flags.StringVar(&f.negative, "negative", "refuse",
		"with --linear, how to compute indices of curves below 0: refuse (not at all), rectify or subtract-min")
	flags.StringVar(&f.normalise, "normalise", "",
		"divide each channel by the power of all channels: gain,exponent,semisaturation, such as 1,2,0.5")
	flags.StringVar(&f.sum, "sum", "", "further cells, each the sum of some channels: 2+4,3+5 adds two")
	flags.StringVar(&f.by, "by", "",
		"what to draw curves over: columns of the table that vary, by their names or how they begin, such as orientation,\n"+
			"sf, phase, contrast, size or drift; with commas; of exactly two also a map. Without it, those of orientation,\n"+
			"sf and phase that vary, or else all that vary")
	flags.StringVar(&f.phases, "phases", "max",
		"how curves over orientation and sf combine the phases: max, mean or f1 (the amplitude of the first harmonic)")
	flags.StringVar(&f.over, "over", "best",
		"how curves combine all other parameters: best (they stay where the cell answers best), max or mean")
	flags.StringVar(&f.rdm, "rdm", "correlation",
		"matrix of how much the responses of all cells differ between the values of the first axis of --by:\n"+
			"correlation (1 − r), euclid or none")
	flags.BoolVar(&f.fit, "fit", true,
		"fit a von Mises curve over orientation; it is drawn, and its half-width printed, if it explains half of the "+
			"variance")
	fileFlag(flags, &f.stimuli, "stimuli",
		"the images themselves, .npy or .npz:key [N,1,H,W], white noise: adds receptive fields by reverse correlation")
	flags.StringVar(&f.decode, "decode", "",
		"a column of the table: how well a linear readout of all cells tells images of lower from those of higher values;\n"+
			"for orientation, left from right of vertical")
	f.inputs.register(flags)
	f.figures.register(flags)
	return cmd
}

// run does the job. It writes all files or none.
func (f *tuningFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	readout, settings, metric, err := f.parse()
	if err != nil {
		return err
	}
	var pictures report.Pictures
	if pictures.Drawn, pictures.Formats, err = f.figures.look(false); err != nil {
		return err
	}
	if err := f.wantRun(); err != nil {
		return err
	}
	if err := f.wantTable(); err != nil {
		return err
	}
	if err := f.wantNumber(ctx, readout); err != nil {
		return err
	}
	source, err := npy.Open(ctx, f.activations())
	if err != nil {
		return failed("input", "", err)
	}
	defer source.Close()
	cells, err := readout.Cells(source.Shape())
	if err != nil {
		return refused("input", f.input, err)
	}
	table, err := f.readTable(ctx, settings.By, source.Shape())
	if err != nil {
		return err
	}
	if err := f.complete(&settings, table, source.Shape()); err != nil {
		return err
	}
	decoded, err := f.classes(table)
	if err != nil {
		return err
	}
	stimuli, err := f.openStimuli(ctx, table.Len())
	if err != nil {
		return err
	}
	if stimuli != nil {
		defer stimuli.Close()
	}
	more := pictures.Drawn.Page.Memory() + decoded.Memory(cells, table.Len())
	if err := reserveTuning(source, cells, more); err != nil {
		return err
	}
	var out outputFolder
	if !f.dry {
		if out, err = f.saving.output("output", f.output).createFolder(); err != nil {
			return err
		}
		defer out.Discard()
	}
	responses, err := readResponses(ctx, source, readout, stderr)
	if err != nil {
		return failed("input", "", err)
	}
	if err := f.inputs.noteLoss("input", f.activations(), source); err != nil {
		return err
	}
	analysis, err := f.analyse(ctx, responses, table, settings, stderr)
	if err != nil {
		return err
	}
	channels := responses.Cells - len(readout.Sums)
	fields, err := f.fields(ctx, stimuli, responses, analysis)
	if err != nil {
		return err
	}
	if decoded != nil {
		err := batch.Await(ctx, func() (err error) {
			decoded.Decoding, err = tuning.Decode(responses, decoded.Labels)
			return err
		})
		if err != nil {
			return failed("decode", f.decode, plain(err))
		}
	}
	t := report.Tuning{Pictures: pictures, OnePhase: tuning.SinglePhase(table), Fields: fields, Decoded: decoded,
		Origin: report.Origin{Command: os.Args, Program: describeProgram()}, Source: f.activations(),
		Shape: source.Shape(), Sum: f.checksum(ctx),
		Readout: readout, Settings: settings, Metric: metric, NoMatrix: f.rdm == "none", Analysis: analysis,
		Names: readout.Names(channels), Filters: f.filterNames(ctx, channels),
	}
	if f.dry {
		return f.foresee(ctx, t, stdout, stderr)
	}
	written, err := t.Write(ctx, out)
	if err != nil {
		return out.blame(err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	f.inputs.print(stderr)
	return f.say(stdout, t, written)
}

// foresee prints what was found and would be written.
func (f *tuningFlags) foresee(ctx context.Context, t report.Tuning, stdout, stderr io.Writer) error {
	var files unwritten
	written, err := t.Write(ctx, &files)
	if err != nil {
		return err
	}
	if s, ok := stderr.(*screen); ok && s.muted { // --quiet shows no notes
		written.Notes = nil
	}
	f.inputs.print(stderr)
	if err := t.WriteText(stdout, written.Notes); err != nil {
		return err
	}
	files.print(stdout, filepath.Clean(f.output))
	return nil
}

// say prints what was found and written.
func (f *tuningFlags) say(stdout io.Writer, t report.Tuning, written report.Written) error {
	if err := t.WriteText(stdout, written.Notes); err != nil {
		return err
	}
	return printLine(stdout, "wrote     %s: %s", fault.Printable(filepath.Clean(f.output)),
		strings.Join(written.Files, ", "))
}

// folder says whether --input is a folder.
func (f *tuningFlags) folder() bool {
	info, err := os.Stat(f.input)
	return err == nil && info.IsDir()
}

// activations returns the array to open.
func (f *tuningFlags) activations() string {
	if !f.folder() {
		return f.input
	}
	for _, kind := range []npy.Kind{npy.NPZ, npy.Zarr} { // run --format
		if path := filepath.Join(f.input, npy.Format{Kind: kind}.Name("activations")); regular(path) {
			return path
		}
	}
	return filepath.Join(f.input, npy.Format{}.Name("activations"))
}

// checksum returns the CRC-32C of the activations as run.json of the folder has it, or "" if there is none.
func (f *tuningFlags) checksum(ctx context.Context) string {
	if !f.folder() {
		return ""
	}
	r, err := experiment.ReadReport(ctx, f.input)
	if err != nil {
		return ""
	}
	return r.ActivationsSum()
}

// wantRun refuses a folder without an array that can be read, and says how to make one.
func (f *tuningFlags) wantRun() error {
	if !f.folder() || regular(f.activations()) {
		return nil
	}
	subfolders, _ := filepath.Glob(filepath.Join(f.input, "[0-9]*x[0-9]*", "run.json"))
	switch {
	case len(subfolders) > 0:
		return failed("input", f.input, fmt.Errorf("a folder of runs of several sizes: want one of them, such as %s",
			fault.Printable(filepath.Dir(subfolders[0]))))
	case regular(filepath.Join(f.input, "tuning.json")):
		return failed("input", f.input, errors.New("gpuconv tuning wrote this folder: want one of gpuconv run"))
	}
	return failed("input", f.input, errors.New("no activations.npy is in this folder: want one that gpuconv "+
		"run wrote; of a folder of pictures gpuconv run --stimulus DIR makes one"))
}

// wantTable refuses flags unless they name exactly one table of what each image showed.
func (f *tuningFlags) wantTable() error {
	switch {
	case f.orientations != "" && f.table != "":
		return usage(errors.New("--orientations with --table: want one of them"))
	case f.orientations != "" || f.table != "" || f.folder():
		return nil
	case !strings.Contains(f.input, ".npz:") && missing(f.input) != nil:
		return failed("input", f.input, missing(f.input))
	}
	return refused("table", "", errors.New("want a CSV of what each image showed, or --orientations, or --input DIR "+
		"of gpuconv run, which has one"))
}

// readResponses reads the response of each cell to each image, and shows progress.
func readResponses(ctx context.Context, source *npy.Reader, readout tuning.Readout,
	stderr io.Writer) (*tuning.Responses, error) {
	total := 0
	if shape := source.Shape(); len(shape) > 0 {
		total = shape[0]
	}
	bar := newProgress(stderr, "reading", total)
	defer bar.stop()
	return tuning.Read(ctx, source, readout, bar.set)
}

// reserveTuning refuses activations that do not fit in memory. It counts the maps of one image in float32 and float64,
// the array if it is read whole, two copies of the responses (while phases are reduced), and the results for each cell.
// more is the memory for what else was asked for.
func reserveTuning(source *npy.Reader, cells int, more float64) error {
	const pictures, cell = 128 << 20, 4000 // bytes
	shape := source.Shape()
	image, need := 1.0, pictures+more+source.Memory()+float64(cells)*(cell+16*float64(shape[0]))
	for _, extent := range shape[1:] {
		image *= float64(extent)
	}
	return reserve(fmt.Sprintf("activations %v", shape), need+12*image)
}

// analyse computes tuning curves of responses, and the numbers that describe them.
func (f *tuningFlags) analyse(ctx context.Context, r *tuning.Responses, table *param.Table, s tuning.Settings,
	stderr io.Writer) (*tuning.Analysis, error) {
	bar := newProgressOf(stderr, "fitting", "curves", r.Cells*len(s.By))
	defer bar.stop()
	s.Progress = bar.set
	return tuning.Analyse(ctx, r, table, s)
}

// filterNames describes the filters of a run, one for each channel. It returns nil if they are not known.
func (f *tuningFlags) filterNames(ctx context.Context, channels int) []string {
	file, err := openTable(ctx, filepath.Join(f.input, "filters.csv"))
	if err != nil {
		return nil
	}
	defer file.Close()
	table, err := param.ReadCSV(file, "filter")
	if err != nil {
		return nil
	}
	return report.FilterNames(table, channels)
}

// regular reports whether there is a regular file of this name.
func regular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
