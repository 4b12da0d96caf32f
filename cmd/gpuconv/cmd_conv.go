package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/internal/statistics"
	"gpuconv/whole"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// specFlags are the options of a convolution.
type specFlags struct {
	stride, padding, paddingMode, dilation, activation, pool string
	groups                                                   int
	flip                                                     bool
	modeGiven                                                bool // --padding-mode was typed
}

func (f *specFlags) register(flags *pflag.FlagSet) { f.registerWith(flags, "0") }

// registerWith is like register, with another default of --padding.
func (f *specFlags) registerWith(flags *pflag.FlagSet, padding string) {
	defer inGroup(flags, groupConvolution)()
	flags.StringVar(&f.stride, "stride", "1", "pixels from one output to the next: 2, or 2,1 for H,W")
	flags.StringVar(&f.padding, "padding", padding,
		"pixels: 3 for all sides, 3,2 for H,W, or top,bottom,left,right; or a name. valid: no padding.\n"+
			"half: half a filter on each side, as gpuconv run pads. same:\n"+
			"the output has the image's size, at stride 1 only. same-upper: it has the image's size divided by the\n"+
			"stride, rounded up, with an odd pixel of padding after the image, as TensorFlow's SAME and ONNX's\n"+
			"SAME_UPPER. same-lower: likewise, with an odd pixel before the image, as ONNX's SAME_LOWER. All sizes\n"+
			"are before --pool")
	flags.StringVar(&f.paddingMode, "padding-mode", "zeros",
		"zeros, reflect (the border pixel is not repeated: c b | a b c, NumPy's and\n"+
			"PyTorch's reflect), symmetric (it is repeated: b a | a b c, NumPy's symmetric, SciPy's\n"+
			"reflect, OpenCV's BORDER_REFLECT), replicate or circular; on each side the padding must\n"+
			"be less than the image with reflect, and at most the image with symmetric and circular")
	flags.StringVar(&f.dilation, "dilation", "1", "pixels from one weight of a kernel to the next: 2, or 2,1 for H,W")
	wholeVar(flags, &f.groups, "groups", 1, "how many groups channels and filters are divided into")
	flags.StringVar(&f.activation, "activation", "none",
		"none, relu or energy: √(a²+b²) of the sums a and b of filters 2m and 2m+1")
	flags.StringVar(&f.pool, "pool", "none",
		"none, or max or avg with a size, and a stride if it differs from the size: max:2, avg:2, max:3:2")
	registerFlip(flags, &f.flip)
}

// registerFlip adds --flip, for verbs that take weights.
func registerFlip(flags *pflag.FlagSet, flip *bool) {
	defer inGroup(flags, groupConvolution)()
	flags.BoolVar(flip, "flip", false, "true convolution: turn the kernels by 180°, as scipy.signal.convolve2d does")
}

// spec parses the flags. Paddings with a name depend on the shapes of images and weights.
func (f *specFlags) spec(src, weight conv.Shape) (s conv.Spec, err error) {
	if s.Stride, err = parsePair("stride", f.stride, 1); err != nil {
		return s, err
	}
	if s.Dilation, err = parsePair("dilation", f.dilation, 1); err != nil {
		return s, err
	}
	of := window{[2]int(src[2:]), [2]int(weight[2:]), s.Stride, s.Dilation}
	if s.Padding, err = parsePadding(f.padding, of); err != nil {
		return s, err
	}
	if s.PaddingMode, err = parseText[conv.PaddingMode]("padding-mode", f.paddingMode); err != nil {
		return s, err
	}
	if s.Activation, err = parseText[conv.Activation]("activation", f.activation); err != nil {
		return s, err
	}
	if f.groups < 1 {
		return s, refused("groups", strconv.Itoa(f.groups), errors.New("want at least 1"))
	}
	s.Groups = f.groups
	s.Pool, err = parseText[conv.Pool]("pool", f.pool)
	return s, err
}

// convFlags are the flags of gpuconv conv.
type convFlags struct {
	input, weight, bias, output string
	json                        string
	spec                        specFlags
	backend                     backendFlags
	inputs                      inputs
	saving                      saving
	dumpShader, dry             bool
}

