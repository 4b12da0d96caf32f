package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gpuconv/autotune"
	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/gpu"

	"github.com/spf13/cobra"
)

// tuner looks up what gpuconv autotune has stored; see gpu.Options.
type tuner struct {
	store     autotune.Store
	precision conv.Precision
}

func (t tuner) Tuned(device gpu.Info, p conv.Problem) (*gpu.Measured, error) {
	e, err := t.store.Find(tuneKey(device, p, t.precision))
	if e == nil || err != nil {
		return nil, err
	}
	return &gpu.Measured{Choice: e.Choice(), ShaderHash: e.Shader, Why: e.String()}, nil
}

// tuneKey is the key under which a device's winner for p at a precision is stored.
func tuneKey(device gpu.Info, p conv.Problem, precision conv.Precision) autotune.Key {
	return autotune.Key{Vendor: device.Vendor, Renderer: device.Renderer, Driver: device.Version, Problem: p,
		Precision: precision}
}

// autotuneFlags are the flags of gpuconv autotune.
type autotuneFlags struct {
	problem problemFlags
	deviceFlags
	rounds int
	forget bool
}

// seedProblem is tuned if there is no --problem: the tutorial's layer for 512 images.
const seedProblem = "512,1,48,64,6,7,3,1,1"

func newAutotune() *cobra.Command {
	var f autotuneFlags
	cmd := &cobra.Command{
		Use:     "autotune [--problem …]",
		Aliases: []string{"tune"}, // its name before there was gpuconv tuning
		Short:   "Measure which algorithm and tile are fastest for a convolution on a GPU, and use them from then on",
		Long: "autotune computes a convolution with every algorithm that accepts it and every tile of that\n" +
			"algorithm. It checks the outputs of these ways against the float64 reference, and times them in\n" +
			"turn, without those that take three times as long as another. It stores the fastest for this\n" +
			"device, driver and convolution. run, conv and info take it from then on, unless --algorithm forces\n" +
			"another. They also take it for other numbers of images, from a quarter to four times as many. Times\n" +
			"are those of the device. The device's own choice is kept unless another takes 3 % less time and is\n" +
			"faster in three rounds of four.\n\n" +
			"fft and winograd take part only with --precision fast. What is stored then is used only with that\n" +
			"flag.\n\n" +
			"--forget removes what is stored for --problem; without --problem, everything. Exit code 1: an\n" +
			"output was wrong, or an algorithm failed with one of its tiles; then nothing is stored.",
		Example: "  gpuconv autotune --device software\n" +
			"  gpuconv autotune --problem 16,64,56,56,64,3,1,1,1 --device any\n" +
			"  gpuconv autotune --problem --input 1,3,224,224 --weight 64,3,7,7 --stride 2 --padding 3\n" +
			"  gpuconv autotune --forget",
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	f.problem.register(flags)
	flags.Lookup("problem").Usage = "the convolution: N,Cin,H,W,Cout,K,pad,stride,groups; without a value the flags " +
		"of gpuconv conv describe it; " + seedProblem + " if --problem is left out"
	f.deviceFlags.register(flags)
	flags.StringVar(&f.algorithm, "algorithm", "",
		"measure only this algorithm's tiles, and store nothing: "+either(gpu.AlgorithmNames()))
	wholeVar(flags, &f.rounds, "count", 9, "how many times each algorithm and tile is timed, 3 to 1000")
	flags.BoolVar(&f.forget, "forget", false, "remove what is stored, of --problem or of all, and measure nothing")
	return cmd
}

func (f *autotuneFlags) run(cmd *cobra.Command, args []string) error {
	ctx, stdout := cmd.Context(), cmd.OutOrStdout()
	named := cmd.Flags().Changed("problem")
	if err := f.validate(cmd, named, args); err != nil {
		return err
	}
	precision, err := f.parsedPrecision()
	if err != nil {
		return err
	}
	kept := openCache()
	if f.forget && kept.unsafe {
		return errors.New(kept.why)
	}
	if f.forget && !named {
		n, err := kept.tuned().ForgetAll()
		if err == nil {
			printLine(stdout, "forgotten %s", counted(n, "tuned problem"))
		}
		return err
	}
	p, err := f.asked(ctx, named, args)
	if err != nil {
		return err
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags, untuned: true}
	c, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if ctx.Err() == nil { // else the device may still be at work, and the process ends
			c.close()
		}
	}()
	if f.forget {
		return f.forgetOne(stdout, kept, tuneKey(c.device, p, precision))
	}
	return f.measure(ctx, stdout, cmd.ErrOrStderr(), kept, tuneKey(c.device, p, precision), c)
}

