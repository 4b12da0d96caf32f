package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/gpu"
	"gpuconv/gpu/probe"
	"gpuconv/machine"

	"github.com/spf13/pflag"
)

// backendFlags choose the backend.
type backendFlags struct {
	backend string
	deviceFlags
	guard    bool // no flag: see gpu.Options
	unrolled int  // no flag: see gpu.Options
	untuned  bool // no flag: ignores what gpuconv autotune stored
	steady   bool // no flag: see gpu.Options
}

func (f *backendFlags) register(flags *pflag.FlagSet) {
	defer inGroup(flags, groupBackend)()
	flags.StringVar(&f.backend, "backend", "auto",
		"auto, gpu, cpu or reference; auto takes a hardware GPU if there is one, else the CPU engine; "+
			isaVariable+" chooses the engine's instructions: avx512, avx2 or generic")
	f.deviceFlags.register(flags)
	flags.StringVar(&f.algorithm, "algorithm", "",
		"force an algorithm: "+either(gpu.AlgorithmNames())+" on a GPU; with --backend cpu "+
			either(cpu.AlgorithmNames()))
}

// deviceFlags choose an OpenGL device and how it computes.
type deviceFlags struct {
	device    string // --device: which one
	opener    string // --context: who opens the device
	algorithm string // each verb defines --algorithm in its own words
	precision string // --precision: which algorithms may be chosen without being forced; "" is exact
	tiles     string // --tiles, of verbs that register it: the class of devices whose tiles are used; "" is its own
}

// register defines --device, --context and --precision.
func (f *deviceFlags) register(flags *pflag.FlagSet) {
	defer inGroup(flags, groupBackend)()
	flags.StringVar(&f.device, "device", "any",
		"OpenGL device: any, gpu, software, a number that gpuconv info lists, or task: the GPU that\n"+
			"CUDA_VISIBLE_DEVICES or ROCR_VISIBLE_DEVICES gives this process; SLURM_LOCALID counts through several")
	flags.StringVar(&f.opener, "context", "",
		"who opens the device: egl, which needs no display, or glfw, in a hidden window; "+
			"by default egl if this program has it")
	flags.StringVar(&f.precision, "precision", conv.Exact.String(),
		"exact keeps the error of each output in proportion to its own pixels; fast also lets a GPU "+
			"choose fft and winograd, and the CPU engine dft, which spread the error of large pixels")
}

// registerTiles defines --tiles.
func (f *deviceFlags) registerTiles(flags *pflag.FlagSet) {
	defer inGroup(flags, groupBackend)()
	flags.StringVar(&f.tiles, "tiles", "", "cut problems as for devices of this class, whatever the OpenGL device is: "+
		either(gpu.ClassNames())+"; by default the device's own class")
}

// parsedPrecision reads --precision.
func (f *deviceFlags) parsedPrecision() (conv.Precision, error) {
	if f.precision == "" {
		return conv.Exact, nil
	}
	return parseText[conv.Precision]("precision", f.precision)
}

// validate refuses flags that are wrong or do not go together, before anything is opened.
func (f *backendFlags) validate() error {
	if !slices.Contains([]string{"auto", "gpu", "cpu", "reference"}, f.backend) {
		return misread("backend", f.backend, errors.New("want auto, gpu, cpu or reference"))
	}
	if _, err := f.options(); err != nil {
		return err
	}
	if f.onCPU() && f.device != "any" {
		return refused("backend", f.backend, errors.New("want no --device with it, that chooses a GPU"))
	}
	if f.onCPU() && f.opener != "" {
		return refused("backend", f.backend, errors.New("want no --context with it, that opens a GPU"))
	}
	if f.onCPU() && f.tiles != "" {
		return refused("backend", f.backend, errors.New("want no --tiles with it, they are a GPU's"))
	}
	if f.algorithm != "" && f.backend == "reference" {
		return refused("backend", "reference", errors.New("want no --algorithm with it, it has only one"))
	}
	if known := f.algorithms(); f.algorithm != "" && !slices.Contains(known, f.algorithm) {
		return unknown("algorithm", f.algorithm, known)
	}
	return nil
}

