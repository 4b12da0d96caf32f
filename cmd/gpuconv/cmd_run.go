package main

import (
	"context"
	"io"
	"time"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/param"

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

func (f *runFlags) folder() output { return output{"output", f.output} }

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

// run does the job: all of its files are written, or none.
func (f *runFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	started := time.Now()
	j, err := f.job(ctx)
	if err != nil {
		return err
	}
	out, err := f.folder().createFolder()
	if err != nil {
		return err
	}
	defer out.Discard()
	opening := time.Now()
	s, err := f.backend.prepare(ctx, j.problem, j.bank.Tensor, nil)
	if err != nil {
		return err
	}
	defer s.close(ctx)
	r := newReport(j, s, started)
	r.Seconds.Open = seconds(time.Since(opening))
	r.announce(stdout, s)
	if err := j.run(ctx, s, out, r, stderr); err != nil {
		return err
	}
	r.print(stdout, f.output)
	return nil
}

// run convolves on s, writes all files into out and completes r, which becomes
// run.json.
func (j *job) run(ctx context.Context, s session, out outputFolder, r *report, stderr io.Writer) error {
	w, err := j.convolve(ctx, s, out, stderr)
	if err != nil {
		return err
	}
	if err := w.check.verdict(s.describe()); err != nil {
		return err
	}
	drawing := time.Now()
	if err := w.gallery.draw(j, out); err != nil {
		return err
	}
	r.Seconds.Pictures = seconds(time.Since(drawing))
	if err := j.writeTables(out); err != nil {
		return err
	}
	r.complete(w, s.plan)
	if err := r.write(out); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil { // interrupted meanwhile: nothing shall be left
		return err
	}
	return out.commit()
}

// writeTables writes what the images and the filters are.
func (j *job) writeTables(out outputFolder) error {
	table, err := j.images.Table()
	if err != nil {
		return err
	}
	for name, t := range map[string]*param.Table{"stimuli.csv": table, "filters.csv": j.bank.table} {
		if err := out.write(name, t.WriteCSV); err != nil {
			return err
		}
	}
	return nil
}

// watched is what a job keeps of its images as they pass.
type watched struct {
	check   *checker
	gallery *gallery
	stats   batch.Stats
}

// convolve streams all gratings into activations.npy, checks some on the way and
// keeps those that are drawn.
func (j *job) convolve(ctx context.Context, s session, out outputFolder, stderr io.Writer) (w watched, err error) {
	w.check = newChecker(j, s.plan, batch.NewSpread(j.flags.check, j.shape.N()))
	if w.gallery, err = newGallery(j.problem.Src, j.shape); err != nil {
		return w, err
	}
	bar := newProgress(stderr, "convolving", j.shape.N())
	defer bar.stop()
	file, err := out.Create("activations.npy")
	if err != nil {
		return w, out.blame(err)
	}
	err = fillArray(ctx, file, j.shape[:], func(write writer) (err error) {
		w.stats, err = batch.Job{
			Source:   awaitedSource{j.images, ctx},
			Problem:  j.problem,
			Plan:     awaitedPlan{s.plan, ctx},
			Progress: bar.set,
			Sink: func(first int, src, dst *conv.Tensor) error {
				if err := write(dst.Data); err != nil {
					return err
				}
				w.gallery.look(first, src, dst)
				return w.check.look(ctx, first, src, dst)
			},
		}.Run(ctx)
		return err
	})
	return w, out.blame(err)
}
