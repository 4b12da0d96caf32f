//go:build cgo && !nogl

package gpu

import (
	"slices"

	"gpuconv/conv"
)

// blueprint draws what Plan builds and Explain tells of. A forced algorithm is not
// asked of the tuner.
func (d *Device) blueprint(p conv.Problem) (blueprint, error) {
	if d.options.Tuner == nil || d.options.Algorithm != "" {
		return newBlueprint(p, d.limits, d.options.Algorithm)
	}
	return tunedBlueprint(p, d.limits, d.info, d.options.Tuner)
}

// Choices implements [conv.Chooser]: each algorithm that accepts p, with each tile that
// is worth measuring. Options.Algorithm leaves out the others.
func (d *Device) Choices(p conv.Problem) ([]conv.Choice, error) {
	if _, err := p.Dst(); err != nil {
		return nil, err
	}
	all := choices(p, d.limits)
	if forced := d.options.Algorithm; forced != "" {
		all = slices.DeleteFunc(all, func(c conv.Choice) bool { return c.Algorithm != forced })
	}
	return all, nil
}

// PlanChoice implements [conv.Chooser].
func (d *Device) PlanChoice(c conv.Choice, p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if err := p.CheckPlan(weight, bias); err != nil {
		return nil, err
	}
	l, err := d.limits.choose(p, c)
	if err != nil {
		return nil, err
	}
	b, err := newBlueprint(p, l, c.Algorithm)
	if err != nil {
		return nil, err
	}
	return d.build(b, weight, bias)
}
