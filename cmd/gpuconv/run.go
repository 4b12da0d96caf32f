package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"gpuconv/batch"
	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/npy"
	"gpuconv/stimuli"

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
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
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

// chunkBytes bounds the activations of one chunk; three chunks are in memory.
const chunkBytes = 24 << 20

// examples is how many images the pictures show: the tutorial's five.
const examples = 5

// job is one run with everything it needs.
type job struct {
	flags   *runFlags
	started time.Time
	sweep   *stimuli.Sweep
	bank    *conv.Tensor
	names   []string // of the filters
	backend chosen
	plan    conv.Plan
	oracle  conv.Oracle
	problem conv.Problem // with a chunk as N
	shape   conv.Shape   // of all activations
	out     *outputDir

	shown             map[int]int // image number → row of the pictures
	stimuli, examples *conv.Tensor
	checked           int // images
	check             compare.Result
	stats             batch.Stats
}

func (f *runFlags) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	j := &job{flags: f, started: time.Now()}
	if err := j.prepare(); err != nil {
		return err
	}
	if j.out, err = newOutputDir(f.output); err != nil {
		return err
	}
	defer j.out.abort()
	if err := j.open(); err != nil {
		return err
	}
	defer j.close()
	j.announce(stdout)
	if err := j.convolve(ctx, stderr); err != nil {
		return err
	}
	if !j.check.OK() && j.checked > 0 {
		return fmt.Errorf("run: %s disagrees with the reference: %v", j.backend.describe(), j.check)
	}
	if err := j.draw(); err != nil {
		return err
	}
	if err := j.writeReport(); err != nil {
		return err
	}
	if err := j.out.commit(); err != nil {
		return fmt.Errorf("--output %s: %w", f.output, err)
	}
	j.summarise(stdout)
	return nil
}

// prepare turns the flags into stimuli, filters and a problem, and refuses what
// cannot be, before anything is opened or written.
func (j *job) prepare() error {
	f := j.flags
	tutorial3, err := f.preset.tutorial3()
	if err != nil {
		return err
	}
	if _, err := f.backend.validate(); err != nil {
		return err
	}
	if j.sweep, err = f.stimulus.sweep(tutorial3); err != nil {
		return err
	}
	if j.bank, j.names, err = f.filter.bank(tutorial3); err != nil {
		return err
	}
	if f.check < -1 {
		return usage(fmt.Errorf("--check %d: want a number of images, or -1 for all", f.check))
	}
	j.problem = conv.Problem{Src: j.sweep.Shape(), Weight: j.bank.Shape}
	j.problem.Padding = conv.Pad(f.filter.size/2, f.filter.size/2)
	return j.size()
}

// size cuts the problem's batch to a chunk and refuses what does not fit into
// memory or onto the disk.
func (j *job) size() error {
	image, err := conv.Problem{Spec: j.problem.Spec, Src: j.problem.Src.Image(), Weight: j.problem.Weight}.Dst()
	if err != nil {
		return usage(err)
	}
	n := j.sweep.Shape().N()
	j.shape = image.WithN(n)
	if err := checkDisk(fmt.Sprintf("run: activations %v", j.shape), j.flags.output, bytesOf(j.shape)); err != nil {
		return err
	}
	chunk := max(1, min(n, int(chunkBytes/bytesOf(image))))
	j.problem.Src = j.problem.Src.WithN(chunk)
	need := 5 * float64(chunk) * (bytesOf(image) + bytesOf(j.sweep.Shape().Image())) // three chunks here, one on the device, one sample
	return checkMemory(fmt.Sprintf("run: images of %d×%d with %d filters", image.H(), image.W(), image.C()), need)
}

// open opens the backend and prepares the convolution on it and on the reference.
func (j *job) open() (err error) {
	if j.backend, err = j.flags.backend.open(); err != nil {
		return err
	}
	if j.plan, err = j.backend.Plan(j.problem, j.bank, nil); err != nil {
		j.backend.close()
		return err
	}
	reference, err := cpu.Reference{}.Plan(j.problem, j.bank, nil)
	if err != nil {
		return err
	}
	j.oracle = reference.(conv.Oracle)
	return j.chooseExamples()
}