// validate refuses flags that make no sense, before anything is opened.
func (f *autotuneFlags) validate(cmd *cobra.Command, named bool, args []string) error {
	if len(args) > 1 || len(args) > 0 && !named {
		return flagsOnly(cmd, args[len(args)-1:])
	}
	if f.rounds < 3 || f.rounds > 1000 {
		return refused("count", strconv.Itoa(f.rounds), errors.New("want 3 to 1000"))
	}
	if f.forget && f.algorithm != "" {
		return refused("forget", "", errors.New("want no --algorithm with it, what is stored is the fastest of all"))
	}
	if err := withoutProblem(cmd.Flags(), named); err != nil {
		return err
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags}
	return b.validate()
}

// asked returns the problem that was asked for.
func (f *autotuneFlags) asked(ctx context.Context, named bool, args []string) (conv.Problem, error) {
	compact := strings.Join(args, "")
	if !named {
		compact = seedProblem
	}
	p, err := f.problem.problem(ctx, compact)
	if err != nil {
		return conv.Problem{}, err
	}
	if _, err := p.Dst(); err != nil {
		return conv.Problem{}, usage(plain(err))
	}
	if p.Src.N() < 1 {
		return conv.Problem{}, refused("problem", "", fmt.Errorf("images %v: want at least one", p.Src))
	}
	return p, nil
}

func (f *autotuneFlags) forgetOne(stdout io.Writer, kept cache, k autotune.Key) error {
	was, err := kept.tuned().Forget(k)
	if err != nil {
		return err
	}
	text := "forgotten what was stored for this convolution and device"
	if !was {
		text = "nothing was stored for this convolution and device"
	}
	return printLine(stdout, "%v", text)
}

// measure runs the race, prints it and stores its winner.
func (f *autotuneFlags) measure(ctx context.Context, stdout, stderr io.Writer, kept cache, k autotune.Key,
	c chosen) error {
	p := k.Problem
	backend, ok := c.Backend.(conv.Chooser)
	if !ok {
		return fmt.Errorf("the %s backend has no choices", c.name)
	}
	if err := checkAutotuneMemory(p, backend); err != nil {
		return err
	}
	printLine(stdout, "device    %s", c.describe())
	printLine(stdout, "images    %v, weights %v", p.Src, p.Weight)
	all, err := f.race(ctx, stderr, p, backend)
	if err != nil {
		return plain(err)
	}
	if err := autotune.WriteTable(stdout, all); err != nil {
		return err
	}
	if err := failures(all); err != nil {
		return err
	}
	entry, err := autotune.NewEntry(k, all, time.Now())
	if err != nil {
		return plain(err)
	}
	printLine(stdout, "fastest   %v", entry.Choice())
	printLine(stdout, "          %v", entry)
	return f.store(stdout, kept, k, entry)
}

func (f *autotuneFlags) store(stdout io.Writer, kept cache, k autotune.Key, entry autotune.Entry) error {
	why := kept.why
	if f.algorithm != "" {
		why = "--algorithm left out the others"
	}
	if kept.unsafe && f.algorithm == "" {
		return fmt.Errorf("the winner was not stored: %s", why)
	}
	if why != "" {
		return printLine(stdout, "stored    nothing: %s", why)
	}
	path, err := kept.tuned().Save(k, entry)
	if err != nil {
		return fmt.Errorf("the winner was not stored: %w", err)
	}
	return printLine(stdout, "stored    %s", fault.Printable(path))
}

// checkAutotuneMemory refuses a race that needs more memory than is free: for images, outputs and about five plans.
func checkAutotuneMemory(p conv.Problem, backend conv.Chooser) error {
	dst, err := p.Dst()
	if err != nil {
		return err
	}
	d, err := backend.Explain(p)
	if err != nil {
		return err
	}
	return checkMemory(fmt.Sprintf("tuning for images of %v to %v", p.Src, dst),
		p.Src.Bytes()+dst.Bytes()+5*float64(d.Memory))
}

func (f *autotuneFlags) race(ctx context.Context, stderr io.Writer, p conv.Problem,
	backend conv.Chooser) (all []*autotune.Entrant, err error) {
	choices, err := backend.Choices(p)
	if err != nil {
		return nil, err
	}
	r := autotune.Race{Backend: backend, Judge: cpu.Reference{}, Problem: p, Rounds: f.rounds}
	bar := newProgressOf(stderr, "measuring", "runs", r.Runs(len(choices)))
	defer bar.stop()
	r.Progress = bar.set
	err = batch.Await(ctx, func() (err error) { all, err = r.Run(ctx); return err })
	if err != nil {
		return nil, err // after an interrupt the race may still use all
	}
	return all, nil
}

// failures returns an error if a way failed, that is, an algorithm with one of its tiles. Then the driver or a shader
// is broken, and it does not matter which way is the fastest.
func failures(all []*autotune.Entrant) error {
	for _, e := range all {
		if e.Err != nil {
			return fmt.Errorf("%v: %w; nothing was stored; run gpuconv verify to look closer", e.Choice, e.Err)
		}
	}
	return nil
}
