package main

import (
	"context"
	"io"
	"time"

	"gpuconv/batch"
	"gpuconv/conv"

	"github.com/spf13/cobra"
)

// runFlags are what gpuconv run is asked for.
type runFlags struct {
	preset   presetFlag
	stimulus stimulusFlags
	filter   filterFlags
	backend  backendFlags
	check    int
	output   string
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run --output DIR",
		Short: "Convolve gratings with a filter bank: the main job",
		Long: "run convolves gratings of the given orientations with a bank of centre-surround and Gabor filters (zero padding\n" +
			"of half a filter, stride 1, no bias), checks a sample of the images against the float64 reference, and writes\n" +
			"activations.npy [N, filters, H, W], gratings.png, filters.png, activations.png and run.json.",
		Example: "  gpuconv run --orientations -90,-45,0,45,90 --backend gpu --output out\n" +
			"  gpuconv run --orientations -90:90:0.045 --backend gpu --output out4000",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.preset.register(cmd.Flags())
	f.stimulus.register(cmd.Flags())
	f.filter.register(cmd.Flags())
	f.backend.register(cmd.Flags())
	cmd.Flags().IntVar(&f.check, "check", 16, "how many images, spread over the set, are checked against the reference; -1 for all")
	cmd.Flags().StringVar(&f.output, "output", "", "the folder to write, new or empty")
	return cmd
}

// run does the job: all of its files are written, or none.
func (f *runFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	started := time.Now()
	j, err := f.job(ctx)
	if err != nil {
		return err
	}
	out, err := newOutputDir(f.output)
	if err != nil {
		return err
	}
	defer out.abort()
	opening := time.Now()
	s, err := f.backend.prepare(ctx, j.problem, j.bank, nil)
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
func (j *job) run(ctx context.Context, s session, out *outputDir, r *report, stderr io.Writer) error {
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
	r.complete(w, s.plan)
	if err := r.write(out); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil { // interrupted meanwhile: nothing shall be left
		return err
	}
	return out.commit()
}

// watched is what a job keeps of its images as they pass.
type watched struct {
	check   *checker
	gallery *gallery
	stats   batch.Stats
}

// convolve streams all gratings into activations.npy, checks some on the way and
// keeps those that are drawn.
func (j *job) convolve(ctx context.Context, s session, out *outputDir, stderr io.Writer) (w watched, err error) {
	if w.check, err = newChecker(j, newSpread(j.flags.check, j.shape.N())); err != nil {
		return w, err
	}
	if w.gallery, err = newGallery(j.problem.Src, j.shape); err != nil {
		return w, err
	}
	bar := newProgress(stderr, "convolving", j.shape.N())
	defer bar.stop()
	const name = "activations.npy"
	err = fillArray(ctx, out.file(name), j.shape[:], out.label(name), func(write writer) (err error) {
		w.stats, err = batch.Job{
			Source:   awaitedSource{j.sweep, ctx},
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
	return w, err
}
