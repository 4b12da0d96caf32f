package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// finish says what a tile computes from its sums before it stores them: energies of pairs of filters, and pools of 2×2
// with a stride of 2. Then pool.comp need not run. The zero value stores the sums. finish is part of the constants of
// all shaders that can do this.
type finish struct {
	energy bool
	pool   conv.PoolKind
}

// finishOf returns the finish of a valid problem, for tiles that hold both filters of each pair and whole windows of
// 2×2. The finish does all that follows the sums, or nothing: then pool.comp does it all. Tiles with overlapping
// windows would compute sums several times, and larger windows do not fit into registers. Both filters of a pair are in
// one group, since each group has an even number of filters.
func finishOf(p conv.Problem, device Profile) finish {
	f := finish{p.Activation == conv.Energy, p.Pool.Kind}
	two := [2]int{2, 2}
	if device.Apart || f.pools() && (p.Pool.Size != two || p.Pool.Stride != two) {
		return finish{}
	}
	return f
}

func (f finish) pools() bool { return f.pool != conv.NoPool }

// finishes reports whether the tile makes more than sums, and so the problem's outputs.
func (f finish) finishes() bool { return f.energy || f.pools() }

// filtersPerPlane is how many filters make one plane of outputs.
func (f finish) filtersPerPlane() int {
	if f.energy {
		return 2
	}
	return 1
}

// span is how many rows, and how many columns, of sums make one output.
func (f finish) span() int {
	if f.pools() {
		return 2
	}
	return 1
}

// perOutput is how many sums of one filter make one output.
func (f finish) perOutput() int { return f.span() * f.span() }

// outputs returns the shape of what the tile writes: a valid problem's sums, or its outputs.
func (f finish) outputs(p conv.Problem) conv.Shape {
	shape, _ := p.Sums()
	if f.finishes() {
		shape, _ = p.Dst()
	}
	return shape
}

// defines are ENERGY and POOL, which the prelude reads.
func (f finish) defines() []Define {
	return []Define{{"ENERGY", bit(f.energy)}, {"POOL", fmt.Sprint(int(f.pool))}}
}
