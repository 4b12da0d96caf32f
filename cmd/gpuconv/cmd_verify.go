package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"gpuconv/batch"
	"gpuconv/compare"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/gpu"
	"gpuconv/verify"

	"github.com/spf13/cobra"
)

// verifyFlags are what gpuconv verify is asked for.
type verifyFlags struct {
	quick    bool
	backends string
	deviceFlags
	own                   convFlags // --input, --weight, --bias and how to convolve
	json, junit, pictures string
}

func newVerify() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove the GPU against the float64 reference on every stimulus and filter configuration",
		Long: "verify holds every GPU algorithm, and the CPU engine, to the float64 reference. Each case passes four gates: bit for bit\n" +
			"on integers, within the forward error bound, within a small RMS error, and with nothing written elsewhere and the\n" +
			"same bits twice; and one relation that convolutions keep whoever computes them.\n\n" +
			"The cases are every stimulus with every filter bank and size, crossed with the options of a convolution; --quick takes\n" +
			"those that have every pair of options once, and the algorithms that the device may choose. With --input and --weight there is one case, yours.\n\n" +
			"--backend gpu takes any OpenGL device there is, a software renderer too; it fails where there is none.\n" +
			"A line on stdout says who failed what. Exit code 1: a case failed, or none passed.",
		Example: "  gpuconv verify --quick --backend gpu --junit verify.xml\n" +
			"  gpuconv verify --pictures failures --json verify.json\n" +
			"  gpuconv verify --input x.npy --weight w.npy --padding 3 --stride 2",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.quick, "quick", false, "a fixed cover of the matrix that meets every pair of options")
	flags.StringVar(&f.backends, "backend", "gpu,cpu", "who is verified: gpu, cpu or both")
	f.deviceFlags.register(flags)
	flags.StringVar(&f.algorithm, "algorithm", "", "only this GPU algorithm: "+either(gpu.AlgorithmNames()))
	flags.StringVar(&f.own.input, "input", "", "images of your own: .npy, .npz:key, .png or .jpg")
	flags.StringVar(&f.own.weight, "weight", "", "weights of your own: .npy or .npz:key")
	flags.StringVar(&f.own.bias, "bias", "", "biases of your own: .npy or .npz:key")
	f.own.spec.register(flags)
	flags.StringVar(&f.json, "json", "", "write every case with its figures")
	flags.StringVar(&f.junit, "junit", "", "write JUnit XML for CI")
	flags.StringVar(&f.pictures, "pictures", "", "a new or empty folder for a picture of each wrong output, and its sum tap by tap")
	return cmd
}

// quickUnrolled keeps the unrolled shaders of --quick short, which then take several
// passes more often: most of its time would be compiling. The whole matrix has them
// as they are.
const quickUnrolled = 400

// ownFlags are those that only say something with --input and --weight.
var ownFlags = []string{"bias", "stride", "padding", "padding-mode", "dilation", "groups", "activation", "pool"}

// validate refuses what makes no sense, before anything is opened.
func (f *verifyFlags) validate(cmd *cobra.Command) error {
	for i, name := range f.names() {
		if name != "gpu" && name != "cpu" || slices.Contains(f.names()[:i], name) {
			return usage(fmt.Errorf("--backend %q: want gpu, cpu or gpu,cpu", f.backends))
		}
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags}
	if err := b.validate(); err != nil {
		return err
	}
	if !slices.Contains(f.names(), "gpu") && (f.device != "any" || f.algorithm != "") {
		return usage(fmt.Errorf("--backend %s: want no --device and no --algorithm with it, they choose on a GPU", f.backends))
	}
	if !slices.Contains(f.names(), "gpu") && f.opener != "" {
		return usage(fmt.Errorf("--backend %s: want no --context with it, that opens a GPU", f.backends))
	}
	if f.isOwn() {
		if f.quick {
			return usage(errors.New("--quick: it takes part of the matrix, want it without --input and --weight"))
		}
		return nil
	}
	for _, name := range ownFlags {
		if cmd.Flags().Changed(name) {
			return usage(fmt.Errorf("--%s: the matrix has all of them, want --input and --weight with it", name))
		}
	}
	return nil
}

