package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// finish is what a tile makes of its sums before it stores them, so that pool.comp need not: energy of pairs of
// filters, and pools of 2×2 with a stride of 2. The zero value stores sums. It is part of the constants of the shaders
// that can do so.
type finish struct {
	energy bool
	pool   conv.PoolKind
}

// finishOf returns what a tile that holds both filters of each pair, and whole windows of 2×2, makes of a valid
// problem's sums: all that follows them, or nothing, which leaves it to pool.comp. Overlapping windows would compute
// sums several times, and larger ones do not fit into registers. Both filters of a pair are in one group, as each group
// has an even number of filters.
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

// filtersPerPlane is how many filters one output is made of.
func (f finish) filtersPerPlane() int {
	if f.energy {
		return 2
	}
	return 1
}

// span is how many rows, and how many columns, of sums one output is made of.
func (f finish) span() int {
	if f.pools() {
		return 2
	}
	return 1
}

// perOutput is how many sums of one filter an output is made of.
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
