package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/internal/statistics"
	"gpuconv/machine"
	"gpuconv/stimuli"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// runFlags are the flags of gpuconv run.
type runFlags struct {
	preset   presetFlag
	stimulus stimulusFlags
	filter   filterFlags
	backend  backendFlags
	check    checkFlag
	output   string
	resume   bool
	retries  int
	reopen   reopening
	memory   sizeFlag
	shards   shardFlags
	inputs   inputs
	saving   saving
	figures  figureFlags
	html     bool

	stimuli       []string
	filters, bias string
	format        string
	float16       bool
	keep          string
	from          string
	again         *again              // of --from, or nil
	typed         map[string][]string // flags, for run.json
	dry           bool
	reserved      float64 // bytes of the heap
	roofed        bool    // --html has room to measure what the device can do at most
	spec          specFlags
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run --output DIR",
		Short: "Convolve stimuli with a filter bank: the main job",
		Long: "run convolves gratings of the given orientations with a bank of centre-surround and Gabor filters, or any\n" +
			"stimuli with any filters. It pads with zeros by half a filter unless flags say otherwise. It checks a random\n" +
			"sample of the outputs against the float64 reference, and writes activations.npy [N, channels, H, W], stimuli.csv and\n" +
			"filters.csv (what each image and filter is), gratings.png or stimuli.png, filters.png, activations.png and\n" +
			"run.json.\n\n" +
			"--stimulus and --filter take a kind and its settings in one text. Settings are named as the flags of gpuconv\n" +
			"stimuli and gpuconv filters. After = comes a number, a list, a range start:stop:step or a word. A setting that\n" +
			"turns something on needs no =.\n\n" + orientationHelp,
		Example: "  gpuconv run --orientations -90,-45,0,45,90 --backend gpu --output out\n" +
			"  gpuconv run --orientations -90:90:0.045 --backend gpu --output out4000\n" +
			"  gpuconv run --stimulus \"grating orientation=0:180:5 sf=0.05,0.1,0.15,0.2,0.25 phase=0:360:45 centred\" \\\n" +
			"    --filter \"gabor orientation=0:180:45 sf=0.15 quadrature balanced\" --activation energy --output complex\n" +
			"  gpuconv run --stimulus 'out/*.png' --resize 96 --crop 96 --padding-mode reflect --dry-run\n" +
			"  gpuconv run --from out/run.json --output again",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.repeat(cmd.Context(), cmd.Flags()); err != nil {
				return err
			}
			if err := f.refuse(cmd.Flags()); err != nil {
				return err
			}
			if err := f.shard(cmd.Flags()); err != nil {
				return err
			}
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.register(cmd.Flags())
	f.saving.register(cmd)
	return cmd
}

func (f *runFlags) register(flags *pflag.FlagSet) {
	f.preset.register(flags)
	f.stimulus.register(flags)
	f.stimulus.registerSF(flags)
	f.filter.register(flags)
	f.backend.register(flags)
	filesFlag(flags, &f.stimuli, "stimulus",
		"instead of the preset's gratings: a kind of stimuli and its settings, a picture, a folder of pictures, a\n"+
			"pattern such as 'photos/*.jpg', a .npy or .npz:key array, or a .txt list of those, one a line. Given again,\n"+
			"it adds more")
	f.inputs.images.register(flags)
	fileFlag(flags, &f.filters, "filter",
		"a kind of filters and its settings, or weights (.npy, .npz:key, .safetensors:name or .pt:name), instead\n"+
			"of the preset's bank")
	fileFlag(flags, &f.bias, "bias", "biases, one per filter: as files of --filter")
	f.spec.registerWith(flags, "half")
	fileFlag(flags, &f.from, "from", "run.json of a run, to do it again; other flags that are typed replace those "+
		"in it")
	flags.StringVar(&f.format, "format", "npy",
		"of the activations: npy, npz (key activations) or zarr (activations.zarr.zip, Zarr 3, in chunks of\n"+
			"whole images)")
	flags.BoolVar(&f.float16, "float16", false,
		"round activations to the nearest float16, ties to even: between 2⁻¹⁴ and 65,504 by at most 2⁻¹¹ of\n"+
			"themselves; from 65,520 on they become infinite")
	f.registerKeep(flags)
	f.check.register(flags)
	flags.StringVar(&f.output, "output", "", "the folder to write, new or empty")
	registerDryRun(flags, &f.dry)
	flags.BoolVar(&f.html, "html", false,
		"write also report.html into the folder, one page about the run, and measure what the device can do at most;\n"+
			"gpuconv report writes the page of an earlier run")
	flags.Lookup("html").Annotations = map[string][]string{groupOf: {groupOutput}}
	flags.BoolVar(&f.resume, "resume", false,
		"keep what is done in DIR.unfinished beside DIR, with a journal, and continue from there: after a kill, a full\n"+
			"disk or a power cut, the same command does only the rest")
	f.registerRetries(flags)
	f.shards.register(flags)
	flags.Var(&f.memory, "memory",
		"the most memory that the images, their activations and all tables take, whatever their number, such as 512MiB;\n"+
			"the program itself takes up to 64 MiB more, and a GPU's driver some of its own")
	f.inputs.register(flags)
	f.figures.register(flags)
	f.figures.registerPanels(flags)
}