func (f *verifyFlags) names() []string { return strings.Split(f.backends, ",") }

func (f *verifyFlags) isOwn() bool { return f.own.input != "" || f.own.weight != "" }

func (f *verifyFlags) run(cmd *cobra.Command, stdout, stderr io.Writer) error {
	ctx := cmd.Context()
	if err := f.validate(cmd); err != nil {
		return err
	}
	out, err := f.outputs()
	if err != nil {
		return err
	}
	defer out.discard()
	subjects, closeAll, err := f.subjects(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	runs, err := f.runs(subjects)
	if err != nil {
		return err
	}
	for _, s := range subjects {
		fmt.Fprintf(stdout, "subject   %v\n", s)
	}
	p := newProof(stdout, stderr, out, runs)
	if err := p.prove(ctx, runs); err != nil {
		return err
	}
	return p.conclude(ctx)
}

// subjects opens everybody who is verified: a device for each algorithm of the GPU.
func (f *verifyFlags) subjects(ctx context.Context) (all []verify.Subject, closeAll func(), err error) {
	var devices []chosen
	closeAll = func() {
		if ctx.Err() == nil { // after an interrupt one may still be at work, and the process ends
			for _, d := range devices {
				d.close()
			}
		}
	}
	for _, name := range f.names() {
		if name == "cpu" {
			all = append(all, verify.Subject{Backend: cpu.Engine{}, Name: "cpu", Device: processor()})
			continue
		}
		for _, algorithm := range f.algorithms() {
			twins, err := f.twins(ctx, algorithm)
			devices = append(devices, twins...)
			if err != nil {
				closeAll()
				return nil, nil, err
			}
			if len(twins) == 0 {
				continue
			}
			s := verify.Subject{Backend: twins[0].Backend, Name: "gpu", Algorithm: algorithm, Device: twins[0].device.String(), Driver: twins[0].device.Version}
			for _, twin := range twins[1:] {
				s.Twins = append(s.Twins, twin.Backend)
			}
			all = append(all, s)
		}
	}
	return all, closeAll, nil
}

// mostTwins bounds how many contexts of an algorithm are open at once: each has threads
// of its own on a software renderer.
const mostTwins = 4

// twins opens as many devices of an algorithm as cases are computed at once, or none if
// --quick does not take it on this device.
func (f *verifyFlags) twins(ctx context.Context, algorithm string) (all []chosen, err error) {
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags, guard: true}
	b.algorithm = algorithm
	if f.quick {
		b.unrolled = quickUnrolled
	}
	for range min(runtime.GOMAXPROCS(0), mostTwins) {
		var d chosen
		if err := batch.Await(ctx, func() (err error) { d, err = b.open(); return err }); err != nil {
			return all, err
		}
		all = append(all, d)
		if f.quick && f.algorithm == "" && !gpu.Chosen(algorithm, d.device.Software) {
			d.close()
			return nil, nil
		}
	}
	return all, nil
}

func (f *verifyFlags) algorithms() []string {
	if f.algorithm != "" {
		return []string{f.algorithm}
	}
	return gpu.AlgorithmNames()
}

// runs puts together who is held to what: everybody to the matrix, and each to the
// batches that lie around its own chunks.
func (f *verifyFlags) runs(subjects []verify.Subject) ([]verify.Runner, error) {
	judge := cpu.Reference{}
	if f.isOwn() {
		c, err := f.ownCase()
		if err != nil {
			return nil, err
		}
		return []verify.Runner{{Judge: judge, Subjects: subjects, Cases: []verify.Case{c}}}, nil
	}
	cases := verify.Whole
	if f.quick {
		cases = verify.Quick
	}
	matrix := append(cases(verify.Stimuli(), verify.Banks()), append(verify.Batches(), verify.Layers()...)...)
	runs := []verify.Runner{{Judge: judge, Subjects: subjects, Cases: matrix}}
	for _, s := range subjects {
		if edges := verify.Edges(s); !f.quick && len(edges) > 0 {
			runs = append(runs, verify.Runner{Judge: judge, Subjects: []verify.Subject{s}, Cases: edges, Workers: 1}) // a batch is 256 MiB
		}
	}
	return runs, nil
}

