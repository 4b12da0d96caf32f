package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The offsets of the fields of simd.Tile. TestLayout in package simd checks them.
const (
	tileDst     = 0
	tileX       = 24
	tileWeight  = 48
	tileBias    = 72
	tileOffsets = 96
	tileTaps    = 104 // the length of offsets, which is the number of taps
	tilePlane   = 128
	tileTiles   = 136
	tileDstStep = 144
	tileXStep   = 152
	tileFlags   = 160
	tileBack    = 168

	flagAccumulate = 1
	flagReLU       = 2
)

// all writes all kernels of the instruction set.
func (g *generator) all() {
	for filters := 1; filters <= maxFilters; filters++ {
		for vectors := 1; vectors <= g.isa.vectors[filters]; vectors++ {
			g.tile(filters, vectors)
		}
	}
	g.winograd()
	g.magnitudes()
	g.sums()
	g.deals()
	g.slides()
	g.pairs()
	g.probe()
}

func (g *generator) tileName(filters, vectors int) string {
	return fmt.Sprintf("tile%dx%d%s", filters, vectors, g.isa.name)
}

// tile is the state of a kernel that is being written.
type tile struct {
	*generator
	filters, vectors int
	sums             [][]reg.VecVirtual // [filters][vectors]
	args             reg.Register
	dst, x, plane    reg.GPVirtual // plane in bytes
	flags            reg.GPVirtual
	back             reg.GPVirtual // minus Back, in bytes; only if there are several vectors
	xBack            reg.GPVirtual // x + back
}

// tile writes the kernel that computes tiles of filters × vectors registers. The documentation of simd.Tile defines
// what it computes.
func (g *generator) tile(filters, vectors int) {
	name := g.tileName(filters, vectors)
	t := tile{generator: g, filters: filters, vectors: vectors}
	t.args = g.function(name, "t", "%s computes tiles of %d filters by %d columns. See Tile for the loop that it "+
		"equals.", name, filters, vectors*g.isa.lanes)
	g.declared = append(g.declared, name+"(t *Tile)")
	t.dst, t.x, t.plane, t.flags = t.field(tileDst), t.field(tileX), t.field(tilePlane), t.field(tileFlags)
	g.SHLQ(operand.Imm(2), t.plane)
	tiles := t.field(tileTiles)
	if vectors > 1 {
		t.back, t.xBack = t.field(tileBack), g.GP64()
		g.NEGQ(t.back)
		g.SHLQ(operand.Imm(2), t.back)
	}
	for range filters {
		t.sums = append(t.sums, g.registers(vectors))
	}

	g.Label("tile")
	if vectors > 1 {
		g.LEAQ(operand.Mem{Base: t.x, Index: t.back, Scale: 1}, t.xBack)
	}
	t.fetch()
	t.begin()
	t.addTaps()
	t.finish()
	t.advance(t.dst, tileDstStep)
	t.advance(t.x, tileXStep)
	g.DECQ(tiles)
	g.JNZ(operand.LabelRef("tile"))
	g.VZEROUPPER()
	g.RET()
}

// field loads a field of the Tile.
func (t *tile) field(offset int) reg.GPVirtual {
	r := t.GP64()
	t.MOVQ(operand.Mem{Base: t.args, Disp: offset}, r)
	return r
}

// advance moves a pointer on by as many floats as a field says.
func (t *tile) advance(pointer reg.GPVirtual, offset int) {
	step := t.field(offset)
	t.LEAQ(operand.Mem{Base: pointer, Index: step, Scale: 4}, pointer)
}

// eachSum calls f with every sum and its address in dst.
func (t *tile) eachSum(f func(sum reg.VecVirtual, m operand.Mem)) {
	row := t.GP64()
	t.MOVQ(t.dst, row)
	for i, sums := range t.sums {
		for j, sum := range sums {
			m := operand.Mem{Base: row, Disp: j * t.isa.bytes()}
			if j > 0 && j == t.vectors-1 {
				m.Index, m.Scale = t.back, 1
			}
			f(sum, m)
		}
		if i < t.filters-1 {
			t.ADDQ(t.plane, row)
		}
	}
}

// input returns the address of the j-th register of inputs of a tap.
func (t *tile) input(offset reg.Register, j int) operand.Mem {
	if j > 0 && j == t.vectors-1 {
		return t.at(t.xBack, offset, j)
	}
	return t.at(t.x, offset, j)
}

// fetch asks for the cache lines that lie fetchAhead bytes after the place of the sums. Tiles of a row follow one
// another in memory: so those lines have come when a later tile stores its sums there. On Zen 3 that made U-Net's and
// MobileNet's first layers 1.07 and 1.04 times as fast; 17 more cases had 0.97 to 1.06.
func (t *tile) fetch() {
	if !t.isa.fetches || t.filters*t.vectors < 8 {
		return
	}
	row := t.GP64()
	t.MOVQ(t.dst, row)
	for i := range t.filters {
		for at := 0; at < t.vectors*t.isa.bytes(); at += 64 {
			t.PREFETCHT0(operand.Mem{Base: row, Disp: fetchAhead + at})
		}
		if i < t.filters-1 {
			t.ADDQ(t.plane, row)
		}
	}
}