// options says which device to open and how it computes.
func (f *backendFlags) options() (gpu.Options, error) {
	o := gpu.Options{Algorithm: f.algorithm, Guard: f.guard, Unrolled: f.unrolled, Tiles: f.tiles,
		Steady: f.steady}
	if f.tiles != "" && !slices.Contains(gpu.ClassNames(), f.tiles) {
		return o, unknown("tiles", f.tiles, gpu.ClassNames())
	}
	var err error
	if o.Precision, err = f.parsedPrecision(); err != nil {
		return o, err
	}
	if o.Device, err = gpu.ParseSelector(f.device); err != nil {
		return o, misread("device", f.device, err)
	}
	if o.Provider, err = gpu.ParseProvider(f.opener); err != nil {
		return o, misread("context", f.opener, err)
	}
	return o, refused("device", f.device, o.Validate())
}

// algorithms lists the algorithms that may be forced: the CPU engine's for --backend cpu, else a GPU's.
func (f *backendFlags) algorithms() []string {
	if f.backend == "cpu" {
		return cpu.AlgorithmNames()
	}
	return gpu.AlgorithmNames()
}

func (f *backendFlags) onCPU() bool { return f.backend == "cpu" || f.backend == "reference" }

// free reports whether any backend will do, because no flag asks for a certain one. The GPU that a scheduler gave is
// not one that the user chose.
func (f *backendFlags) free() bool {
	return f.backend == "auto" && (f.device == "any" || f.ofTask()) && f.opener == "" && f.algorithm == "" &&
		f.tiles == ""
}

// ofTask reports whether --device asks for the GPU that a scheduler gave this process.
func (f *deviceFlags) ofTask() bool { return f.device == gpu.Task().String() }

// chosen is an open backend.
type chosen struct {
	conv.Backend
	name   string   // gpu, cpu or reference
	isa    cpu.ISA  // of the CPU engine
	device gpu.Info // of a GPU
	note   string   // what the user should know: why auto took no GPU, drivers passed over, the warning of the plan
	close  func() error
}

// describe names the device that computes, and says so if it is a software renderer.
func (c chosen) describe() string {
	switch c.name {
	case "gpu":
		return fmt.Sprintf("%v%s, OpenGL %s (%s)", c.device, asHardware(c.device), c.device.Version, c.device.Name)
	case "reference":
		return fmt.Sprintf("float64 reference, %d threads of %s", runtime.GOMAXPROCS(0), machine.Processor())
	}
	return fmt.Sprintf("CPU engine with %v, %d threads of %s", c.isa, runtime.GOMAXPROCS(0), machine.Processor())
}

// asHardware says which class's tiles a device computes with, if --tiles chose the class.
func asHardware(d gpu.Info) string {
	if d.Tiles == "" {
		return ""
	}
	return " with the tiles of " + d.Tiles
}

// open opens the backend, or returns ctx's error as soon as that is done. The flags have passed validate.
func (f *backendFlags) open(ctx context.Context) (chosen, error) {
	var c chosen
	err := batch.Await(ctx, func() (err error) { c, err = f.openNow(ctx); return err })
	if err != nil {
		return chosen{}, err
	}
	return c, nil
}

// openNow is open, but after ctx is done it may still wait for a driver.
func (f *backendFlags) openNow(ctx context.Context) (chosen, error) {
	switch {
	case f.backend == "cpu":
		return f.engine(f.algorithm, "")
	case f.backend == "reference":
		return chosen{Backend: cpu.Reference{}, name: "reference", close: closeNothing}, nil
	}
	options, err := f.options()
	if err != nil {
		return chosen{}, err
	}
	if f.free() {
		if !f.ofTask() {
			options.Device = gpu.Hardware()
		}
		var dead passedOver
		c, err := f.openGPU(ctx, options)
		switch {
		case errors.Is(err, gpu.ErrUnavailable):
			return f.engine("", gpu.ErrUnavailable.Error())
		case f.ofTask() && errors.Is(err, gpu.ErrNoDevice):
			return f.engine("", oneLine(err.Error()))
		case errors.As(err, &dead):
			return f.engine("", "no hardware GPU was found; passed over: "+probe.Together(dead.PassedOver()))
		case errors.Is(err, gpu.ErrNoDevice):
			return f.engine("", "no hardware GPU was found; --backend gpu takes a software renderer too")
		}
		return c, err
	}
	return f.openGPU(ctx, options)
}

