package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/machine"
	"gpuconv/stimuli"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// runFlags are what gpuconv run is asked for.
type runFlags struct {
	preset   presetFlag
	stimulus stimulusFlags
	filter   filterFlags
	backend  backendFlags
	check    int
	output   string

	stimuli, filters         string
	activation, stride, pool string
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run --output DIR",
		Short: "Convolve stimuli with a filter bank: the main job",
		Long: "run convolves gratings of the given orientations with a bank of centre-surround and Gabor filters, or any stimuli with\n" +
			"any filters (zero padding of half a filter, no bias), checks a sample of the images against the float64\n" +
			"reference, and writes activations.npy [N, channels, H, W], stimuli.csv and filters.csv (what each image and filter\n" +
			"is), gratings.png or stimuli.png, filters.png, activations.png and run.json.\n\n" +
			"--stimulus and --filter name a kind and its settings in one text, as the flags of gpuconv stimuli and gpuconv filters\n" +
			"are named: a list, a range start:stop:step or a word after =, or nothing to turn something on.",
		Example: "  gpuconv run --orientations -90,-45,0,45,90 --backend gpu --output out\n" +
			"  gpuconv run --orientations -90:90:0.045 --backend gpu --output out4000\n" +
			"  gpuconv run --stimulus \"grating orientation=0:180:5 sf=0.05,0.1,0.15,0.2,0.25 phase=0:360:45 centred\" \\\n" +
			"    --filter \"gabor orientation=0:180:45 sf=0.15 quadrature balanced\" --activation energy --output complex",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.refuse(cmd.Flags()); err != nil {
				return err
			}
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.preset.register(cmd.Flags())
	f.stimulus.register(cmd.Flags())
	f.stimulus.registerSF(cmd.Flags())
	f.filter.register(cmd.Flags())
	f.backend.register(cmd.Flags())
	cmd.Flags().StringVar(&f.stimuli, "stimulus", "", "a kind of stimuli and its settings, or an image file or folder, instead of the preset's gratings")
	cmd.Flags().StringVar(&f.filters, "filter", "", "a kind of filters and its settings, or .npy or .npz:key weights, instead of the preset's bank")
	cmd.Flags().StringVar(&f.activation, "activation", "none", "none, relu, or energy: √(a²+b²) of each two filters")
	cmd.Flags().StringVar(&f.stride, "stride", "1", "2, or 2,1 for H,W: a cell at every second position")
	cmd.Flags().StringVar(&f.pool, "pool", "none", "none, max:2, max:3:2 for size:stride, or avg:2: after the activation")
	cmd.Flags().IntVar(&f.check, "check", 16, "how many images, spread over the set, are checked against the reference; -1 for all")
	cmd.Flags().StringVar(&f.output, "output", "", "the folder to write, new or empty")
	return cmd
}

// refuse refuses flags of a preset's half that is not used.
func (f *runFlags) refuse(flags *pflag.FlagSet) error {
	if f.stimuli != "" {
		if err := refuseFlags(flags, "--stimulus", []string{"orientations", "sf", "res", "patch"}); err != nil {
			return err
		}
	}
	if f.filters != "" {
		if err := refuseFlags(flags, "--filter", []string{"channels", "size"}); err != nil {
			return err
		}
	}
	if f.stimuli != "" && f.filters != "" {
		return refuseFlags(flags, "--stimulus and --filter", []string{"preset"})
	}
	return nil
}

// folder is --output.
func (f *runFlags) folder() output { return output{"output", f.output} }

// run does the job: all of its files are written, or none.
func (f *runFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	started := time.Now()
	j, err := f.job(ctx)
	if err != nil {
		return err
	}
	p, err := f.problem(j)
	if err != nil {
		return err
	}
	out, err := f.folder().createFolder()
	if err != nil {
		return err
	}
	defer out.Discard()
	j.Origin.Started = started
	opening := time.Now()
	s, err := f.backend.prepare(ctx, p, j.Bank.Weight, nil)
	if err != nil {
		return err
	}
	defer s.close(ctx)
	e := experiment.Engine{Problem: p, Plan: s.plan, Backend: describeBackend(s), Opening: time.Since(opening)}
	announce(stdout, j, p, s)
	bar := newProgress(stderr, "convolving", j.Images.Shape().N())
	defer bar.stop()
	j.Progress = bar.set
	r, err := j.RunOn(ctx, e, out.Folder)
	if err != nil {
		return out.blame(disagreeing(s, err))
	}
	bar.stop()
	f.conclude(stdout, r)
	return nil
}

// disagreeing names the device in the error of a wrong result.
func disagreeing(s session, err error) error {
	if wrong, ok := err.(*experiment.WrongError); ok {
		return fmt.Errorf("%s disagrees with the float64 reference: %v", s.describe(), wrong.Result)
	}
	return err
}

// job turns the flags into stimuli, filters and a convolution, before anything is opened or written.
func (f *runFlags) job(ctx context.Context) (experiment.Job, error) {
	if err := f.folder().checkFolder(); err != nil {
		return experiment.Job{}, err
	}
	if err := f.backend.validate(); err != nil {
		return experiment.Job{}, err
	}
	if f.check < -1 {
		return experiment.Job{}, refused("check", strconv.Itoa(f.check), errors.New("want a number of images, or -1 for all"))
	}
	j := experiment.Job{Check: f.check, Look: f.look(), Origin: f.origin()}
	var err error
	if j.Images, err = f.images(); err != nil {
		return j, err
	}
	if j.Bank, err = f.weights(ctx); err != nil {
		return j, err
	}
	j.Spec, err = f.spec(j.Bank.Weight.Shape)
	return j, err
}

