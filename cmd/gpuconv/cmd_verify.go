package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu"
	"gpuconv/guest"
	"gpuconv/verify"

	"github.com/spf13/cobra"
)

// verifyFlags are the flags of gpuconv verify.
type verifyFlags struct {
	quick    bool
	backends string
	deviceFlags
	own                          convFlags // --input, --weight, --bias and how to convolve
	choice                       choiceFlags
	guest                        guestFlags
	json, jsonl, junit, pictures string
	saving                       saving
}

func newVerify() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove the GPU against the float64 reference on every stimulus and filter configuration",
		Long: "verify compares every GPU algorithm, and the CPU engine, with the float64 reference. Each case must\n" +
			"pass five gates: exact on integers; within the forward error bound; a small RMS error; as exact\n" +
			"beside outliers as without them; the same bits twice, and nothing written elsewhere. It must also\n" +
			"keep a relation that all convolutions keep. fft and winograd on a GPU, which are used only on\n" +
			"request, must keep the tolerance that they state.\n\n" +
			"The cases are every stimulus with every filter bank and size, crossed with the options of a\n" +
			"convolution. --quick takes a part of them that has every pair of options, and only algorithms that\n" +
			"the device may choose; on a software renderer also a few with tiles of hardware. With --input and\n" +
			"--weight there is one case, yours.\n\n" +
			"--shader verifies your own compute shader, in a child process, and --program a program.\n\n" +
			"--backend gpu takes any OpenGL device, a software renderer too; it fails where there is none. With\n" +
			"--tiles it cuts problems, and chooses algorithms, as hardware of another maker does. With several\n" +
			"classes, cases that two of them cut alike are computed once. A line on stdout names each case that\n" +
			"failed. Exit code 1: a case failed, none passed, or not all were run.",
		Example: "  gpuconv verify --quick --backend gpu --junit verify.xml\n" +
			"  gpuconv verify --pictures failures --json verify.json\n" +
			"  gpuconv verify --backend gpu --algorithm igemm --tiles amd,intel\n" +
			"  gpuconv verify --quick --cases /7x7/ --fail-fast --time-limit 2m\n" +
			"  gpuconv verify --quick --backend cpu --list > cases.txt\n" +
			"  gpuconv verify --quick --shard 2/8\n" +
			"  gpuconv stimuli --kind grating --orientation 0:180:45 --output x.npy\n" +
			"  gpuconv filters --kind gabor --orientation 0:180:45 --output w.npy\n" +
			"  gpuconv verify --input x.npy --weight w.npy --padding 3 --stride 2\n" +
			"  gpuconv verify --print-interface > my.toml\n\n" +
			"docs/your-shader.md continues from there, with your own shader.",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.quick, "quick", false, "check a fixed part of the matrix, which has every pair of options")
	flags.StringVar(&f.backends, "backend", "gpu,cpu", "what is verified: gpu, cpu or both")
	f.deviceFlags.register(flags)
	flags.Lookup("device").Usage += ", or all of these one after the other, which are compared"
	f.deviceFlags.registerTiles(flags)
	flags.Lookup("tiles").Usage += ". Several are verified one after the other: nvidia,amd"
	flags.StringVar(&f.algorithm, "algorithm", "", "only this GPU algorithm: "+either(gpu.AlgorithmNames()))
	fileFlag(flags, &f.own.input, "input", "images of your own: .npy, .npz:key, .png, .jpg, .tif, .bmp or .webp")
	fileFlag(flags, &f.own.weight, "weight", "weights of your own: .npy, .npz:key, .safetensors:name or .pt:name")
	fileFlag(flags, &f.own.bias, "bias", "biases of your own: as --weight")
	f.own.spec.register(flags)
	f.own.inputs.register(flags)
	f.own.inputs.images.register(flags)
	f.saving.register(cmd)
	f.choice.register(flags)
	f.guest.register(flags)
	flags.StringVar(&f.json, "json", "", "write every case with its figures")
	flags.StringVar(&f.jsonl, "jsonl", "", "write the same as lines of JSON, each as soon as its case is done")
	flags.StringVar(&f.junit, "junit", "",
		"write JUnit XML for CI, at most once a second while cases run, and at the end")
	flags.StringVar(&f.pictures, "pictures", "",
		"a new or empty folder for a picture of each wrong output, and its sum tap by tap")
	return cmd
}

// ownFlags are the flags that mean something only with --input and --weight.
var ownFlags = []string{"bias", "stride", "padding", "padding-mode", "dilation", "groups", "activation", "pool", "flip"}

