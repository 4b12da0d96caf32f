package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"gpuconv/conv"
	"gpuconv/stimuli"
)

// job is what the flags of gpuconv run describe: which gratings, which filters,
// and how many images at a time.
type job struct {
	flags   *runFlags
	images  stimuli.Set
	bank    *bank
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
	if err := f.folder().checkFolder(); err != nil {
		return nil, err
	}
	if err := f.backend.validate(); err != nil {
		return nil, err
	}
	if f.check < -1 {
		return nil, usage(fmt.Errorf("--check %d: want a number of images, or -1 for all", f.check))
	}
	j := &job{flags: f}
	var err error
	if j.images, err = f.images(); err != nil {
		return nil, err
	}
	if j.bank, err = f.weights(ctx); err != nil {
		return nil, err
	}
	if err := j.plan(); err != nil {
		return nil, err
	}
	return j, j.checkResources()
}

// images returns the stimuli: a kind's, image files, or the preset's gratings.
func (f *runFlags) images() (stimuli.Set, error) {
	if f.stimuli == "" {
		tutorial3, err := f.preset.tutorial3()
		if err != nil {
			return nil, err
		}
		return f.stimulus.sweep(tutorial3)
	}
	if info, err := os.Stat(f.stimuli); stimuli.IsImageName(f.stimuli) || err == nil && info.IsDir() {
		return openFiles("stimulus", f.stimuli)
	}
	s, err := parseSettings("stimulus", f.stimuli)
	if err != nil {
		return nil, err
	}
	return s.stimulus()
}

// weights returns the filters: a kind's, those of a file, or the preset's.
func (f *runFlags) weights(ctx context.Context) (*bank, error) {
	if f.filters == "" {
		tutorial3, err := f.preset.tutorial3()
		if err != nil {
			return nil, err
		}
		return f.filter.bank(ctx, tutorial3)
	}
	if isArray(f.filters) {
		return readBank("filter", f.filters)
	}
	s, err := parseSettings("filter", f.filters)
	if err != nil {
		return nil, err
	}
	return s.filterBank(ctx)
}

// cells names the channels of the activations. That of a pair's energy has no
// phase.
func (j *job) cells() []string {
	if j.problem.Activation != conv.Energy {
		return j.bank.names
	}
	var names []string
	for k := 0; k < len(j.bank.names); k += 2 {
		name := "energy"
		for part := range strings.SplitSeq(j.bank.names[k], ", ") {
			if !strings.HasPrefix(part, "phase ") {
				name += ", " + part
			}
		}
		names = append(names, name)
	}
	return names
}

// plan poses the problem, one chunk of images at a time.
func (j *job) plan() error {
	all, kernel := j.images.Shape(), j.bank.Shape
	spec, err := j.flags.spec(kernel)
	if err != nil {
		return err
	}
	j.problem = conv.Problem{Spec: spec, Src: all.Image(), Weight: kernel}
	image, err := j.problem.Dst()
	if err != nil {
		return usage(without(err, "conv: "))
	}
	j.shape = image.WithN(all.N())
	chunk := min(chunkBytes/bytesOf(image), chunkMACs/j.problem.MACs())
	j.problem.Src = all.WithN(max(1, min(all.N(), int(chunk))))
	return nil
}

// spec reads the flags that say how to convolve with weights of a shape.
func (f *runFlags) spec(weight conv.Shape) (s conv.Spec, err error) {
	s.Padding = conv.Pad(weight.H()/2, weight.W()/2)
	if s.Activation, err = parseText[conv.Activation]("activation", f.activation); err != nil {
		return s, err
	}
	if s.Stride, err = parsePair("stride", f.stride, 1); err != nil {
		return s, err
	}
	s.Pool, err = parseText[conv.Pool]("pool", f.pool)
	return s, err
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
	need += 200 * float64(j.images.Shape().N())    // a row of the table
	if j.flags.backend.backend == "reference" {
		need += 4 * chunk * dst // its own values and magnitudes
	}
	return need + workers*bytesOf(padded)
}