func (j *job) close() {
	j.plan.Close()
	j.backend.close()
}

// spread returns count numbers below n, evenly spread, the first and last
// included.
func spread(count, n int) []int {
	if count >= n || count < 0 {
		count = n
	}
	all := make([]int, count)
	for i := range all {
		if count > 1 {
			all[i] = int(float64(i) * float64(n-1) / float64(count-1))
		}
	}
	return all
}

func (j *job) chooseExamples() (err error) {
	j.shown = map[int]int{}
	for row, n := range spread(examples, j.shape.N()) {
		j.shown[n] = row
	}
	if j.stimuli, err = conv.NewTensor(j.problem.Src.WithN(len(j.shown))); err != nil {
		return err
	}
	j.examples, err = conv.NewTensor(j.shape.WithN(len(j.shown)))
	return err
}

// convolve streams all gratings into activations.npy and checks some on the way.
func (j *job) convolve(ctx context.Context, stderr io.Writer) error {
	toCheck := map[int]bool{}
	if j.flags.check >= 0 {
		for _, n := range spread(j.flags.check, j.shape.N()) {
			toCheck[n] = true
		}
	}
	bar := newProgress(stderr, "convolving", j.shape.N())
	defer bar.stop()
	return fillFile(j.out.file("activations.npy"), j.shape[:], func(w *npy.Writer) (err error) {
		j.stats, err = batch.Job{
			Source: j.sweep, Problem: j.problem, Plan: j.plan, Progress: bar.set,
			Sink: func(first int, src, dst *conv.Tensor) error {
				if err := w.Write(dst.Data); err != nil {
					return err
				}
				return j.inspect(first, src, dst, func(n int) bool { return j.flags.check < 0 || toCheck[n] })
			},
		}.Run(ctx)
		return err
	})
}

// inspect keeps the examples of a chunk for the pictures and checks those images
// against the reference that are to be checked.
func (j *job) inspect(first int, src, dst *conv.Tensor, check func(n int) bool) error {
	for i := range src.Shape.N() {
		n := first + i
		x, y := src.Images(i, i+1), dst.Images(i, i+1)
		if row, ok := j.shown[n]; ok {
			copy(j.stimuli.Images(row, row+1).Data, x.Data)
			copy(j.examples.Images(row, row+1).Data, y.Data)
		}
		if !check(n) {
			continue
		}
		result, err := compare.Judge(y, compare.Case{Problem: j.problem, Src: x, Weight: j.bank}, j.oracle)
		if err != nil {
			return err
		}
		j.check.Merge(result, n)
		j.checked++
	}
	return nil
}

// announce says what is about to happen, and on what.
func (j *job) announce(w io.Writer) {
	fmt.Fprintf(w, "device    %s\n", j.backend.describe())
	if j.backend.note != "" {
		fmt.Fprintf(w, "          (%s)\n", j.backend.note)
	}
	algorithm := ""
	if d, ok := j.plan.(conv.Describer); ok {
		algorithm = d.Describe().Algorithm
	}
	fmt.Fprintf(w, "job       %d gratings of %d×%d with %d filters of %d×%d, preset %s, algorithm %s\n",
		j.shape.N(), j.problem.Src.H(), j.problem.Src.W(), j.shape.C(), j.flags.filter.size, j.flags.filter.size, j.flags.preset.name, algorithm)
}

// summarise says what was done.
func (j *job) summarise(w io.Writer) {
	n := float64(j.shape.N())
	whole := time.Since(j.started).Seconds()
	fmt.Fprintf(w, "speed     %.0f images/s convolving (%.3f s), %.0f images/s for the whole job (%.3f s)\n",
		n/j.stats.Convolve.Seconds(), j.stats.Convolve.Seconds(), n/whole, whole)
	if j.checked > 0 {
		fmt.Fprintf(w, "checked   %d images against the float64 reference: %v\n", j.checked, j.check)
	}
	fmt.Fprintf(w, "wrote     %s %v, gratings.png, filters.png, activations.png, run.json\n",
		filepath.Join(j.flags.output, "activations.npy"), j.shape)
}
