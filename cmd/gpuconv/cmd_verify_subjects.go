package main

import (
	"context"
	"runtime"
	"slices"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu"
	"gpuconv/machine"
	"gpuconv/verify"
)

// subjects opens the backends that are verified: the CPU engine, and devices for each algorithm of the GPU.
func (f *verifyFlags) subjects(ctx context.Context) (all []verify.Subject, closeAll func(), err error) {
	var devices []chosen
	closeAll = func() {
		if ctx.Err() == nil { // after an interrupt a device may still be at work, and the process ends
			for _, d := range devices {
				d.close()
			}
		}
	}
	for _, name := range f.names() {
		if name == "cpu" {
			all = append(all, verify.Subject{Backend: cpu.Engine{}, Name: "cpu", Device: machine.Processor()})
			continue
		}
		opened, made, err := f.gpuSubjects(ctx)
		devices = append(devices, opened...)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		all = append(all, made...)
	}
	return all, closeAll, nil
}

// gpuSubjects opens devices for each algorithm, which they are forced to take. It opens one more that chooses by
// itself, so that reports can say what it takes. After an error the caller closes the devices.
func (f *verifyFlags) gpuSubjects(ctx context.Context) (devices []chosen, all []verify.Subject, err error) {
	itself, err := f.openGPU(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	devices = append(devices, itself)
	explainer, _ := itself.Backend.(conv.Explainer)
	precision, err := f.parsedPrecision()
	if err != nil {
		return devices, nil, err
	}
	for _, algorithm := range f.algorithms() {
		if f.quick && f.algorithm == "" && !gpu.Chosen(algorithm, itself.device.Software, precision) {
			continue
		}
		s := verify.Subject{Name: "gpu", Algorithm: algorithm, Unforced: explainer, Fast: precision == conv.Fast,
			Device: itself.device.String(), Driver: itself.device.Version}
		for range min(runtime.GOMAXPROCS(0), mostTwins) {
			twin, err := f.openGPU(ctx, algorithm)
			if err != nil {
				return devices, nil, err
			}
			devices = append(devices, twin)
			if s.Backend == nil {
				s.Backend = twin.Backend
				continue
			}
			s.Twins = append(s.Twins, twin.Backend)
		}
		all = append(all, s)
	}
	return devices, all, nil
}

// mostTwins is how many contexts for one algorithm are open at most. On a software renderer each has threads of its
// own.
const mostTwins = 4

// openGPU opens a device that is forced to take an algorithm, or one that chooses if algorithm is "".
func (f *verifyFlags) openGPU(ctx context.Context, algorithm string) (chosen, error) {
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags, guard: true}
	b.algorithm = algorithm
	if f.quick {
		b.unrolled = quickUnrolled
	}
	return b.open(ctx)
}

// cpuAlgorithms returns the CPU engine once for each of its algorithms, or nothing if --backend leaves it out.
func (f *verifyFlags) cpuAlgorithms() (all []verify.Subject) {
	if !slices.Contains(f.names(), "cpu") {
		return nil
	}
	for _, name := range cpu.AlgorithmNames() {
		all = append(all, verify.Subject{Backend: cpu.Engine{Algorithm: name}, Name: "cpu", Algorithm: name,
			Unforced: cpu.Engine{}, Device: machine.Processor()})
	}
	return all
}

// others returns the CPU engine's algorithms that can compute p but that the engine does not take by itself.
func (f *verifyFlags) others(p conv.Problem) (all []verify.Subject) {
	itself, err := cpu.Engine{}.Explain(p)
	for _, s := range f.cpuAlgorithms() {
		if _, refused := s.Backend.(conv.Explainer).Explain(p); refused == nil && err == nil &&
			s.Algorithm != itself.Algorithm {
			all = append(all, s)
		}
	}
	return all
}

func (f *verifyFlags) algorithms() []string {
	if f.algorithm != "" {
		return []string{f.algorithm}
	}
	return gpu.AlgorithmNames()
}

// quickUnrolled is the most multiplications in an unrolled shader with --quick, because compiling longer ones would
// take most of the time. Shaders then need several passes more often. The whole matrix has the usual shaders.
const quickUnrolled = 400
