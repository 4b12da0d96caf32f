package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/filters"
	"gpuconv/npy"
	"gpuconv/stimuli"
)

// validate refuses flags that are wrong whatever the images are, before anything is opened or written.
func (f *runFlags) validate() error {
	if err := f.checkOutput(); err != nil && !(f.dry && f.output == "") {
		return err
	}
	if format, err := f.arrayFormat(); err != nil {
		return err
	} else if f.shards.part.Parts > 0 && format.Kind != npy.NPY {
		return refused("format", f.format, errors.New("want npy with --shard, for merge"))
	}
	if _, err := f.summary(); err != nil {
		return err
	}
	if err := f.checkRetries(); err != nil {
		return err
	}
	f.backend.steady = f.resume // all processes of a job choose alike
	return f.backend.validate()
}

// job turns the flags into a convolution of images.
func (f *runFlags) job(ctx context.Context, images stimuli.Set) (experiment.Job, error) {
	j := experiment.Job{Images: images, Flip: f.spec.flip, Check: experiment.Checking(f.check), Look: f.look(),
		Origin: f.origin(), Chunks: f.resume}
	var err error
	if j.Format, err = f.arrayFormat(); err != nil {
		return j, err
	}
	if j.Summary, err = f.summary(); err != nil {
		return j, err
	}
	if j.Look.Drawn, j.Look.Formats, err = f.figures.panels(len(f.stimuli) == 0 && f.filters == ""); err != nil {
		return j, err
	}
	if j.Look.Show, err = f.figures.images(j.Images); err != nil {
		return j, err
	}
	if j.Bank, err = f.weights(ctx, j); err != nil {
		return j, err
	}
	if j.Spec, err = f.spec.spec(j.Images.Shape(), j.Bank.Weight.Shape); err != nil || f.bias == "" {
		return j, err
	}
	j.Bias, err = f.inputs.readBias(ctx, f.bias, j.Bank.Weight.Shape)
	return j, err
}

// arrayFormat reads --format and --float16.
func (f *runFlags) arrayFormat() (npy.Format, error) {
	kind, err := parseChoice("format", f.format, npy.NPY, npy.NPZ, npy.Zarr)
	return npy.Format{Kind: kind, Half: f.float16}, err
}

// problem returns the convolution of a job. It refuses one that is not valid, or does not fit on the disk or in memory.
// It needs no content of files, only shapes.
func (f *runFlags) problem(ctx context.Context, j experiment.Job) (conv.Problem, error) {
	p, err := j.Problem()
	if err != nil {
		return p, forColours(j.Images.Shape(), j.Bank.Weight.Shape, err)
	}
	activations, err := j.Activations(p)
	if err != nil { // p is valid
		return p, refused("keep", f.keep, err)
	}
	if err := checkDisk(fmt.Sprintf("activations %v", activations), f.output,
		f.toWrite(ctx, j, activations)); err != nil {
		return p, err
	}
	if f.memory.bytes > 0 {
		if p, err = j.Fit(p, f.memory.bytes, f.planExtra(j, p), f.each(p)); err != nil {
			return p, refused("memory", f.memory.String(), err)
		}
		p = f.asBegun(ctx, p, activations)
	}
	need, err := f.need(j, p)
	if err != nil {
		return p, err
	}
	need = f.withRoof(need)
	what := fmt.Sprintf("images of %d×%d with %d filters of %d×%d",
		p.Src.H(), p.Src.W(), activations.C(), p.Weight.H(), p.Weight.W())
	if err := f.reserve(what, need); err != nil || f.memory.bytes == 0 {
		return p, err
	}
	debug.SetMemoryLimit(int64(f.memory.bytes))
	return p, nil
}

