package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu"
	"gpuconv/machine"
	"gpuconv/verify"
)

// verified are the open backends that are verified.
type verified struct {
	subjects []verify.Subject
	hardware []verify.Subject // on a software renderer, with tiles of hardware: for verify.Tiles
	devices  []chosen
	guests   []func() error // end the child processes of --shader
}

// close closes all devices, unless ctx is done: after an interrupt a device may still be at work, and the process ends.
func (v *verified) close(ctx context.Context) {
	if ctx.Err() == nil {
		for _, d := range v.devices {
			d.close()
		}
		for _, end := range v.guests {
			_ = end()
		}
	}
}

// open opens the backends that --backend names: for the GPU, devices for each of its algorithms.
func (f *verifyFlags) open(ctx context.Context) (*verified, error) {
	v := &verified{}
	if err := f.openInto(ctx, v); err != nil {
		v.close(ctx)
		return nil, err
	}
	return v, nil
}

// openInto adds backends to those that are open. The caller closes what was opened before an error.
func (f *verifyFlags) openInto(ctx context.Context, v *verified) error {
	if f.guest.given() {
		return f.openGuest(ctx, v)
	}
	for _, name := range f.names() {
		if name == "cpu" {
			engines, err := f.engines()
			if err != nil {
				return err
			}
			v.subjects = append(v.subjects, engines...)
			continue
		}
		if err := f.openDevices(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// engines returns the CPU engine. At precision fast, and without --quick, it also returns the engine with each
// algorithm that it chooses only at precision fast.
func (f *verifyFlags) engines() ([]verify.Subject, error) {
	precision, err := f.parsedPrecision()
	if err != nil {
		return nil, err
	}
	all := []verify.Subject{{Backend: cpu.Engine{Precision: precision}, Name: "cpu", Device: machine.Processor(),
		Fast: precision == conv.Fast}}
	for _, name := range cpu.Spreading() {
		if !f.isOwn() && (precision == conv.Fast || !f.quick) {
			all = append(all, forcedEngine(name))
		}
	}
	return all, nil
}

// forcedEngine is the CPU engine with an algorithm that it may not choose by itself.
func forcedEngine(algorithm string) verify.Subject {
	return verify.Subject{Backend: cpu.Engine{Algorithm: algorithm}, Name: "cpu", Algorithm: algorithm,
		Unforced: cpu.Engine{}, Device: machine.Processor()}
}

// listing takes the place of a backend for --list, which opens no device: it says which problems the backend accepts.
type listing struct {
	conv.Backend // none
	conv.Explainer
}

// accepts says whether a backend accepts problems: all, or none.
type accepts bool

// Explain implements [conv.Explainer].
func (a accepts) Explain(conv.Problem) (conv.Description, error) {
	if !a {
		return conv.Description{}, conv.ErrUnsupported
	}
	return conv.Description{Chunk: math.MaxInt}, nil
}

// list returns subjects whose cases --list prints.
func (f *verifyFlags) list(ctx context.Context) (*verified, error) {
	v := &verified{}
	switch {
	case f.guest.program != "":
		return v, f.openGuest(ctx, v) // opens nothing
	case f.guest.shader != "":
		shader, _, err := f.guest.readShader(ctx)
		v.subjects = []verify.Subject{{Backend: listing{Explainer: shader}}}
		return v, err
	}
	for _, name := range f.names() {
		if name == "cpu" {
			engines, err := f.engines()
			if err != nil {
				return nil, err
			}
			v.subjects = append(v.subjects, engines...)
			continue
		}
		// One that refuses gets all cases, also those for algorithms that refuse others.
		v.subjects = append(v.subjects, verify.Subject{Backend: listing{Explainer: accepts(false)}})
		if f.testsHardware() {
			v.hardware = append(v.hardware, verify.Subject{Backend: listing{Explainer: accepts(true)}})
		}
	}
	return v, nil
}

// testsHardware reports whether the tiles of hardware are tested, too, if the device is a software renderer.
func (f *verifyFlags) testsHardware() bool { return f.quick && f.algorithm == "" && f.tiles == "" }

// everyDevice is the value of --device that means all devices of gpuconv info.
const everyDevice = "all"

// openDevices opens the device of --device, or all devices.
func (f *verifyFlags) openDevices(ctx context.Context, v *verified) error {
	if f.device != everyDevice {
		return f.openGPUs(ctx, v)
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags}
	b.device = gpu.Any().String()
	options, err := b.options()
	if err != nil {
		return err
	}
	found, err := allDevices(ctx, options.Provider)
	if err != nil {
		return b.unopened(err)
	}
	for _, info := range found {
		one := *f
		if one.device = gpu.Any().String(); info.Index >= 0 {
			one.device = strconv.Itoa(info.Index)
		}
		subjects, hardware := len(v.subjects), len(v.hardware)
		if err := one.openGPUs(ctx, v); err != nil {
			return err
		}
		for _, all := range [][]verify.Subject{v.subjects[subjects:], v.hardware[hardware:]} {
			for i := range all {
				all[i].Device = fmt.Sprintf("device %s, %s", one.device, all[i].Device)
			}
		}
	}
	return nil
}

// allDevices returns the devices that open. Where this system allows it, child processes try them.
func allDevices(ctx context.Context, p gpu.Provider) ([]gpu.Info, error) {
	found, tried, err := openCache().prober().Devices(ctx, p)
	switch {
	case err != nil:
		return nil, err
	case !tried:
		return gpu.Devices(p)
	case len(found.Devices) == 0:
		return nil, found.Err()
	}
	return found.Devices, nil
}

// openGPUs opens devices with the tiles of each class of --tiles.
func (f *verifyFlags) openGPUs(ctx context.Context, v *verified) error {
	for _, class := range f.classes() {
		if err := f.openClass(ctx, v, class); err != nil {
			return err
		}
	}
	return nil
}

// openClass opens devices that each have one forced algorithm, with the tiles of a class. openSubject says how many
// there are for an algorithm. One more device has no forced algorithm: it says which algorithm it would choose. With
// --quick it leaves out algorithms that the device never chooses.
func (f *verifyFlags) openClass(ctx context.Context, v *verified, tiles string) error {
	itself, err := f.openGPU(ctx, v, "", tiles)
	if err != nil {
		return err
	}
	precision, err := f.parsedPrecision()
	if err != nil {
		return err
	}
	explainer, _ := itself.Backend.(conv.Explainer)
	class := cmp.Or(itself.device.Tiles, itself.device.Class)
	for _, algorithm := range f.algorithms() {
		if f.quick && f.algorithm == "" && !gpu.Chosen(algorithm, class, precision) {
			continue
		}
		s := verify.Subject{Algorithm: algorithm, Tiles: tiles, Unforced: explainer, Fast: precision == conv.Fast}
		if err := f.openSubject(ctx, v, &s, mostTwins); err != nil {
			return err
		}
		v.subjects = append(v.subjects, s)
	}
	if f.testsHardware() && itself.device.Class == softwareClass {
		return f.openHardware(ctx, v)
	}
	return nil
}

// softwareClass is the class of software renderers.
const softwareClass = "software"

// openHardware opens devices with the tiles of hardware on a software renderer, for each algorithm that hardware may
// choose. Each algorithm has the tiles of one class of hardware, in turn: all classes for each algorithm would take
// minutes to compile.
func (f *verifyFlags) openHardware(ctx context.Context, v *verified) error {
	hardware := slices.DeleteFunc(gpu.ClassNames(), func(class string) bool { return class == softwareClass })
	for i, algorithm := range gpu.AlgorithmNames() {
		class := hardware[(i+2)%len(hardware)] // direct_small gets amd's tiles: they cut weights unlike nvidia's
		if !gpu.Chosen(algorithm, class, conv.Fast) {
			continue
		}
		s := verify.Subject{Algorithm: algorithm, Tiles: class}
		if err := f.openSubject(ctx, v, &s, hardwareTwins); err != nil {
			return err
		}
		v.hardware = append(v.hardware, s)
	}
	return nil
}

// openSubject opens the devices of a subject, with its algorithm and tiles: one for each core, but at most limit.
func (f *verifyFlags) openSubject(ctx context.Context, v *verified, s *verify.Subject, limit int) error {
	for range min(runtime.GOMAXPROCS(0), limit) {
		twin, err := f.openGPU(ctx, v, s.Algorithm, s.Tiles)
		if err != nil {
			return err
		}
		if s.Backend != nil {
			s.Twins = append(s.Twins, twin.Backend)
			continue
		}
		s.Backend, s.Name, s.Device, s.Driver = twin.Backend, "gpu", twin.device.String(), twin.device.Version
	}
	return nil
}

// mostTwins is how many devices are opened for one algorithm at most. On a software renderer each has threads of its
// own.
const mostTwins = 4

// hardwareTwins is like mostTwins, for tiles of hardware. More would be idle, because each of the two lists of
// verify.Tiles has two cases.
const hardwareTwins = 2

// openGPU opens a device with a forced algorithm, or with none if algorithm is "", and with the tiles of a class, or
// its own if tiles is "".
func (f *verifyFlags) openGPU(ctx context.Context, v *verified, algorithm, tiles string) (chosen, error) {
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags, guard: true}
	b.algorithm, b.tiles = algorithm, tiles
	if f.quick {
		b.unrolled = quickUnrolled
	}
	opened, err := b.open(ctx)
	if err == nil {
		v.devices = append(v.devices, opened)
	}
	return opened, err
}

// cpuAlgorithms returns the CPU engine once for each of its algorithms that is not among the subjects already, or
// nothing if --backend leaves it out.
func (f *verifyFlags) cpuAlgorithms(already []verify.Subject) (all []verify.Subject) {
	if !slices.Contains(f.names(), "cpu") {
		return nil
	}
	for _, name := range cpu.AlgorithmNames() {
		if slices.ContainsFunc(already, func(s verify.Subject) bool { return s.Name == "cpu" && s.Algorithm == name }) {
			continue
		}
		all = append(all, forcedEngine(name))
	}
	return all
}

// others returns the CPU engine with each algorithm that can compute p, except the one that the engine chooses itself.
func (f *verifyFlags) others(p conv.Problem) (all []verify.Subject) {
	itself, err := cpu.Engine{}.Explain(p)
	for _, s := range f.cpuAlgorithms(nil) {
		if _, refused := s.Backend.(conv.Explainer).Explain(p); refused == nil && err == nil &&
			s.Algorithm != itself.Algorithm {
			all = append(all, s)
		}
	}
	return all
}

// algorithms returns the GPU algorithms to verify: that of --algorithm, or all.
func (f *verifyFlags) algorithms() []string {
	if f.algorithm != "" {
		return []string{f.algorithm}
	}
	return gpu.AlgorithmNames()
}

// quickUnrolled is the most multiplications in an unrolled shader with --quick, because compiling longer shaders would
// take most of the time. With this limit more convolutions take several passes. Without --quick, shaders are as usual.
const quickUnrolled = 400
