//go:build cgo && !nogl

package gpu

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// InBands implements [conv.Cutter]. The backend computes on d, until d is closed.
func (d *Device) InBands(rows int) conv.Backend {
	asked := d.profile
	asked.Band = rows
	return asking{d, asked}
}

// Expecting implements [conv.Forecaster]. The backend computes on d, until d is closed. On a software renderer it
// computes a small job with direct, which compiles faster than direct_soft, unless a cache has the programs of
// direct_soft and [Options].Steady is not set.
func (d *Device) Expecting(images int) conv.Backend {
	asked := d.profile
	if asked.Images = images; !d.options.Steady {
		asked.Compiled = d.hasCompiled
	}
	return asking{d, asked}
}

// asking is a device with a profile of its own, which has further requests: bands, or an expected number of images.
type asking struct {
	*Device
	profile recipe.Profile
}

// Plan implements [conv.Backend].
func (a asking) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if err := p.CheckPlan(weight, bias); err != nil {
		return nil, err
	}
	b, err := a.blueprint(p)
	if err != nil {
		return nil, err
	}
	return a.build(b, weight, bias)
}

// Explain implements [conv.Explainer].
func (a asking) Explain(p conv.Problem) (conv.Description, error) {
	if _, err := p.Dst(); err != nil {
		return conv.Description{}, err
	}
	b, err := a.blueprint(p)
	return b.Description, err
}

// Work returns a hash of all that the device does for p. Plans with the same hash, on devices with the same driver,
// compute the same bits. See [recipe.Blueprint.Work].
func (d *Device) Work(p conv.Problem) (string, error) { return asking{d, d.profile}.Work(p) }

// Work is [Device.Work] for a device with further requests.
func (a asking) Work(p conv.Problem) (string, error) {
	if _, err := p.Dst(); err != nil {
		return "", err
	}
	b, err := a.blueprint(p)
	if err != nil {
		return "", err
	}
	return b.Work(), nil
}

// blueprint decides how to compute p, for Plan and Explain. It takes the algorithm and tile that the tuner knows to be
// the fastest, or else the usual ones. If the tuner reports an error, or its choice is no longer possible, the usual
// ones are taken and the description has a warning. The tuner is not asked if an algorithm or the tiles of a class are
// forced.
func (a asking) blueprint(p conv.Problem) (recipe.Blueprint, error) {
	usual, err := recipe.Draw(p, a.profile, a.options.Algorithm)
	if err != nil || a.options.Tuner == nil || a.options.Algorithm != "" || a.options.Tiles != "" {
		return usual, err
	}
	measured, err := a.options.Tuner.Tuned(a.info, p)
	if measured == nil && err == nil {
		return usual, nil
	}
	var tuned recipe.Blueprint
	if err == nil {
		tuned, err = recipe.DrawMeasured(p, a.profile, measured.Choice, measured.ShaderHash, measured.Why)
	}
	if err != nil {
		usual.Description.Warning = fmt.Sprintf("what gpuconv autotune stored is not used: %v", err)
		return usual, nil
	}
	return tuned, nil
}

// Choices implements [conv.Chooser]: it lists each algorithm that accepts p and that Options.Precision allows, with
// each tile that is worth measuring. If Options.Algorithm forces one, it lists that one alone.
func (d *Device) Choices(p conv.Problem) ([]conv.Choice, error) {
	if _, err := p.Dst(); err != nil {
		return nil, err
	}
	return recipe.Choices(p, d.profile, d.options.Algorithm), nil
}

// PlanChoice implements [conv.Chooser]: it is Plan with the algorithm and tile of c. c is a choice that
// [Device.Choices] lists at one of the precisions, whatever the precision of d.
func (d *Device) PlanChoice(c conv.Choice, p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if err := p.CheckPlan(weight, bias); err != nil {
		return nil, err
	}
	b, err := recipe.DrawChoice(p, d.profile, c)
	if err != nil {
		return nil, err
	}
	return d.build(b, weight, bias)
}
