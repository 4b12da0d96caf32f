package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu"

	"github.com/spf13/pflag"
)

// backendFlags choose who convolves.
type backendFlags struct {
	backend, device, algorithm string
}

func (f *backendFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.backend, "backend", "auto", "auto, gpu, cpu or reference; auto is a hardware GPU, else the CPU engine")
	flags.StringVar(&f.device, "device", "any", "OpenGL device: any, gpu, software or a number that gpuconv info lists")
	flags.StringVar(&f.algorithm, "algorithm", "", fmt.Sprintf("force a GPU algorithm: %v", gpu.AlgorithmNames()))
}

// chosen is an open backend.
type chosen struct {
	conv.Backend
	name   string   // gpu, cpu or reference
	device gpu.Info // of a GPU
	note   string   // why auto did not take a GPU
	close  func() error
}

// describe names what computes, and calls a software renderer by its name.
func (c chosen) describe() string {
	if c.name == "gpu" {
		return fmt.Sprintf("%v, OpenGL %s (%s)", c.device, c.device.Version, c.device.Name)
	}
	return fmt.Sprintf("%s on %d of the CPU's threads (%s)", c.name, runtime.GOMAXPROCS(0), runtime.GOARCH)
}

// validate refuses what no device could answer, before anything is opened.
func (f *backendFlags) validate() (gpu.Selector, error) {
	selector, err := gpu.ParseSelector(f.device)
	if err != nil {
		return selector, usage(err)
	}
	switch f.backend {
	case "auto", "gpu":
	case "cpu", "reference":
		if f.device != "any" || f.algorithm != "" {
			return selector, usage(fmt.Errorf("--backend %s: --device and --algorithm choose on a GPU; leave them out or take --backend gpu", f.backend))
		}
	default:
		return selector, usage(fmt.Errorf("--backend %q: want auto, gpu, cpu or reference", f.backend))
	}
	if f.algorithm != "" && !slices.Contains(gpu.AlgorithmNames(), f.algorithm) {
		return selector, usage(fmt.Errorf("--algorithm %q: want one of %v", f.algorithm, gpu.AlgorithmNames()))
	}
	return selector, nil
}

// open opens the backend. auto takes hardware only, unless a device or an
// algorithm is asked for.
func (f *backendFlags) open() (chosen, error) {
	selector, err := f.validate()
	if err != nil {
		return chosen{}, err
	}
	switch {
	case f.backend == "cpu":
		return onCPU(""), nil
	case f.backend == "reference":
		return chosen{Backend: cpu.Reference{}, name: "reference", close: closeNothing}, nil
	case f.backend == "auto" && f.device == "any" && f.algorithm == "":
		c, err := openGPU(gpu.Options{Device: gpu.Hardware()})
		if errors.Is(err, gpu.ErrNoDevice) || errors.Is(err, gpu.ErrUnavailable) {
			return onCPU("no hardware GPU was found; --backend gpu takes a software renderer too"), nil
		}
		return c, err
	}
	return openGPU(gpu.Options{Device: selector, Algorithm: f.algorithm})
}

func onCPU(note string) chosen {
	return chosen{Backend: cpu.Engine{}, name: "cpu", note: note, close: closeNothing}
}

func closeNothing() error { return nil }

func openGPU(options gpu.Options) (chosen, error) {
	device, err := gpu.Open(options)
	if err != nil {
		return chosen{}, err
	}
	return chosen{Backend: device, name: "gpu", device: device.Info(), close: device.Close}, nil
}