// ownCase reads the user's images and weights.
func (f *verifyFlags) ownCase() (verify.Case, error) {
	images, err := openImages(f.own.input)
	if err != nil {
		return verify.Case{}, err
	}
	defer images.Close()
	shape := images.Shape()
	if shape.N() < 1 {
		return verify.Case{}, usage(fmt.Errorf("--input %s: shape %v: want at least one image", fault.Printable(f.own.input), shape))
	}
	l, err := f.own.layer(shape)
	if err != nil {
		return verify.Case{}, err
	}
	l.problem.Src = shape // all at once: conv's chunks are for files
	dst, err := l.problem.Dst()
	if err != nil {
		return verify.Case{}, usage(without(err, "conv: "))
	}
	// Three fillings, each with its inputs, two outputs and the judge's two float64 a pixel.
	if err := checkMemory(fmt.Sprintf("verifying images of %v to %v", shape, dst), 3*(shape.Bytes()+6*dst.Bytes())); err != nil {
		return verify.Case{}, err
	}
	src, err := compare.Random("own", l.problem) // the shape of it
	if err != nil {
		return verify.Case{}, err
	}
	if err := images.Draw(src.Src, 0); err != nil {
		return verify.Case{}, err
	}
	name := f.own.input + " with " + f.own.weight
	return verify.Given(compare.Case{Name: name, Problem: l.problem, Src: src.Src, Weight: l.weight, Bias: l.bias}), nil
}

// proof is a verification under way.
type proof struct {
	stdout  io.Writer
	bar     *progress
	out     *proofFiles
	report  verify.Report
	started time.Time
	before  int // records of the runs before this one
	drawn   int // pictures
}

func newProof(stdout, stderr io.Writer, out *proofFiles, runs []verify.Runner) *proof {
	total := 0
	for _, r := range runs {
		total += r.Records()
	}
	return &proof{stdout: stdout, out: out, started: time.Now(), bar: newProgressOf(stderr, "verifying", "cases", total),
		report: verify.Report{Schema: 1, Program: describeProgram(), Command: strings.Join(os.Args, " "), Cases: []verify.Entry{}}}
}

// prove makes the runs, one after the other.
func (p *proof) prove(ctx context.Context, runs []verify.Runner) error {
	defer p.bar.stop()
	for _, r := range runs {
		r.Each = p.look
		r.Progress = func(done int) { p.bar.set(p.before + done) }
		if err := batch.Await(ctx, func() error { return r.Run(ctx) }); err != nil {
			return without(err, "verify: ")
		}
		p.before += r.Records()
	}
	return nil
}

// mostPictures bounds what one shader that is wrong everywhere draws.
const mostPictures = 50

// look reports a record as soon as it is there.
func (p *proof) look(r verify.Record) error {
	p.report.Count.Add(r)
	p.report.Cases = append(p.report.Cases, verify.NewEntry(r))
	if r.Outcome.Status() != compare.Failed {
		return nil
	}
	p.bar.clear()
	fmt.Fprintln(p.stdout, r.Line())
	if p.out.pictures.path == "" || p.drawn >= mostPictures {
		return nil
	}
	drew, err := verify.WritePictures(p.out.pictures.Folder, p.drawn+1, r)
	if drew {
		p.drawn++
	}
	return p.out.pictures.blame(err)
}

// conclude writes the files and counts. Nothing verified is a failure.
func (p *proof) conclude(ctx context.Context) error {
	p.report.Seconds = time.Since(p.started).Seconds()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.out.write(p.report); err != nil {
		return err
	}
	for _, skip := range p.report.Skips() {
		fmt.Fprintf(p.stdout, "skipped   %v\n", skip)
	}
	count := p.report.Count
	fmt.Fprintln(p.stdout, count)
	switch {
	case count.Failed > 0:
		return fmt.Errorf("%d of %d cases failed", count.Failed, count.Passed+count.Failed)
	case count.Passed == 0:
		return errors.New("no case was verified")
	}
	return nil
}
