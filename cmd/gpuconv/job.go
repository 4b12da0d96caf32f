package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"gpuconv/conv"
	"gpuconv/stimuli"
)

// job is what the flags of gpuconv run describe: which gratings, which filters,
// and how many images at a time.
type job struct {
	flags   *runFlags
	sweep   *stimuli.Sweep
	bank    *conv.Tensor
	names   []string     // of the filters
	problem conv.Problem // with a chunk of images as N
	shape   conv.Shape   // of all activations
}

// What is convolved at a time. A chunk holds chunkBytes of activations, three of
// them are in memory; and no more than chunkMACs multiplications, which take a CPU
// core about a second, so that progress shows. At least it is one image.
const (
	chunkBytes = 24 << 20
	chunkMACs  = 4 << 30
)

// job turns the flags into stimuli, filters and a problem, and refuses what
// cannot be, before anything is opened or written.
func (f *runFlags) job(ctx context.Context) (*job, error) {
	if err := checkOutputDir(f.output); err != nil {
		return nil, usage(err)
	}
	tutorial3, err := f.preset.tutorial3()
	if err != nil {
		return nil, err
	}
	if err := f.backend.validate(); err != nil {
		return nil, err
	}
	if f.check < -1 {
		return nil, usage(fmt.Errorf("--check %d: want a number of images, or -1 for all", f.check))
	}
	j := &job{flags: f}
	if j.sweep, err = f.stimulus.sweep(tutorial3); err != nil {
		return nil, err
	}
	if j.bank, j.names, err = f.filter.bank(ctx, tutorial3); err != nil {
		return nil, err
	}
	if err := j.plan(); err != nil {
		return nil, err
	}
	return j, j.checkResources()
}

// plan poses the problem, one chunk of images at a time.
func (j *job) plan() error {
	all := j.sweep.Shape()
	half := j.flags.filter.size / 2
	j.problem = conv.Problem{Spec: conv.Spec{Padding: conv.Pad(half, half)}, Src: all.Image(), Weight: j.bank.Shape}
	image, err := j.problem.Dst()
	if err != nil {
		return usage(err)
	}
	j.shape = image.WithN(all.N())
	chunk := min(chunkBytes/bytesOf(image), chunkMACs/j.problem.MACs())
	j.problem.Src = all.WithN(max(1, min(all.N(), int(chunk))))
	return nil
}

// judged returns how many images the checker takes at once.
func (j *job) judged() int {
	return max(1, min(j.problem.Src.N(), int(judgeBytes/bytesOf(j.shape.Image()))))
}

// checkResources refuses what does not fit onto the disk or into memory, and has
// garbage collected before it takes more memory than was found to be free.
func (j *job) checkResources() error {
	if err := checkDisk(fmt.Sprintf("activations %v", j.shape), j.flags.output, bytesOf(j.shape)); err != nil {
		return err
	}
	need := j.memory()
	what := fmt.Sprintf("images of %d×%d with %d filters of %d×%d", j.problem.Src.H(), j.problem.Src.W(), j.shape.C(), j.bank.Shape.H(), j.bank.Shape.W())
	if err := checkMemory(what, need); err != nil {
		return err
	}
	debug.SetMemoryLimit(int64(need))
	return nil
}

// memory estimates the bytes that the job takes, in Go and outside of it.
func (j *job) memory() float64 {
	const program = 192 << 20 // the program, a driver and the largest picture
	src, dst := bytesOf(j.problem.Src.Image()), bytesOf(j.shape.Image())
	chunk, workers := float64(j.problem.Src.N()), float64(runtime.GOMAXPROCS(0))
	padded := j.problem.Src.Image()
	padded[2], padded[3] = padded[2]+j.bank.Shape.H(), padded[3]+j.bank.Shape.W()
	need := program + (4*chunk+examples)*(src+dst) // three chunks here, one on the device
	need += 4 * float64(j.judged()) * dst          // the judge's values and magnitudes, float64
	need += 4 * bytesOf(j.bank.Shape)              // here, in two plans, packed
	if j.flags.backend.backend == "reference" {
		need += 4 * chunk * dst // its own values and magnitudes
	}
	return need + workers*bytesOf(padded)
}
