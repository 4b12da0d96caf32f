package main

import (
	"context"
	"runtime"

	"gpuconv/cpu"
	"gpuconv/gpu"
	"gpuconv/machine"
	"gpuconv/verify"
)

// subjects opens the backends that are verified: a device for each algorithm of the GPU.
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
			s := verify.Subject{Backend: twins[0].Backend, Name: "gpu", Algorithm: algorithm,
				Device: twins[0].device.String(), Driver: twins[0].device.Version}
			for _, twin := range twins[1:] {
				s.Twins = append(s.Twins, twin.Backend)
			}
			all = append(all, s)
		}
	}
	return all, closeAll, nil
}

// mostTwins bounds how many contexts of an algorithm are open at once. On a software renderer each has threads of its
// own.
const mostTwins = 4

// twins opens as many devices of an algorithm as cases are computed at once. It opens none if --quick does not take the
// algorithm on this device.
func (f *verifyFlags) twins(ctx context.Context, algorithm string) (all []chosen, err error) {
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags, guard: true}
	b.algorithm = algorithm
	if f.quick {
		b.unrolled = quickUnrolled
	}
	for range min(runtime.GOMAXPROCS(0), mostTwins) {
		d, err := b.open(ctx)
		if err != nil {
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

// quickUnrolled keeps the unrolled shaders of --quick short, because compiling would take most of its time. They then
// take several passes more often. The whole matrix has shaders as long as usual.
const quickUnrolled = 400