// validate refuses flags that make no sense, before anything is opened.
func (f *verifyFlags) validate(cmd *cobra.Command) error {
	for i, name := range f.names() {
		if name != "gpu" && name != "cpu" || slices.Contains(f.names()[:i], name) {
			return misread("backend", f.backends, errors.New("want gpu, cpu or gpu,cpu"))
		}
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags}
	if b.device == everyDevice {
		b.device = gpu.Any().String()
	}
	for i, class := range f.classes() {
		if b.tiles = class; slices.Contains(f.classes()[:i], class) {
			return misread("tiles", f.tiles, errors.New("want each class once"))
		}
		if class == "" && f.tiles != "" {
			return misread("tiles", f.tiles, errors.New("want a class before and after each comma"))
		}
		if err := b.validate(); err != nil {
			return err
		}
	}
	if f.device == everyDevice && f.guest.given() {
		return refused("device", f.device, errors.New("want one device with --shader or --program"))
	}
	if err := errors.Join(f.choice.validate(), f.guest.validate(cmd)); err != nil {
		return err
	}
	if f.guest.given() {
		return f.validateOwn(cmd)
	}
	if !slices.Contains(f.names(), "gpu") && (f.device != "any" || f.algorithm != "") {
		return refused("backend", f.backends, errors.New("want neither --device nor --algorithm with it: "+
			"they choose among those of a GPU, and verify takes every algorithm of the CPU engine"))
	}
	if !slices.Contains(f.names(), "gpu") && f.opener != "" {
		return refused("backend", f.backends, errors.New("want no --context with it, that opens a GPU"))
	}
	if !slices.Contains(f.names(), "gpu") && f.tiles != "" {
		return refused("backend", f.backends, errors.New("want no --tiles with it, they are a GPU's"))
	}
	return f.validateOwn(cmd)
}

// validateOwn refuses --quick with --input or --weight, and flags that mean something only with these.
func (f *verifyFlags) validateOwn(cmd *cobra.Command) error {
	if f.isOwn() {
		if f.quick {
			return refused("quick", "", errors.New("it takes part of the matrix, want it without --input and --weight"))
		}
		return nil
	}
	if err := f.own.inputs.images.refuse(cmd.Flags(), "want --input and --weight with it"); err != nil {
		return err
	}
	if f.own.inputs.strict {
		return refused("strict", "", errors.New("it is about files, want --input and --weight with it"))
	}
	for _, name := range ownFlags {
		if cmd.Flags().Changed(name) {
			return refused(name, "", errors.New("the matrix has all of them, want --input and --weight with it"))
		}
	}
	return nil
}

// names lists the backends of gpuconv that are verified.
func (f *verifyFlags) names() []string {
	if f.guest.given() {
		return nil
	}
	return strings.Split(f.backends, ",")
}

// classes lists the classes of --tiles; "" is the device's own.
func (f *verifyFlags) classes() []string { return strings.Split(f.tiles, ",") }

func (f *verifyFlags) isOwn() bool { return f.own.input != "" || f.own.weight != "" }

func (f *verifyFlags) run(cmd *cobra.Command, stdout, stderr io.Writer) (err error) {
	if f.guest.example {
		_, err := io.WriteString(stdout, guest.Example)
		return err
	}
	ctx, cancel := limited(cmd.Context(), f.choice.timeLimit)
	defer cancel()
	defer func() { err = overtime(ctx, err) }()
	if err := f.validate(cmd); err != nil {
		return err
	}
	out, err := f.outputs()
	if err != nil {
		return err
	}
	if f.choice.list {
		_, runs, _, err := f.prepare(ctx, f.list)
		if err == nil {
			printCases(stdout, runs)
		}
		return err
	}
	began := blankReport()
	if err := out.create(began); err != nil {
		return err
	}
	opened, runs, known, err := f.prepare(ctx, f.open)
	defer opened.close(ctx)
	if err != nil {
		began.Stopped = stoppedBy(ctx, err)
		return errors.Join(err, cmp.Or(out.begin(began), out.end(began))) // both run
	}
	printSubjects(stdout, runs)
	f.own.inputs.print(stderr)
	p := newProof(stdout, stderr, out, runs)
	p.known, p.most = known, f.choice.failures()
	p.devices = f.device == everyDevice
	p.all = f.choice.all() && !f.quick && f.algorithm == ""
	if err := p.begin(); err != nil {
		return err
	}
	return p.whole(ctx, cancel, runs) // a device may still be at work after it was stopped: close must not wait
}

// prepare reads the list of known failures, opens the backends and chooses their cases. If it fails, the backends are
// to be closed all the same.
func (f *verifyFlags) prepare(ctx context.Context, open func(context.Context) (*verified, error)) (opened *verified,
	runs []verify.Runner, known *verify.Known, err error) {
	opened = &verified{}
	if known, err = f.choice.knownFailures(ctx); err != nil {
		return opened, nil, nil, err
	}
	if opened, err = open(ctx); err != nil {
		return &verified{}, nil, nil, err
	}
	if runs, err = f.runs(ctx, opened); err == nil {
		runs, err = f.choice.choose(runs)
	}
	return opened, runs, known, err
}