// stay makes the flags ask for a device such as the one that was opened, if that is a GPU. When they are used again,
// the CPU engine does not take the place of the GPU, and a software renderer does not take that of hardware.
func (f *backendFlags) stay(c chosen) {
	if c.name != "gpu" {
		return
	}
	f.backend = "gpu"
	if f.device == "any" {
		f.device = gpu.Hardware().String()
		if c.device.Software {
			f.device = gpu.Software().String()
		}
	}
}

// isaVariable is the environment variable that chooses the CPU engine's instructions, for tests and comparisons.
const isaVariable = "GPUCONV_CPU"

// engine opens the CPU engine; "" forces no algorithm.
func (f *backendFlags) engine(algorithm, note string) (chosen, error) {
	precision, err := f.parsedPrecision()
	if err != nil {
		return chosen{}, err
	}
	isa, err := cpu.ParseISA(os.Getenv(isaVariable))
	if err != nil {
		return chosen{}, usage(fmt.Errorf("%s: %w", isaVariable, plain(err)))
	}
	available := cpu.AvailableISAs()
	if isa == cpu.BestISA {
		isa = available[0]
	}
	if !slices.Contains(available, isa) {
		return chosen{}, usage(fmt.Errorf("%s=%v: this processor has %v", isaVariable, isa, available))
	}
	return chosen{Backend: cpu.Engine{ISA: isa, Algorithm: algorithm, Precision: precision}, name: "cpu", isa: isa,
		note: note, close: closeNothing}, nil
}

func closeNothing() error { return nil }

func (f *backendFlags) openGPU(ctx context.Context, options gpu.Options) (chosen, error) {
	r, err := f.reach(ctx, options)
	if err != nil {
		return chosen{}, err
	}
	device, err := gpu.Open(r.options)
	if err != nil {
		return chosen{}, f.unopened(err)
	}
	info := device.Info()
	return chosen{Backend: device, name: "gpu", device: info, note: oneLine(r.note + "\n" + info.Task),
		close: device.Close}, nil
}

// reached are options with which a device can be opened.
type reached struct {
	options gpu.Options
	note    string // drivers that were passed over, and what is wrong with the cache
}

// reach completes options. A child process tries the drivers, and options then leave out those that fail. They also get
// what is kept between runs.
func (f *backendFlags) reach(ctx context.Context, options gpu.Options) (reached, error) {
	kept := openCache()
	options.Programs = kept.programs()
	if !f.untuned && !f.guard {
		options.Tuner = tuner{kept.tuned(), options.Precision}
	}
	found, tried, err := kept.prober().Open(ctx, options)
	if err != nil {
		return reached{}, err
	}
	if tried && len(found.Devices) == 0 { // opening a device here could end this process
		return reached{}, f.unreached(found)
	}
	options.Without = append(found.Died[:len(found.Died):len(found.Died)], found.Failed...)
	note := ""
	if len(found.Died) > 0 {
		note = "passed over: " + probe.Together(found.Died)
	}
	return reached{options, oneLine(note + "\n" + kept.note())}, nil
}

// unreached is the error if the child opened no device.
func (f *backendFlags) unreached(found probe.Found) error {
	if f.ofTask() && found.Reason != "" {
		found.Died = nil // the reason says how it died, and which variable gave this GPU
	}
	if len(found.PassedOver()) > 0 {
		return f.unopened(passedOver{found})
	}
	return f.unopened(found.Err())
}