func newConv() *cobra.Command {
	var f convFlags
	cmd := &cobra.Command{
		Use:   "conv --input X --weight W --output Y.npy",
		Short: "Convolve any images with any weights",
		Long: "conv convolves images with weights (cross-correlation: kernels are not flipped, as in PyTorch; " +
			"--flip turns them).\n\n" +
			"Images are .npy or .npz (file.npz:key) [N,C,H,W], or [N,H,W] or [H,W] of one channel, or a picture\n" +
			"(.png, .jpg, .tif, .bmp, .webp) of pixels 0 … 1, as grey, or as RGB for weights of three channels. " +
			"Arrays are taken\n" +
			"as they are: the pixels of a uint8 .npy are 0 … 255.\n" +
			"Weights are [filters, channels per group, rows, columns], biases [filters]. " +
			"They may be in a network's file:\n" +
			"model.safetensors:conv1.weight, or model.pt:conv1.weight as torch.save(model.state_dict()) writes it. " +
			"The output is float32\n" +
			"[N, channels, rows, columns]. " +
			"It has a channel for each filter, or for each pair with --activation energy.\n" +
			"What float32 cannot hold of an array is counted on stderr, or refused with --strict.",
		Example: "  gpuconv stimuli --kind grating --orientation 0:180:45 --sf 0.1 --output x.npy\n" +
			"  gpuconv filters --kind gabor --orientation 0:180:45 --size 7 --output w.npy\n" +
			"  gpuconv conv --input x.npy --weight w.npy --padding same --activation relu --output y.npy\n" +
			"  gpuconv run --orientations 0:180:45 --output out\n" +
			"  gpuconv conv --input out/gratings.png --weight w.npy --padding 3 --padding-mode reflect " +
			"--output answers.npy",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	fileFlag(flags, &f.input, "input", "images: .npy, .npz:key, .png, .jpg, .tif, .bmp or .webp")
	fileFlag(flags, &f.weight, "weight", "weights: .npy, .npz:key, .safetensors:name or .pt:name")
	fileFlag(flags, &f.bias, "bias", "biases, one per filter: as --weight")
	flags.StringVar(&f.output, "output", "", "the .npy file to write")
	registerDryRun(flags, &f.dry)
	f.saving.register(cmd)
	f.spec.register(flags)
	f.backend.register(flags)
	f.inputs.register(flags)
	f.inputs.images.register(flags)
	flags.StringVar(&f.json, "json", "", "the JSON file to write: what was convolved, by which algorithm, how "+
		"exactly and how fast")
	flags.BoolVar(&f.dumpShader, "dump-shader", false,
		"print the GLSL that is compiled, exactly; without --output nothing is computed")
	return cmd
}

func (f *convFlags) file() output { return f.saving.output("output", f.output) }

// layer is a convolution with its weights and biases.
type layer struct {
	problem conv.Problem
	weight  *conv.Tensor
	bias    []float32
}

func (f *convFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	if f.output != "" || !f.dumpShader && !f.dry {
		if err := f.file().checkArray(); err != nil {
			return err
		}
	}
	if f.json != "" && f.output == "" {
		return refused("json", f.json, errors.New("want --output with it"))
	}
	if err := f.saving.output("json", f.json).checkFile(); err != nil {
		return err
	}
	if err := f.backend.validate(); err != nil {
		return err
	}
	images, err := f.openImages(ctx)
	if err != nil {
		return err
	}
	defer images.Close()
	l, err := f.layer(ctx, images.Shape(), func(p conv.Problem) error { return f.judge(p, images.memory) })
	if err != nil {
		return err
	}
	if err := images.check(); err != nil {
		return err
	}
	if l.problem, err = batch.Portion(l.problem); err != nil {
		return usage(plain(err))
	}
	s, err := f.backend.prepare(ctx, images.Shape().N(), l.problem, l.weight, l.bias)
	if err != nil {
		return err
	}
	defer s.close(ctx)
	if f.dumpShader {
		if err := dumpShader(stdout, s); err != nil || f.output == "" {
			return err
		}
		stdout = stderr // stdout holds the shader
	}
	tellPlan(stderr, s)
	stream := experiment.Stream{Images: images, Problem: l.problem, Plan: s.plan}
	if f.dry {
		return f.foresee(ctx, stdout, stream, s, images.memory)
	}
	found, err := f.convolve(ctx, stdout, stderr, stream, s)
	if err != nil {
		return err
	}
	images.seen()
	f.inputs.notFinite(f.output, found)
	f.inputs.print(stderr)
	return nil
}

// openImages opens the file of --input for the filters of --weight.
func (f *convFlags) openImages(ctx context.Context) (imageInput, error) {
	return f.inputs.openImages(ctx, f.input, f.spec.channels(ctx, "weight", f.weight))
}

// layer puts together the problem for all images. It reads weights and biases if judge accepts their shapes.
func (f *convFlags) layer(ctx context.Context, src conv.Shape, judge func(conv.Problem) error) (l layer, err error) {
	weights, shape, err := openWeights(ctx, "weight", f.weight)
	if err != nil {
		return l, err
	}
	defer weights.Close()
	spec, err := f.spec.spec(src, shape)
	if err != nil {
		return l, err
	}
	l.problem = conv.Problem{Spec: spec, Src: src, Weight: shape, Bias: f.bias != ""}
	var biases arrayInput
	if l.problem.Bias {
		var values int
		if biases, values, err = openBias(ctx, f.bias); err != nil {
			return l, err
		}
		defer biases.Close()
		if err := l.problem.CheckBias(values); err != nil {
			return l, usage(plain(err))
		}
	}
	if err := judge(l.problem); err != nil {
		return l, err
	}
	return l, f.fill(&l, weights, biases)
}

// fill reads weights and biases.
func (f *convFlags) fill(l *layer, weights, biases arrayInput) error {
	array, err := f.inputs.read(weights)
	if err != nil {
		return err
	}
	if l.weight, err = array.Weights(); err != nil {
		return refused("weight", f.weight, err)
	}
	if f.spec.flip {
		l.weight = l.weight.Flipped()
	}
	if !l.problem.Bias {
		return nil
	}
	if array, err = f.inputs.read(biases); err != nil {
		return err
	}
	l.bias = array.Data
	return nil
}

// copies is the memory reserved for weights, as a multiple of their size: the weights here, and those of a plan, packed
// or transformed. If a plan takes more, [backendFlags.planExtra] counts it.
const copies = 8

// judge refuses a problem that is not valid, or does not fit on the disk or in memory. The memory is for three portions
// of the images and outputs here, about two in a plan, the weights, and the bytes that reading takes beyond those.
func (f *convFlags) judge(p conv.Problem, bytes float64) error {
	dst, err := p.Dst()
	if err != nil {
		return forColours(p.Src, p.Weight, err)
	}
	if f.output != "" {
		if err := checkDisk(fmt.Sprintf("an output of %v", dst), f.output, dst.Bytes()); err != nil {
			return err
		}
	}
	need, err := f.convMemory(p.Src.N(), p, bytes)
	if err != nil {
		return err
	}
	return reserve(fmt.Sprintf("images of %v to %v with weights %v", p.Src.Image(), dst.Image(), p.Weight), need)
}

// convMemory estimates the bytes that a problem takes, without [beside]. images is the number of all images, bytes what
// reading takes beyond them.
func (f *convFlags) convMemory(images int, p conv.Problem, bytes float64) (float64, error) {
	portion, err := batch.Portion(p)
	if err != nil {
		return 0, usage(plain(err))
	}
	dst, err := portion.Dst()
	if err != nil {
		return 0, usage(plain(err))
	}
	extra := f.backend.planExtra(images, portion, (copies-1)*p.Weight.Bytes())
	return bytes + 5*(portion.Src.Bytes()+dst.Bytes()) + copies*p.Weight.Bytes() + extra, nil
}

// foresee says what would be written, and how long it would take. It convolves a portion of the images.
func (f *convFlags) foresee(ctx context.Context, stdout io.Writer, stream experiment.Stream, s session,
	bytes float64) error {
	dst, err := stream.Problem.Dst()
	if err != nil {
		return err
	}
	memory, err := f.convMemory(stream.Images.Shape().N(), stream.Problem, bytes)
	if err != nil {
		return err
	}
	forecast, err := stream.Foresee(ctx)
	if err != nil {
		return err
	}
	s.print(stdout)
	outputs := dst.WithN(stream.Images.Shape().N())
	printForeseen(stdout, stream.Images.Shape(), stream.Problem.Weight, outputs)
	printMemory(stdout, memory+beside)
	printTime(stdout, forecast, s.name == "gpu" && !s.device.Software)
	names := []string{f.output}
	if f.output == "" {
		names[0] = "an array"
	}
	if f.json != "" {
		names = append(names, f.json)
	}
	printFiles(stdout, names, outputs.Bytes())
	return nil
}

// convolve streams the images through the plan into the output file. It returns how many outputs are NaN or infinite.
func (f *convFlags) convolve(ctx context.Context, stdout, stderr io.Writer, stream experiment.Stream,
	s session) (found experiment.NotFinite, err error) {
	image, err := stream.Problem.Dst()
	if err != nil {
		return found, err
	}
	shape := image.WithN(stream.Images.Shape().N())
	bar := newProgress(stderr, "convolving", shape.N())
	defer bar.stop()
	stream.Progress = bar.set
	var stats experiment.Written
	err = f.file().create(func(file *whole.File) (err error) {
		stats, err = stream.Write(ctx, file)
		return err
	})
	if err != nil {
		return found, err
	}
	s.print(stdout)
	if d, ok := s.plan.(conv.Describer); ok {
		printLine(stdout, "algorithm %s: %s", d.Describe().Algorithm, d.Describe().Accuracy())
	}
	seconds := stats.Convolve.Seconds()
	printLine(stdout, "speed     %s images/s convolving (%.3f s)",
		statistics.Digits(float64(shape.N())/max(seconds, 1e-9)), seconds)
	printLine(stdout, "wrote     %s %v", fault.Printable(f.output), shape)
	if f.json == "" {
		return stats.NotFinite, nil
	}
	return stats.NotFinite, f.saving.output("json", f.json).writeFile(f.report(stream, s, stats, shape).write)
}

// dumpShader prints the sources that a plan compiled.
func dumpShader(w io.Writer, s session) error {
	d, ok := s.plan.(conv.Describer)
	if !ok || len(d.Describe().Sources) == 0 {
		err := fmt.Errorf("the %s backend compiles no shader, want --backend gpu with it", s.name)
		return refused("dump-shader", "", err)
	}
	_, err := io.WriteString(w, strings.Join(d.Describe().Sources, ""))
	return err
}
