package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gpuconv/bench"
	"gpuconv/cpu"
	"gpuconv/gpu"
	"gpuconv/machine"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// benchFlags are the flags of gpuconv bench.
type benchFlags struct {
	suite, cases, backends string
	own                    benchProblems
	list                   bool
	guest                  guestFlags // --shader and --interface
	same                   []string   // flags with which another process makes the same cases
	deviceFlags
	count                 int
	noise                 float64
	time, limit           time.Duration
	started               time.Time // when the run began, for its time limit
	seed                  uint64
	json, format, compile string
	pin                   string
	wide, quiet           bool
	pictures              benchPictures
}

func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "GPU against CPU throughput, with confidence intervals, roofs and a check of every output",
		Long: "bench times every case of a suite on every backend, in random order over several rounds, until\n" +
			"its median is known to 1 % or the time is up. It checks a sample of each timed output against the\n" +
			"float64 reference. A wrong output gets no figures.\n\n" +
			"total is from images in memory to outputs in memory. upload, kernel and readback are the\n" +
			"parts of a run through OpenGL. On a hardware GPU they come from an extra run, one after the other,\n" +
			"and need not add up to total, in which they may overlap. compile is timed apart, with an empty and\n" +
			"a warm cache of shaders. GFLOP/s count 2 for each multiplication of the direct form, GB/s count\n" +
			"images, weights and outputs once each. The column 'of roof' is the rate as a fraction of the most\n" +
			"that the device can reach at that intensity (FLOP per byte), as probes measured it. The CPU engine\n" +
			"is timed with one thread and with all. A software renderer computes on the CPU: its times say\n" +
			"nothing about a GPU. What gpuconv autotune has stored is not used.\n\n" +
			"Suites: seed (the tutorial's layer, 1 to 16,384 images, within 2 minutes), layers (of well-known\n" +
			"networks), sweep (kernel, channels, size and stride, one at a time).\n\n" +
			"What does not fit into --limit is named. An interrupt ends with a report of what was timed until\n" +
			"then, which is marked as partial. Exit code 1: an output was wrong, or the report is partial.",
		Example: "  gpuconv bench --suite seed --json new.json\n" +
			"  gpuconv bench --suite seed --html report.html --plots plots\n" +
			"  gpuconv bench --suite layers --backend cpu --cases resnet50\n" +
			"  gpuconv bench --problem 64,1,48,64,6,7,3,1,1 --problem 'n=1,64,4096 k=3,5,7 out=6' --list\n" +
			"  gpuconv stimuli --kind grating --orientation 0:180:45 --output x.npy\n" +
			"  gpuconv filters --kind gabor --orientation 0:180:45 --output w.npy\n" +
			"  gpuconv bench --problem --input x.npy --weight w.npy --padding half",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.own.take(cmd, args); err != nil {
				return err
			}
			return f.run(cmd.Context(), cmd.Flags(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	f.guest.registerShader(flags, "also time")
	flags.StringVar(&f.suite, "suite", "seed", "cases: "+either(bench.SuiteNames()))
	f.own.register(flags)
	flags.BoolVar(&f.list, "list", false, "print the cases and their work, and time nothing")
	flags.StringVar(&f.cases, "cases", "", "only cases whose name matches this regular expression: '^n=(1|64)/'")
	flags.StringVar(&f.backends, "backend", "gpu,cpu",
		"what is timed: gpu, cpu, reference or several of them; without it a missing GPU is reported as absent")
	f.deviceFlags.register(flags)
	flags.StringVar(&f.algorithm, "algorithm", "", "force a GPU algorithm: "+either(gpu.AlgorithmNames()))
	wholeVar(flags, &f.count, "count", 10, "take at least this many samples of each case and backend")
	flags.DurationVar(&f.time, "time", 500*time.Millisecond,
		"spend at least this long on the samples of each case and backend")
	flags.DurationVar(&f.limit, "limit", 0,
		"end after this long, with compiling and all else; by default 10m for layers and sweep, else 80s")
	numberVar(flags, &f.noise, "noise", 0.01,
		"add rounds until every interval is within this fraction of its median; 1 adds none")
	seedVar(flags, &f.seed, "seed", 0, "seed of the order and of all random numbers; 0 draws one, which is printed")
	flags.StringVar(&f.json, "json", "", "write the report, with every sample")
	flags.StringVar(&f.format, "format", "text", "text, or go: Go's benchmark format, for benchstat")
	flags.BoolVar(&f.wide, "wide", false, "print all columns of the table, also beyond 120 characters")
	flags.BoolVar(&f.quiet, "quiet-machine", false, "refuse to time on a machine whose load average is above its cores")
	flags.StringVar(&f.pin, "pin", "", "run all threads on these processors only, on Linux: 0,2 or 0-3")
	flags.StringVar(&f.compile, "compile", "",
		"time only what compiling on the GPU takes: cold disables the driver's cache of shaders, warm leaves it")
	f.pictures.add(cmd)
	cmd.AddCommand(newBenchCompare(), newBenchReport())
	return cmd
}

// validate refuses values of flags, and flags together, that make no sense, before anything is opened.
func (f *benchFlags) validate() error {
	names := f.names()
	for i, name := range names {
		if !slices.Contains([]string{"gpu", "cpu", "reference"}, name) || slices.Contains(names[:i], name) {
			return misread("backend", f.backends, errors.New("want gpu, cpu, reference or several of them, each once"))
		}
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags}
	if err := b.validate(); err != nil {
		return err
	}
	if err := f.guest.validateShader(); err != nil {
		return err
	}
	switch {
	case !slices.Contains(names, "gpu") && (f.device != "any" || f.opener != "" || f.algorithm != "" ||
		f.compile != ""):
		return refused("backend", f.backends,
			errors.New("want no --device, --context, --algorithm and --compile with it: they need a GPU"))
	case f.format != "text" && f.format != "go":
		return misread("format", f.format, errors.New("want text or go"))
	case f.compile != "" && f.compile != bench.CacheCold && f.compile != bench.CacheWarm:
		return misread("compile", f.compile, errors.New("want cold or warm"))
	case f.count < 1:
		return refused("count", strconv.Itoa(f.count), errors.New("want at least 1"))
	case !(f.noise > 0):
		return refused("noise", fmt.Sprint(f.noise), errors.New("want a fraction above 0, such as 0.01"))
	case f.time < 0 || f.limit < 0:
		return usage(errors.New("--time and --limit: want no negative time"))
	}
	if err := f.pictures.validate(); err != nil {
		return err
	}
	return f.pictures.saving.output("json", f.json).checkFile()
}

func (f *benchFlags) names() []string { return strings.Split(f.backends, ",") }

// wholeSuite returns all cases of --suite, or the user's own problems as a suite.
func (f *benchFlags) wholeSuite(ctx context.Context) (bench.Suite, error) {
	if len(f.own.texts) > 0 {
		return f.own.suite(ctx)
	}
	suite, err := bench.NewSuite(f.suite)
	if err != nil {
		return bench.Suite{}, unknown("suite", f.suite, bench.SuiteNames())
	}
	return suite, nil
}

// chosenSuite returns the suite with the cases that were asked for.
func (f *benchFlags) chosenSuite(ctx context.Context) (bench.Suite, error) {
	suite, err := f.wholeSuite(ctx)
	if err != nil {
		return bench.Suite{}, err
	}
	pattern, err := regexp.Compile(f.cases)
	if err != nil {
		return bench.Suite{}, misread("cases", f.cases, fmt.Errorf("want a regular expression: %w", err))
	}
	first := suite.Cases[0].Name
	suite.Cases = slices.DeleteFunc(suite.Cases, func(c bench.Case) bool { return !pattern.MatchString(c.Name) })
	if len(suite.Cases) == 0 {
		return bench.Suite{}, misread("cases", f.cases, fmt.Errorf("suite %s has no such case; its first is %s",
			suite.Name, first))
	}
	what := fmt.Sprintf("the largest of %d cases", len(suite.Cases))
	src, dst := suite.Memory()
	return suite, checkMemory(what, src+dst)
}

func (f *benchFlags) run(ctx context.Context, flags *pflag.FlagSet, stdout, stderr io.Writer) error {
	if err := f.validate(); err != nil {
		return err
	}
	suite, err := f.chosenSuite(ctx)
	if err != nil {
		return err
	}
	if f.list {
		return suite.WriteList(stdout)
	}
	f.same = f.arguments(flags)
	f.started = time.Now()
	if err := pin(f.pin); err != nil {
		return err
	}
	computer := describeMachine()
	clocks := machine.GPUClocks()
	if busy := computer.Busy(); busy != "" && f.quiet && f.compile == "" {
		return failed("quiet-machine", "", errors.New(busy))
	}
	report, err := f.timeAll(ctx, suite, flags.Changed("backend"), stderr)
	if err != nil && (ctx.Err() == nil || len(report.Results) == 0) {
		return plain(err)
	}
	computer.Load[1] = loadAverage()
	computer.Conditions = machine.Conditions([2]string{clocks, machine.GPUClocks()})
	report.Machine = computer
	report.Run.Command, report.Run.Started = os.Args, f.started.UTC().Truncate(time.Millisecond)
	report.Run.Seconds = time.Since(f.started).Seconds()
	return f.conclude(report, stdout)
}

// timeAll makes the report. After an interrupt it returns an error, and with it a report of what was timed until then.
// asked is as for measure.
func (f *benchFlags) timeAll(ctx context.Context, suite bench.Suite, asked bool, stderr io.Writer) (bench.Report,
	error) {
	if f.compile != "" {
		return f.timeCompiling(ctx, suite)
	}
	return f.measure(ctx, suite, asked, stderr)
}

// timeLimit returns how long the whole run may take.
func (f *benchFlags) timeLimit() time.Duration {
	switch {
	case f.limit > 0:
		return f.limit
	case f.suite == "seed": // and for the user's own problems
		return 80 * time.Second
	}
	return 10 * time.Minute
}

// left returns how much of the time limit is left.
func (f *benchFlags) left() time.Duration { return max(0, time.Until(f.started.Add(f.timeLimit()))) }

// measure times the suite and, for a GPU, compiling its shaders. asked says whether --backend was given. If it was not,
// the GPU may be missing.
func (f *benchFlags) measure(ctx context.Context, suite bench.Suite, asked bool, stderr io.Writer) (bench.Report,
	error) {
	if f.seed == 0 {
		f.seed = 1 + rand.Uint64N(1<<53-1) // below 2⁵³, which JSON readers keep exact
	}
	subjects, absent, closeAll, err := f.subjects(ctx, asked)
	if err != nil {
		return bench.Report{}, err
	}
	defer closeAll()
	compiles := slices.ContainsFunc(subjects, func(s bench.Subject) bool { return s.Info.Backend == "gpu" })
	report, err := f.newBench(suite, subjects, compiles, stderr).run(ctx)
	report.Backends = append(report.Backends, absent...)
	if compiles && err == nil {
		err = f.addCompiling(ctx, &report)
	}
	return report, err
}

// shownBench is a bench whose progress a bar shows.
type shownBench struct {
	bench.Bench
	bar *progress
}

// newBench returns the bench that the flags describe. compiles says whether compiling is timed after it. If so, the
// bench leaves time for that.
func (f *benchFlags) newBench(suite bench.Suite, subjects []bench.Subject, compiles bool,
	stderr io.Writer) *shownBench {
	limit := f.timeLimit()
	b := &shownBench{Bench: bench.Bench{Suite: suite, Subjects: subjects, Judge: cpu.Reference{},
		Settings: bench.Settings{Samples: f.count, Seconds: f.time.Seconds(), Rounds: min(10, f.count), Noise: f.noise,
			Limit: limit.Seconds(), Longest: (limit / 10).Seconds()},
		Seed: f.seed, Until: f.started.Add(limit)}}
	if compiles {
		b.Until = b.Until.Add(-min(2*compileLimit, limit/4))
	}
	b.bar = newTimedProgress(stderr, "timing", b.Steps())
	b.Progress = b.bar.setLeft
	return b
}

func (b *shownBench) run(ctx context.Context) (bench.Report, error) {
	defer b.bar.stop()
	return b.Run(ctx)
}

// conclude writes and prints the report. It returns an error if an output is wrong, if nothing was timed, or if the
// report is partial.
func (f *benchFlags) conclude(r bench.Report, stdout io.Writer) error {
	if f.json != "" {
		if err := f.pictures.saving.output("json", f.json).writeFile(r.Write); err != nil {
			return err
		}
	}
	if err := f.print(r, stdout); err != nil {
		return err
	}
	if err := f.pictures.write(r); err != nil {
		return err
	}
	switch wrong := r.Wrong(); {
	case wrong > 0:
		return fmt.Errorf("%d outputs were wrong", wrong)
	case len(r.Results) == 0:
		return errors.New("nothing was timed")
	case r.Run.Partial != "":
		return errors.New("interrupted; the report has what was timed until then")
	}
	return nil
}

// print prints the report, as text or in Go's format.
func (f *benchFlags) print(r bench.Report, w io.Writer) error {
	if f.format == "go" {
		return r.WriteGo(w)
	}
	r = r.Printable()
	m := r.Machine
	if busy := m.Busy(); busy != "" {
		printLine(w, "warning   %s: times are longer and scatter", busy)
	}
	printLine(w, "machine   %s, %d threads, %s, %s, gpuconv %s, load average %s at the start and %s at the end",
		m.CPU, m.Threads, m.Platform, m.Go, m.Git, m.LoadText(0), m.LoadText(1))
	if head := m.Head(); head != "" {
		printLine(w, "state     %s", head)
	}
	printLine(w, "suite     %s, %d cases, --seed %d, %.0f s", r.Run.Suite, len(r.Cases), r.Run.Seed, r.Run.Seconds)
	return r.WriteTable(w, f.wide)
}