// problem refuses what cannot be convolved and what does not fit onto the disk or into memory. It has garbage collected
// before the job takes more memory than was found to be free.
func (f *runFlags) problem(j experiment.Job) (conv.Problem, error) {
	p, err := j.Problem()
	if err != nil {
		return p, usage(plain(err))
	}
	activations, err := j.Activations(p)
	if err != nil {
		return p, usage(plain(err))
	}
	if err := checkDisk(fmt.Sprintf("activations %v", activations), f.output, activations.Bytes()); err != nil {
		return p, err
	}
	need, err := j.Memory(p)
	if err != nil {
		return p, err
	}
	if f.backend.backend == "reference" {
		need += 4 * activations.WithN(p.Src.N()).Bytes() // its values and magnitudes, float64
	}
	what := fmt.Sprintf("images of %d×%d with %d filters of %d×%d", p.Src.H(), p.Src.W(), activations.C(), p.Weight.H(), p.Weight.W())
	if err := checkMemory(what, need); err != nil {
		return p, err
	}
	debug.SetMemoryLimit(int64(need))
	return p, nil
}

// images returns the stimuli: a kind's, image files, or the preset's gratings.
func (f *runFlags) images() (stimuli.Set, error) {
	if f.stimuli == "" {
		tutorial3, err := f.preset.tutorial3()
		if err != nil {
			return nil, err
		}
		return f.stimulus.sweep(tutorial3)
	}
	if info, err := os.Stat(f.stimuli); stimuli.IsImageName(f.stimuli) || err == nil && info.IsDir() {
		return openFiles("stimulus", f.stimuli)
	}
	s, err := parseSettings("stimulus", f.stimuli)
	if err != nil {
		return nil, err
	}
	return s.stimulus()
}

// weights returns the filters: a kind's, those of a file, or the preset's.
func (f *runFlags) weights(ctx context.Context) (*experiment.Bank, error) {
	if f.filters == "" {
		tutorial3, err := f.preset.tutorial3()
		if err != nil {
			return nil, err
		}
		return f.filter.bank(ctx, tutorial3)
	}
	if isArray(f.filters) {
		return readBank("filter", f.filters)
	}
	s, err := parseSettings("filter", f.filters)
	if err != nil {
		return nil, err
	}
	return s.filterBank(ctx)
}

// spec reads the flags that say how to convolve with weights of a shape.
func (f *runFlags) spec(weight conv.Shape) (s conv.Spec, err error) {
	s.Padding = conv.Pad(weight.H()/2, weight.W()/2)
	if s.Activation, err = parseText[conv.Activation]("activation", f.activation); err != nil {
		return s, err
	}
	if s.Stride, err = parsePair("stride", f.stride, 1); err != nil {
		return s, err
	}
	s.Pool, err = parseText[conv.Pool]("pool", f.pool)
	return s, err
}

// look draws a preset's pictures as the tutorial does.
func (f *runFlags) look() experiment.Look {
	l := experiment.Look{Gratings: f.stimuli == ""}
	if f.stimuli == "" && f.filters == "" {
		l.Limit = experiment.TutorialLimit
	}
	return l
}

// origin is what run.json says of the flags.
func (f *runFlags) origin() experiment.Origin {
	o := experiment.Origin{Command: os.Args, Program: describeProgram(), Stimulus: f.stimuli, Filter: f.filters, Preset: f.preset.name}
	if f.stimuli == "" {
		o.Orientations, o.SF, o.Res, o.Patch = f.stimulus.orientations, f.stimulus.sf, f.stimulus.res, f.stimulus.patch
	}
	if f.stimuli != "" && f.filters != "" {
		o.Preset = ""
	}
	return o
}

// describeBackend is what run.json says of who convolves.
func describeBackend(s session) experiment.Backend {
	if s.name == "gpu" {
		return experiment.Backend{Name: s.name, Device: s.device.Renderer, Vendor: s.device.Vendor, Driver: s.device.Version, Software: s.device.Software}
	}
	return experiment.Backend{Name: s.name, Device: machine.Processor()}
}

// announce says what is about to happen, and on what.
func announce(w io.Writer, j experiment.Job, p conv.Problem, s session) {
	s.print(w)
	what, from := "gratings", ", preset "+j.Origin.Preset
	if j.Origin.Stimulus != "" {
		what = "images"
	}
	if j.Origin.Preset == "" {
		from = ""
	}
	algorithm := ""
	if d, ok := s.plan.(conv.Describer); ok {
		algorithm = d.Describe().Algorithm
	}
	fmt.Fprintf(w, "job       %d %s of %d×%d with %d filters of %d×%d%s, algorithm %s\n", j.Images.Shape().N(), what,
		p.Src.H(), p.Src.W(), p.Weight.N(), p.Weight.H(), p.Weight.W(), from, algorithm)
}

// conclude says what was done.
func (f *runFlags) conclude(w io.Writer, r *experiment.Report) {
	fmt.Fprintf(w, "speed     %s images/s convolving (%.3f s), %s images/s for the whole job (%.3f s)\n",
		threeDigits(float64(r.ImagesPerS.Convolve)), float64(r.Seconds.Convolve), threeDigits(float64(r.ImagesPerS.Whole)), float64(r.Seconds.Whole))
	if r.Check != nil {
		fmt.Fprintf(w, "checked   %d images against the float64 reference: %v\n", r.Check.Images, r.Check.Result)
	}
	fmt.Fprintf(w, "wrote     %s %v, %s, filters.png, activations.png, stimuli.csv, filters.csv, run.json\n",
		fault.Printable(filepath.Join(f.output, "activations.npy")), r.ActivationsShape, f.look().Picture())
}

// threeDigits writes a number with three digits, or all before the point.
func threeDigits(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