// limited returns a context that ends after limit, if that is not 0.
func limited(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("the time limit of %v is over", limit))
}

// overtime returns err, or what it means if the time limit was over before the first case.
func overtime(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		return fmt.Errorf("%w: no case was run", context.Cause(ctx))
	}
	return err
}

// printSubjects names each subject once.
func printSubjects(w io.Writer, runs []verify.Runner) {
	seen := map[string]bool{}
	for _, r := range runs {
		for _, s := range r.Subjects {
			if name := s.String(); !seen[name] {
				seen[name] = true
				printLine(w, "subject   %s", name)
			}
		}
	}
}

// runs returns runs of cases with the subjects that must pass them:
//
//   - With --input and --weight there is one case. It is for all subjects, and for those algorithms of the CPU engine
//     that the engine would not choose.
//   - Otherwise all subjects have the matrix, or with --quick a part of it. The CPU engine, and subjects that refuse
//     cases of that part, have a second part, for plain layers.
//   - Wide layers are for all subjects, and for each algorithm of the CPU engine.
//   - A few small convolutions are for the tiles of hardware, on a software renderer.
//   - The first case of each list runs before all others, to find a shader that does not compile early.
//   - Without --quick, each subject has batches around the size of its own chunks.
//
// A run may have no subjects. Its cases count for --shard all the same, so that shards are alike on all devices.
func (f *verifyFlags) runs(ctx context.Context, opened *verified) ([]verify.Runner, error) {
	judge, subjects := cpu.Reference{}, opened.subjects
	if f.isOwn() {
		c, err := f.ownCase(ctx)
		if err != nil {
			return nil, err
		}
		subjects = append(slices.Clip(subjects), f.others(c.Problem)...)
		return []verify.Runner{{Judge: judge, Subjects: subjects, Cases: []verify.Case{c}}}, nil
	}
	matrix, forPlain := f.matrix(subjects)
	matrix = append(matrix, append(verify.Batches(), verify.Layers()...)...)
	plain, general := verify.Tiles()
	few := accepting(opened.hardware, general)
	runs := []verify.Runner{
		{Judge: judge, Subjects: subjects, Cases: matrix[:1]},
		{Judge: judge, Subjects: opened.hardware, Cases: plain[:1]},
		{Judge: judge, Subjects: few, Cases: general[:1]},
		{Judge: judge, Subjects: subjects, Cases: matrix[1:]},
		{Judge: judge, Subjects: needing(subjects, matrix), Cases: forPlain},
		{Judge: judge, Subjects: append(slices.Clip(subjects), f.cpuAlgorithms(subjects)...), Cases: verify.Wide()},
		{Judge: judge, Subjects: opened.hardware, Cases: plain[1:]},
		{Judge: judge, Subjects: few, Cases: general[1:]},
	}
	for _, s := range subjects {
		if edges := verify.Edges(s); !f.quick && len(edges) > 0 {
			one := []verify.Subject{s}
			// alone, because a batch takes 256 MiB
			runs = append(runs, verify.Runner{Judge: judge, Subjects: one, Cases: edges, Alone: true})
		}
	}
	return runs, nil
}

// matrix returns the cases of the table, or with --quick a part of them: those for all subjects, and further ones for
// the CPU engine and for subjects that refuse some of them. A shader or program of the user's gets only those that it
// accepts.
func (f *verifyFlags) matrix(subjects []verify.Subject) (all, plain []verify.Case) {
	stimuli, banks := verify.Stimuli(), verify.Banks()
	accepts := func(p conv.Problem) bool {
		return len(accepting(subjects, []verify.Case{{Problem: p}})) > 0
	}
	switch {
	case f.guest.given() && f.quick:
		return verify.QuickOf(stimuli, banks, accepts), verify.QuickPlainOf(stimuli, banks, accepts)
	case f.guest.given():
		return verify.WholeOf(stimuli, banks, accepts), nil
	case f.quick:
		return verify.Quick(stimuli, banks), verify.QuickPlain(stimuli, banks)
	}
	return verify.Whole(stimuli, banks), nil
}

// needing returns the subjects that need further cases of plain layers: those that refuse some of the cases, and the
// CPU engine, which has code for plain layers and takes seconds for all of them.
func needing(subjects []verify.Subject, cases []verify.Case) []verify.Subject {
	return slices.DeleteFunc(slices.Clone(subjects), func(s verify.Subject) bool {
		return s.Name != "cpu" && len(accepting([]verify.Subject{s}, cases)) > 0
	})
}

// accepting returns the subjects that can compute all of the cases.
func accepting(subjects []verify.Subject, cases []verify.Case) (all []verify.Subject) {
	for _, s := range subjects {
		refuses := func(c verify.Case) bool {
			_, err := s.Backend.(conv.Explainer).Explain(c.Problem)
			return err != nil
		}
		if !slices.ContainsFunc(cases, refuses) {
			all = append(all, s)
		}
	}
	return all
}
