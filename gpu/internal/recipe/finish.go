package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// finish is what a tile makes of its sums before it stores them, as pool.comp would
// behind it: energy of pairs of filters and pools of 2×2, a stride of 2 apart. The zero
// value stores sums. It is part of the constants of shaders that can.
type finish struct {
	energy bool
	pool   conv.PoolKind
}

// finishOf returns what a tile that holds both filters of every pair, and whole 2×2
// windows, makes of a valid problem's sums: all that follows them, or nothing, which leaves
// it to pool.comp. Sums of overlapping windows would be computed several times, larger ones
// do not fit into registers. Pairs lie in one group, of which all have an even number of filters.
func finishOf(p conv.Problem, device Profile) finish {
	f := finish{p.Activation == conv.Energy, p.Pool.Kind}
	two := [2]int{2, 2}
	if device.Apart || f.pools() && (p.Pool.Size != two || p.Pool.Stride != two) {
		return finish{}
	}
	return f
}

func (f finish) pools() bool { return f.pool != conv.NoPool }

// finishes says whether the tile's outputs are the problem's, not sums that something
// else follows.
func (f finish) finishes() bool { return f.energy || f.pools() }

// filtersPerPlane is how many filters an output is made of.
func (f finish) filtersPerPlane() int {
	if f.energy {
		return 2
	}
	return 1
}

// span is how many rows, and columns, of sums an output is made of.
func (f finish) span() int {
	if f.pools() {
		return 2
	}
	return 1
}

// perOutput is how many sums of a filter an output is made of.
func (f finish) perOutput() int { return f.span() * f.span() }

// outputs returns the shape that the tile leaves: a valid problem's sums, or its outputs.
func (f finish) outputs(p conv.Problem) conv.Shape {
	shape, _ := p.Sums()
	if f.finishes() {
		shape, _ = p.Dst()
	}
	return shape
}

// defines are ENERGY and POOL, for which window of the prelude is there.
func (f finish) defines() []Define {
	return []Define{{"ENERGY", bit(f.energy)}, {"POOL", fmt.Sprint(int(f.pool))}}
}