// fetchAhead is two lines, the length of two tiles of 2 registers. Four lines were as good.
const fetchAhead = 128

// begin sets the sums to the biases, or to what dst has.
func (t *tile) begin() {
	t.TESTQ(operand.U32(flagAccumulate), t.flags)
	t.JNZ(operand.LabelRef("accumulate"))
	bias := t.field(tileBias)
	for i, sums := range t.sums {
		t.VBROADCASTSS(operand.Mem{Base: bias, Disp: 4 * i}, sums[0])
		for _, sum := range sums[1:] {
			t.VMOVAPS(sums[0], sum)
		}
	}
	t.JMP(operand.LabelRef("taps"))
	t.Label("accumulate")
	t.eachSum(func(sum reg.VecVirtual, m operand.Mem) { t.VMOVUPS(m, sum) })
	t.Label("taps")
}

// addTaps adds each tap's products.
func (t *tile) addTaps() {
	weight, offsets, left := t.field(tileWeight), t.field(tileOffsets), t.field(tileTaps)
	if t.isa.pairs && t.filters*t.vectors >= 8 {
		t.addPairs(weight, offsets, left)
		return
	}
	t.loop("tap")
	t.addTap(weight, offsets, 0)
	t.ADDQ(operand.Imm(8), offsets)
	t.ADDQ(operand.Imm(uint64(4*t.filters)), weight)
	t.DECQ(left)
	t.JNZ(operand.LabelRef("tap"))
}

// addPairs adds the products of two taps in each turn of its loop. If the number of taps is odd, it enters the loop in
// the middle.
func (t *tile) addPairs(weight, offsets, left reg.GPVirtual) {
	end := t.GP64()
	t.LEAQ(operand.Mem{Base: offsets, Index: left, Scale: 8}, end)
	t.TESTQ(operand.U32(1), left)
	t.JZ(operand.LabelRef("tap"))
	t.SUBQ(operand.Imm(8), offsets)
	t.SUBQ(operand.Imm(uint64(4*t.filters)), weight)
	t.JMP(operand.LabelRef("odd"))
	t.loop("tap")
	t.addTap(weight, offsets, 0)
	t.Label("odd")
	t.addTap(weight, offsets, 1)
	t.ADDQ(operand.Imm(16), offsets)
	t.ADDQ(operand.Imm(uint64(8*t.filters)), weight)
	t.CMPQ(offsets, end)
	t.JNE(operand.LabelRef("tap"))
}

// addTap adds the products of the n-th tap from the given weights and offsets on.
func (t *tile) addTap(weight, offsets reg.Register, n int) {
	offset := t.GP64()
	t.MOVQ(operand.Mem{Base: offsets, Disp: 8 * n}, offset)
	weights := make([]operand.Mem, t.filters)
	for i := range weights {
		weights[i] = operand.Mem{Base: weight, Disp: 4 * (n*t.filters + i)}
	}
	if t.vectors <= t.filters {
		t.addByWeight(weights, offset)
	} else {
		t.addByInput(weights, offset)
	}
}

// addByWeight holds the inputs in registers and loads the weights one by one.
func (t *tile) addByWeight(weights []operand.Mem, offset reg.Register) {
	inputs := t.registers(t.vectors)
	for j, input := range inputs {
		t.VMOVUPS(t.input(offset, j), input)
	}
	w := t.vector()
	for i, sums := range t.sums {
		t.VBROADCASTSS(weights[i], w)
		for j, sum := range sums {
			t.VFMADD231PS(inputs[j], w, sum)
		}
	}
}

// addByInput holds the weights in registers and loads the inputs one by one.
func (t *tile) addByInput(weights []operand.Mem, offset reg.Register) {
	held := t.registers(t.filters)
	for i, w := range held {
		t.VBROADCASTSS(weights[i], w)
	}
	if t.filters == 1 {
		for j, sum := range t.sums[0] {
			t.VFMADD231PS(t.input(offset, j), held[0], sum)
		}
		return
	}
	input := t.vector()
	for j := range t.vectors {
		t.VMOVUPS(t.input(offset, j), input)
		for i, w := range held {
			t.VFMADD231PS(input, w, t.sums[i][j])
		}
	}
}

// finish applies ReLU if it is asked for, and stores the sums. Streaming stores were slower: 56 instead of 61 GFLOP/s
// with outputs of 302 MB, and 37 instead of 60 with rows of 640 columns, because a tile writes to as many cache lines
// as it has filters.
func (t *tile) finish() {
	t.TESTQ(operand.U32(flagReLU), t.flags)
	t.JZ(operand.LabelRef("store"))
	zero := t.vector()
	t.zero(zero)
	for _, sums := range t.sums {
		for _, sum := range sums {
			// If either value is NaN, MAXPS returns its second source, which is the first in Go's order.
			t.VMAXPS(sum, zero, sum)
		}
	}
	t.Label("store")
	t.eachSum(func(sum reg.VecVirtual, m operand.Mem) { t.VMOVUPS(sum, m) })
}
