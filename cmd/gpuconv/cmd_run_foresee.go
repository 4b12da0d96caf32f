package main

import (
	"context"
	"io"
	"path/filepath"

	"gpuconv/conv"
	"gpuconv/experiment"
)

// need estimates the bytes that a job takes.
func (f *runFlags) need(j experiment.Job, p conv.Problem) (float64, error) {
	need, err := j.Memory(p)
	return need + float64(p.Src.N())*f.each(p) + f.driver() + f.planExtra(j, p), err
}

// planExtra is what the plan takes beyond the weights that [experiment.Job.Memory] counts for it.
func (f *runFlags) planExtra(j experiment.Job, p conv.Problem) float64 {
	return f.backend.planExtra(j.Total(), p, p.Weight.Bytes())
}

// each is how many bytes the backend takes for each image of a portion, beside what [experiment.Job.Memory] counts:
// the values and magnitudes of the reference, in float64. p is valid.
func (f *runFlags) each(p conv.Problem) float64 {
	if f.backend.backend != "reference" {
		return 0
	}
	dst, _ := p.Dst()
	return 4 * dst.Image().Bytes()
}

// driver is what a driver of OpenGL takes beside the buffers that it is asked for. Mesa's llvmpipe, which compiles with
// LLVM, took up to 130 MB more than the CPU engine.
func (f *runFlags) driver() float64 {
	if f.backend.onCPU() {
		return 0
	}
	return 160 << 20
}

// foresee says what a job would write and take. It convolves a portion of the images.
func (f *runFlags) foresee(ctx context.Context, stdout io.Writer, j experiment.Job, p conv.Problem,
	folder string) error {
	memory, err := f.need(j, p)
	if err != nil {
		return err
	}
	activations, err := j.Activations(p)
	if err != nil {
		return err
	}
	s, err := f.backend.prepare(ctx, j.Total(), p, j.Weight(), j.Bias)
	if err != nil {
		return err
	}
	defer s.close(ctx)
	announce(stdout, j, p, s)
	forecast, err := j.Foresee(ctx, experiment.Prepared{Problem: p, Plan: s.plan})
	if err != nil {
		return ofFiles("stimulus", j.Images, err)
	}
	printForeseen(stdout, j.Images.Shape(), p.Weight, activations)
	printMemory(stdout, f.withRoof(memory))
	printTime(stdout, forecast, s.name == "gpu" && !s.device.Software)
	names := j.Files()
	if f.html {
		names = append(names, pageName)
	}
	names[0] = filepath.Join(folder, names[0])
	printFiles(stdout, names, activations.Bytes()/4*float64(j.Format.ElementBytes()))
	return nil
}
