package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/filters"
	"gpuconv/stimuli"
)

// job turns the flags into stimuli, filters and a convolution, before anything is opened or written.
func (f *runFlags) job(ctx context.Context) (experiment.Job, error) {
	if err := f.folder().checkFolder(); err != nil {
		return experiment.Job{}, err
	}
	if err := f.backend.validate(); err != nil {
		return experiment.Job{}, err
	}
	j := experiment.Job{Flip: f.flip, Check: experiment.Checking(f.check), Look: f.look(), Origin: f.origin()}
	var err error
	if j.Look.Drawn, j.Look.Formats, err = f.figures.panels(f.stimuli == "" && f.filters == ""); err != nil {
		return j, err
	}
	if j.Images, err = f.images(ctx); err != nil {
		return j, err
	}
	if j.Look.Show, err = f.figures.images(j.Images); err != nil {
		return j, err
	}
	if j.Bank, err = f.weights(ctx, j); err != nil {
		return j, err
	}
	j.Spec, err = f.spec(j.Bank.Weight.Shape)
	return j, err
}

// problem returns the convolution of a job. It refuses one that is not valid, or does not fit on the disk or in memory.
// It needs no content of files, only shapes.
func (f *runFlags) problem(j experiment.Job) (conv.Problem, error) {
	p, err := j.Problem()
	if err != nil {
		return p, usage(plain(err))
	}
	activations, err := j.Activations(p)
	if err != nil {
		return p, usage(plain(err))
	}
	if err := checkDisk(fmt.Sprintf("activations %v", activations), f.output, activations.Bytes()); err != nil {
		return p, err
	}
	need, err := j.Memory(p)
	if err != nil {
		return p, err
	}
	if f.backend.backend == "reference" {
		need += 4 * activations.WithN(p.Src.N()).Bytes() // the values and magnitudes of the reference, in float64
	}
	what := fmt.Sprintf("images of %d×%d with %d filters of %d×%d",
		p.Src.H(), p.Src.W(), activations.C(), p.Weight.H(), p.Weight.W())
	return p, reserve(what, need)
}

// images returns the stimuli: those of a kind, image files, or the preset's gratings.
func (f *runFlags) images(ctx context.Context) (stimuli.Set, error) {
	if f.stimuli == "" {
		tutorial3, err := f.preset.tutorial3()
		if err != nil {
			return nil, err
		}
		return f.stimulus.sweep(tutorial3)
	}
	if f.filesNamed() {
		return f.inputs.openFiles(ctx, "stimulus", f.stimuli)
	}
	s, err := parseSettings("stimulus", f.stimuli)
	if err != nil {
		return nil, err
	}
	return s.stimulus()
}

// filesNamed reports whether --stimulus names an image file or a folder, not a kind of pattern.
func (f *runFlags) filesNamed() bool {
	if slices.ContainsFunc(stimuli.Kinds(), func(k stimuli.Kind) bool { return k.Name == f.stimuli }) {
		return false
	}
	_, err := os.Stat(f.stimuli)
	return stimuli.IsImageName(f.stimuli) || isArray(f.stimuli) || f.stimuli != "" && err == nil
}

// filterKind reports whether --filter is a kind without settings.
func (f *runFlags) filterKind() bool {
	return slices.ContainsFunc(filters.Kinds(), func(k filters.Kind) bool { return k.Name == f.filters })
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
	if kind := kindOf(ctx, f.filters); isWeights(f.filters) || kind != "" && !f.filterKind() {
		return f.inputs.readBank(ctx, "filter", f.filters, func(weight conv.Shape) (err error) {
			j.Bank = &experiment.Bank{Weight: &conv.Tensor{Shape: weight}}
			if j.Spec, err = f.spec(weight); err == nil {
				_, err = f.problem(j)
			}
			return err
		})
	}
	s, err := parseSettings("filter", f.filters)
	if err != nil {
		return nil, err
	}
	return s.filterBank(ctx)
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

// look says how to draw the pictures: those of a preset in the range of the tutorial's.
func (f *runFlags) look() experiment.Look {
	l := experiment.Look{Gratings: f.stimuli == ""}
	if f.stimuli == "" && f.filters == "" {
		l.Limit = experiment.TutorialLimit
	}
	return l
}

// origin is what run.json says of the flags.
func (f *runFlags) origin() experiment.Origin {
	o := experiment.Origin{Command: os.Args, Program: describeProgram(),
		Stimulus: f.stimuli, Filter: f.filters, Preset: f.preset.name}
	if f.stimuli == "" {
		o.Orientations, o.SF, o.Res, o.Patch = f.stimulus.orientations, f.stimulus.sf, f.stimulus.res, f.stimulus.patch
	}
	if f.stimuli != "" && f.filters != "" {
		o.Preset = ""
	}
	return o
}