// passedOver is the error if no GPU opened and a driver is broken.
type passedOver struct{ probe.Found }

func (e passedOver) Error() string { return e.Err().Error() }
func (e passedOver) Unwrap() error { return e.Err() }

// unopened adds a flag to the error that a GPU cannot be opened: the flag that asked for the GPU.
func (f *backendFlags) unopened(err error) error {
	flag, value := "backend", "gpu"
	switch {
	case f.device != "any":
		flag, value = "device", f.device
	case f.opener != "":
		flag, value = "context", f.opener
	}
	var of *fault.Error
	if errors.As(err, &of) && of.Err != nil {
		err = of.Err // leave out the device, which the flag names
	}
	return failed(flag, value, err)
}

// session is an open backend with a prepared convolution.
type session struct {
	chosen
	plan conv.Plan
}

// prepare opens the backend and prepares convolution p on it. images is the number of all images; p's batch is how many
// of them are computed at a time.
func (f *backendFlags) prepare(ctx context.Context, images int, p conv.Problem, weight *conv.Tensor,
	bias []float32) (session, error) {
	var s session
	err := batch.Await(ctx, func() (err error) { s, err = f.openAndPlan(ctx, images, p, weight, bias); return err })
	if err != nil {
		return session{}, err
	}
	return s, nil
}

// openAndPlan does the work of prepare, and may wait for a driver. It takes the CPU engine if any backend will do and
// the GPU cannot compute p.
func (f *backendFlags) openAndPlan(ctx context.Context, images int, p conv.Problem, weight *conv.Tensor,
	bias []float32) (session, error) {
	c, err := f.openNow(ctx)
	if err != nil {
		return session{}, err
	}
	plan, err := conv.Expecting(c.Backend, images).Plan(p, weight, bias)
	if err != nil && f.free() && errors.Is(err, conv.ErrUnsupported) {
		c.close()
		if c, err = f.engine("", oneLine(err.Error())); err != nil {
			return session{}, err
		}
		plan, err = conv.Expecting(c.Backend, images).Plan(p, weight, bias)
	}
	if err != nil {
		c.close()
		return session{}, f.elsewhere(err)
	}
	if d, ok := plan.(conv.Describer); ok && (c.note == "" || c.name == "gpu") {
		c.note = oneLine(c.note + "\n" + d.Describe().Warning)
	}
	return session{chosen: c, plan: plan}, nil
}

// elsewhere adds advice to an error of planning. If an algorithm is forced, it names that flag. Otherwise, if the
// backend cannot compute the problem, it names a backend that can. Other errors stay as they are.
func (f *backendFlags) elsewhere(err error) error {
	if f.algorithm != "" {
		return failed("algorithm", f.algorithm, err)
	}
	if errors.Is(err, conv.ErrUnsupported) {
		return fmt.Errorf("%w; --backend cpu computes it", plain(err))
	}
	return err
}

// print prints the device that convolves, the note on it if there is one, and how long compiling took.
func (s session) print(w io.Writer) {
	printLine(w, "device    %s", s.describe())
	if s.note != "" {
		printLine(w, "          (%s)", s.note)
	}
	if c, ok := s.plan.(conv.Compiler); ok {
		printCompiled(w, c.Compiled())
	}
}

// leastCompiling is how long compiling must take to be worth a line.
const leastCompiling = 100 * time.Millisecond

// printCompiled prints how long compiling took, and whether the programs are kept for the next run.
func printCompiled(w io.Writer, c conv.Compiled) {
	if c.Took < leastCompiling {
		return
	}
	kept := ""
	if c.Kept {
		kept = ", kept for next time"
	}
	printLine(w, "compiled in %.1f s%s", c.Took.Seconds(), kept)
}

// close releases everything. After an interrupt it does not wait for a plan that may still compute: the process is
// about to end.
func (s session) close(ctx context.Context) {
	if ctx.Err() == nil {
		s.plan.Close() // its error would not matter
		s.chosen.close()
	}
}
