//go:build cgo && !nogl

package gpu

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// blueprint draws what Plan builds and Explain describes: the way that the tuner knows to be the fastest, or else the
// usual one, with a warning if the tuner's is no longer possible. The tuner is not asked if an algorithm, or the tiles
// of a class, are forced.
func (d *Device) blueprint(p conv.Problem) (recipe.Blueprint, error) {
	usual, err := recipe.Draw(p, d.profile, d.options.Algorithm)
	if err != nil || d.options.Tuner == nil || d.options.Algorithm != "" || d.options.Tiles != "" {
		return usual, err
	}
	measured, err := d.options.Tuner.Tuned(d.info, p)
	if measured == nil && err == nil {
		return usual, nil
	}
	var tuned recipe.Blueprint
	if err == nil {
		tuned, err = recipe.DrawMeasured(p, d.profile, measured.Choice, measured.ShaderHash, measured.Why)
	}
	if err != nil {
		usual.Description.Warning = fmt.Sprintf("what gpuconv autotune stored is not used: %v", err)
		return usual, nil
	}
	return tuned, nil
}

// InBands implements [conv.Cutter]. The backend computes on the device, as long as that is open.
func (d *Device) InBands(rows int) conv.Backend { return inBands{d, rows} }

// inBands is a device that cuts every image.
type inBands struct {
	device *Device
	rows   int
}

// Plan implements [conv.Backend].
func (c inBands) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if err := p.CheckPlan(weight, bias); err != nil {
		return nil, err
	}
	b, err := c.blueprint(p)
	if err != nil {
		return nil, err
	}
	return c.device.build(b, weight, bias)
}

// Explain implements [conv.Explainer].
func (c inBands) Explain(p conv.Problem) (conv.Description, error) {
	if _, err := p.Dst(); err != nil {
		return conv.Description{}, err
	}
	b, err := c.blueprint(p)
	return b.Description, err
}

func (c inBands) blueprint(p conv.Problem) (recipe.Blueprint, error) {
	profile := c.device.profile
	profile.Band = c.rows
	return recipe.Draw(p, profile, c.device.options.Algorithm)
}

// Choices implements [conv.Chooser]: it lists each algorithm that accepts p and that Options.Precision allows, with
// each tile that is worth measuring. If Options.Algorithm forces one, it lists that one alone.
func (d *Device) Choices(p conv.Problem) ([]conv.Choice, error) {
	if _, err := p.Dst(); err != nil {
		return nil, err
	}
	return recipe.Choices(p, d.profile, d.options.Algorithm), nil
}

// PlanChoice implements [conv.Chooser]: it is Plan with the algorithm and tile of one of the [Device.Choices], or of
// one that another precision would list.
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