// refuse refuses flags of the preset that --stimulus or --filter replaces, and flags that are only for image files if
// there are none.
func (f *runFlags) refuse(flags *pflag.FlagSet) error {
	if len(f.stimuli) > 0 {
		if err := refuseFlags(flags, "--stimulus", []string{"orientations", "sf", "res", "patch"}); err != nil {
			return err
		}
	} else if err := f.inputs.images.refuse(flags, "want --stimulus with image files"); err != nil {
		return err
	}
	if f.filters != "" {
		if err := refuseFlags(flags, "--filter", []string{"channels", "size"}); err != nil {
			return err
		}
	}
	f.spec.modeGiven = flags.Changed("padding-mode")
	if len(f.stimuli) > 0 && f.filters != "" {
		return refuseFlags(flags, "--stimulus and --filter", []string{"preset"})
	}
	return nil
}

// repeat takes the flags of the run that --from names, and keeps what was typed for run.json.
func (f *runFlags) repeat(ctx context.Context, flags *pflag.FlagSet) (err error) {
	if flags.Changed("from") {
		if f.again, err = readAgain(ctx, f.from, flags); err != nil {
			return err
		}
	}
	f.typed = typedFlags(flags)
	return nil
}

// folder returns the folder that --output names.
func (f *runFlags) folder() output { return f.saving.output("output", f.output) }

// run does the job: all of its files are written, or none. Images of several sizes are a job for each size, in a folder
// of its own. Nothing is written if one of them is refused; if one fails later, those before it stay.
func (f *runFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	if err := f.validate(); err != nil {
		return err
	}
	sets, err := f.openStimuli(ctx)
	if err != nil {
		return err
	}
	defer closeSets(sets)
	if len(sets) > 1 && f.resume {
		return refused("resume", "", errors.New("images of several sizes: want one size with it and with --shard, as "+
			"by --resize and --crop"))
	}
	if len(sets) == 1 {
		return f.runOne(ctx, stdout, stderr, sets[0], f.output)
	}
	if err := f.possible(ctx, sets); err != nil {
		return err
	}
	printLine(stdout, "sizes     %d, each into a folder of its own; --resize and --crop make them one", len(sets))
	for i, images := range sets {
		of := images.Shape()
		folder := filepath.Join(f.output, fmt.Sprintf("%dx%d", of.H(), of.W()))
		printLine(stdout, "size      %d of %d: %s of %d×%d, into %s", i+1, len(sets), counted(of.N(), "image"), of.H(),
			of.W(), fault.Printable(folder))
		if err := f.runOne(ctx, stdout, stderr, images, folder); err != nil {
			return f.partly(ctx, err, i, len(sets))
		}
	}
	return nil
}

// possible refuses sets if one of them cannot be convolved.
func (f *runFlags) possible(ctx context.Context, sets []stimuli.Set) error {
	notes, overflown := f.inputs.notes, f.inputs.overflown
	for _, images := range sets {
		j, err := f.job(ctx, images)
		if err == nil {
			_, err = f.problem(ctx, j)
		}
		if err == nil {
			err = f.inputs.rehearseAll(ctx, "stimulus", images)
		}
		if err != nil {
			if about := new(flagError); errors.As(err, about) && (about.flag == "filter" || about.flag == "bias") {
				return err // whatever the size
			}
			return fmt.Errorf("images of %d×%d: %w", images.Shape().H(), images.Shape().W(), err)
		}
	}
	f.inputs.notes, f.inputs.overflown = notes, overflown // runOne notes the same again
	return nil
}

// partly says in an error how many of all sizes are written already.
func (f *runFlags) partly(ctx context.Context, err error, done, all int) error {
	written := fmt.Sprintf("; %d of %d sizes are written, in %s", done, all, fault.Printable(f.output))
	switch {
	case done == 0:
		return err
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return errors.New("interrupted" + written)
	}
	return fmt.Errorf("%w%s", err, written)
}

// runOne does the job of images of one size.
func (f *runFlags) runOne(ctx context.Context, stdout, stderr io.Writer, images stimuli.Set, folder string) error {
	started := time.Now()
	j, err := f.job(ctx, images)
	if err != nil {
		return err
	}
	if j, err = f.shards.cut(j); err != nil {
		return err
	}
	p, err := f.problem(ctx, j)
	if err != nil {
		return err
	}
	if err := f.inputs.rehearseAll(ctx, "stimulus", images); err != nil {
		return err
	}
	if f.dry {
		return f.foresee(ctx, stdout, j, p, folder)
	}
	j.Origin.Started = started
	var r *experiment.Report
	if err = errCompleted; !f.done() {
		err = f.retry(ctx, stderr, func() (err error) {
			r, err = f.attempt(ctx, stdout, stderr, j, p, folder)
			return err
		})
	}
	switch {
	case errors.Is(err, errCompleted):
		if err := f.verifyDone(ctx, stdout, j, p); err != nil {
			return err
		}
		return f.page(ctx, stdout, stderr, folder)
	case err != nil:
		return err
	}
	for _, file := range r.Files {
		tell(stderr, "wrote %s, %d bytes", fault.Printable(filepath.Join(folder, file.Name)), file.Bytes)
	}
	f.drawn(images, p)
	f.inputs.say(r.Notes)
	f.inputs.noteFound(filepath.Join(folder, r.ActivationsFile), r)
	f.inputs.print(stderr)
	f.conclude(stdout, r, j.Files()[1:], folder)
	return f.page(ctx, stdout, stderr, folder)
}