// asBegun returns p with the portions of the run that --resume continues with, if they are not larger than p's. What
// fits in memory depends on the number of processor cores, which may differ from process to process.
func (f *runFlags) asBegun(ctx context.Context, p conv.Problem, activations conv.Shape) conv.Problem {
	if !f.resume {
		return p
	}
	u, err := experiment.ReadUnfinished(ctx, f.output)
	if err == nil && u.Of == activations.N() && u.Chunk > 0 && u.Chunk < p.Src.N() {
		p.Src = p.Src.WithN(u.Chunk)
	}
	return p
}

// toWrite returns how many bytes of activations are not on the disk yet: --resume continues with those that are.
func (f *runFlags) toWrite(ctx context.Context, j experiment.Job, activations conv.Shape) float64 {
	if f.done() {
		return 0
	}
	bytes := activations.Bytes() / 4 * float64(j.Format.ElementBytes())
	if f.resume {
		if u, err := experiment.ReadUnfinished(ctx, f.output); err == nil && u.Of == activations.N() {
			bytes *= float64(u.Of-u.Done) / float64(u.Of)
		}
	}
	return bytes
}

// reserve reserves the memory of a job, which includes the program's own. Each size of images is a job after the
// others, and the shape of a file of filters is judged before it is read. So only what goes beyond earlier calls is
// reserved.
func (f *runFlags) reserve(what string, need float64) error {
	if err := checkMemory(what, need); err != nil {
		return err
	}
	heap := need - beside - f.driver()
	if heap <= f.reserved {
		return nil
	}
	more := heap - f.reserved
	f.reserved = heap
	return reserve(what, more)
}

// filterKind reports whether --filter is a kind without settings.
func (f *runFlags) filterKind() bool {
	return isFilterKind(f.filters)
}

// isFilterKind reports whether a word is the name of a kind of filters.
func isFilterKind(word string) bool {
	return slices.ContainsFunc(filters.Kinds(), func(k filters.Kind) bool { return k.Name == word })
}

// filterFile reports whether --filter names a file of weights, not a kind of filters.
func (f *runFlags) filterFile(ctx context.Context) bool {
	info, err := os.Stat(f.filters)
	return isWeights(f.filters) || !f.filterKind() && (kindOf(ctx, f.filters) != "" || err == nil && info.IsDir())
}

// weights returns the filters: those of a kind, of a file or of the preset. Those of a file must suit the images of j.
func (f *runFlags) weights(ctx context.Context, j experiment.Job) (*experiment.Bank, error) {
	if f.filters == "" {
		tutorial3, err := f.preset.tutorial3()
		if err != nil {
			return nil, err
		}
		return f.filter.bank(ctx, tutorial3)
	}
	if f.filterFile(ctx) {
		return f.inputs.readBank(ctx, "filter", f.filters, func(weight conv.Shape) (err error) {
			j.Bank = &experiment.Bank{Weight: &conv.Tensor{Shape: weight}}
			if j.Spec, err = f.spec.spec(j.Images.Shape(), weight); err == nil {
				_, err = f.problem(ctx, j)
			}
			return err
		})
	}
	s, err := parseSettings("filter", f.filters)
	if err != nil {
		return nil, err
	}
	return s.filterBank(ctx, j.Images.Shape().W())
}

// look says how to draw the pictures. Those of a preset have the colour range of the tutorial.
func (f *runFlags) look() experiment.Look {
	l := experiment.Look{Gratings: len(f.stimuli) == 0}
	if len(f.stimuli) == 0 && f.filters == "" {
		l.Limit = experiment.TutorialLimit
	}
	return l
}

// origin is what run.json says about the flags.
func (f *runFlags) origin() experiment.Origin {
	o := experiment.Origin{Command: os.Args, Flags: f.typed, Program: describeProgram(),
		Stimulus: strings.Join(f.stimuli, "; "), Filter: f.filters, Preset: f.preset.name}
	if len(f.stimuli) == 0 {
		o.Orientations, o.SF, o.Res, o.Patch = f.stimulus.orientations, f.stimulus.sf, f.stimulus.res, f.stimulus.patch
	}
	if len(f.stimuli) > 0 && f.filters != "" {
		o.Preset = ""
	}
	return o
}
