package recipe

import (
	"fmt"
	"slices"

	"gpuconv/conv"
)

// depthwiseConstants are the constants of depthwise.comp.
type depthwiseConstants struct {
	slide
	columnForm
	paddingMode conv.PaddingMode
	lanes       int
	looped      bool
}

func (depthwiseConstants) Includes() []string { return []string{"slide.glsl", "column.glsl"} }

func (c depthwiseConstants) Defines() []Define {
	return append(slices.Concat(c.slide.defines(c.lanes, c.handed(c.lanes)), c.columnForm.defines()),
		sourceMode(c.paddingMode),
		Define{"LOOPED", bit(c.looped)},
		Define{"EACH_WEIGHT(M)", eachOf(c.taps(), c.filters)})
}

// Bounds of depthwise.comp that replace those of slideBoundsOf. Neither was timed.
const (
	depthwiseFilters = 2  // filters of one group, which share loads; most groups have one
	depthwiseHeld    = 64 // weights in registers: kernels up to 8×8 whole
)

// depthwise is depthwise.comp, fitted to a problem and a device.
type depthwise struct {
	conv.Problem
	device    Profile
	constants depthwiseConstants
}

// fitDepthwise accepts problems with one channel per group.
func fitDepthwise(p conv.Problem, device Profile) (depthwise, error) {
	if p.Weight[1] != 1 {
		return depthwise{}, fmt.Errorf("%d input channels per group, want 1", p.Weight[1])
	}
	if _, err := fitDirect(p, device); err != nil {
		return depthwise{}, err
	}
	return finishing(p, device, func(f finish) (depthwise, error) {
		d := depthwise{Problem: p, device: device}
		bounds := slideBoundsOf(device)
		bounds.filters, bounds.held, bounds.weight = depthwiseFilters, depthwiseHeld, bounds.load
		bounds = bounds.requested(device)
		planes := f.computed(p)
		planes[0] *= p.Groups // each counts as an image
		fitted, err := chooseSlideTile(p, bounds, f, planes, min(bounds.filters, d.multiplier()))
		if err != nil {
			return depthwise{}, err
		}
		down, across := fitted.parts(p)
		d.constants = depthwiseConstants{slide: fitted, columnForm: columnFormOf(p, device, fitted),
			paddingMode: p.PaddingMode, lanes: bounds.lanes,
			looped: down*across > 1}
		return d, d.accept()
	})
}

// multiplier is how many filters a group has.
func (d depthwise) multiplier() int { return d.Weight[0] / d.Groups }

// filterTiles is how many tiles the filters of a group take.
func (d depthwise) filterTiles() int { return ceilDiv(d.multiplier(), d.constants.filters) }

// columns is how many columns of sums the blocks of an image have, counting one plane for each group: an invocation
// computes one column, for a tile of filters.
func (d depthwise) columns() int { return d.Groups * d.constants.columns(d.Problem) }

// accept returns an error if the device cannot dispatch d.
func (d depthwise) accept() error {
	device := d.device
	if n := d.filterTiles(); n > device.WorkGroups[2] {
		return fmt.Errorf("%d tiles of filters in a group, the device dispatches %d along z", n, device.WorkGroups[2])
	}
	down, across := d.constants.parts(d.Problem)
	if parts := down * across; d.constants.looped && device.outerIterations(parts, 0) < parts {
		return fmt.Errorf("a kernel of %d parts, the device ends loops after %d iterations",
			parts, device.LoopIterations)
	}
	if most := device.units(d.constants.lanes); d.columns() > most {
		sums := d.constants.computed(d.Problem)
		return fmt.Errorf("sums of %v are %d columns of blocks, the device dispatches %d at once",
			sums.Image(), d.columns(), most)
	}
	return device.shared(4 * d.constants.handed(d.constants.lanes))
}

// worth leaves problems of one group to direct_small, whose weights need no loads. It also leaves groups of many
// filters to direct_small if that is worth it, since its tiles have more filters.
func (d depthwise) worth() error {
	if d.Groups == 1 {
		return fmt.Errorf("one group: it is worth it with at least 2")
	}
	if n := d.multiplier(); n > depthwiseFilters {
		if s, err := fitSmall(d.Problem, d.device); err == nil && s.worth() == nil {
			return fmt.Errorf("%d filters per group: direct_small takes more of them at once", n)
		}
	}
	return nil
}

func (d depthwise) recipe() Recipe {
	return Recipe{
		Stages: []Stage{{
			Program:   Key{Shader: "depthwise", Constants: d.constants},
			Passes:    d.passes,
			MaxImages: d.device.units(d.constants.lanes) / d.columns(),
			Lanes:     d.constants.lanes,
			MACs:      d.constants.macs(d.Problem),
		}},
		Pack:         d.pack,
		PackedFloats: d.Weight[0] * (d.Weight[2]*d.Weight[3] + 1),
		Finishes:     d.constants.finishes(),
		Tiling:       d.constants.tiling(),
	}
}

// pack lays weights out as [part][u][v][filter], with the filters of all groups side by side. Biases are zeros if there
// are none.
func (d depthwise) pack(weight, bias []float32) (packedWeight, packedBias []float32) {
	packedWeight, packedBias = make([]float32, len(weight)), make([]float32, d.Weight[0])
	taps := d.Weight[2] * d.Weight[3]
	for k := range d.Weight[0] {
		for at := range taps {
			packedWeight[d.constants.place(d.Problem, at)*d.Weight[0]+k] = weight[k*taps+at]
		}
	}
	copy(packedBias, bias)
	return packedWeight, packedBias
}

func (d depthwise) passes(images int) []Pass {
	columns := images * d.columns()
	x, y := fold(ceilDiv(columns, d.constants.lanes), d.device.WorkGroups)
	return []Pass{{
		Uniforms: append(d.constants.columnUniforms(d.Problem, columns),
			Uniform{"groups", d.Groups}, Uniform{"multiplier", d.multiplier()}),
		Groups: [3]int{x, y, d.filterTiles()},
	}}
}