// page writes the page about a folder of the run, if --html asks for it.
func (f *runFlags) page(ctx context.Context, stdout, stderr io.Writer, folder string) error {
	if !f.html {
		return nil
	}
	to := f.saving.output("output", filepath.Join(folder, pageName))
	err := runPage{folder: folder, to: to, run: f, roofed: func() bool { return f.roofed }}.write(ctx, stdout, stderr)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("interrupted; the run is written, the page is not: gpuconv report %s makes it",
			fault.Printable(folder))
	}
	return err
}

// bounds says in words what bounded the speed of a run: see [experiment.Report].
var bounds = map[string]string{"draw": "drawing or reading the images", "convolve": "convolving",
	"write": "writing the activations", "check": "checking against the reference"}

// disagreeing names the device in the error of a wrong result.
func disagreeing(s session, err error) error {
	var wrong *experiment.WrongError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s disagrees with the float64 reference: %v", s.describe(), wrong.Result)
	}
	return err
}

// describeBackend returns what run.json says about the backend.
func describeBackend(s session) experiment.Backend {
	if d := s.device; s.name == "gpu" {
		return experiment.Backend{Name: s.name, Device: d.Renderer, Vendor: d.Vendor, Driver: d.Version,
			Software: d.Software}
	}
	b := experiment.Backend{Name: s.name, Device: machine.Processor()}
	if s.name == "cpu" {
		b.ISA = s.isa.String()
	}
	return b
}

// announce prints what is about to be computed, and on which device.
func announce(w io.Writer, j experiment.Job, p conv.Problem, s session) {
	s.print(w)
	what, from := "grating", ", preset "+j.Origin.Preset
	if j.Origin.Stimulus != "" {
		what = "image"
	}
	if j.Origin.Preset == "" {
		from = ""
	}
	algorithm := ""
	if d, ok := s.plan.(conv.Describer); ok {
		algorithm = d.Describe().Algorithm
	}
	printLine(w, "job       %s of %d×%d with %s of %d×%d%s, algorithm %s", counted(j.Images.Shape().N(), what),
		p.Src.H(), p.Src.W(), counted(p.Weight.N(), "filter"), p.Weight.H(), p.Weight.W(), from, algorithm)
	if of := j.Shard; of != nil {
		printLine(w, "shard     %d of %d: images %d … %d of %d", of.Number, of.Of, of.First,
			of.First+j.Images.Shape().N()-1, of.Images)
	}
}

// conclude prints what was done.
func (f *runFlags) conclude(w io.Writer, r *experiment.Report, others []string, folder string) {
	printLine(w, "speed     %s images/s convolving (%.3f s), %s images/s for the whole job (%.3f s)",
		statistics.Digits(float64(r.ImagesPerS.Convolve)), float64(r.Seconds.Convolve),
		statistics.Digits(float64(r.ImagesPerS.Whole)), float64(r.Seconds.Whole))
	if f.memory.bytes > 0 {
		printLine(w, "bound     by %s, in portions of %s", bounds[r.Bound], counted(r.InMemory, "image"))
	}
	if r.Resumed != nil && r.Resumed.Processes > 1 {
		printLine(w, "resumed   %d of %d images were done before%s", r.Resumed.Images, r.ActivationsShape.N(),
			redone(r.Resumed))
	}
	if r.Check != nil {
		printLine(w, "checked   %s against the float64 reference: %v", checked(r.Check), r.Check.Result)
		if finds := float64(r.Check.Finds); finds > 0 {
			printLine(w, "          %s", confidence(finds))
		}
	}
	if f.again != nil && folder == f.output && f.again.compare(r.Files) != "" {
		printLine(w, "%s", f.again.compare(r.Files))
	}
	printLine(w, "wrote     %s %v, %s", fault.Printable(filepath.Join(folder, r.ActivationsFile)), r.ActivationsShape,
		strings.Join(others, ", "))
}

// checked says which outputs were judged.
func checked(c *experiment.Check) string {
	if !c.Sampled || c.Finds == 0 {
		return counted(c.Images, "image")
	}
	return fmt.Sprintf("a random sample of all %d outputs", c.Of)
}

// confidence says how rare a fault may be and still be found by the sample.
func confidence(finds float64) string {
	text := "not all images: there was no time, --check all judges every output"
	if finds < 1 {
		text = "a fault in 1 output of " + statistics.AtLeast(1/finds) + " would have shown with 99.9 %"
	}
	if finds > 1e-3 && finds < 1 {
		text += "; --check all judges every output"
	}
	return text
}
