package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The offsets of the fields of simd.Columns and simd.Extremes. TestSumsLayout in package simd checks them.
const (
	columnsSums     = 0
	columnsSrc      = 24
	columnsStep     = 48
	columnsCount    = 56
	columnsBlocks   = 64
	extremesLargest = 0
	extremesNaN     = 24
	extremesSrc     = 48
	extremesBlocks  = 72
)

// sums writes the kernels that make numbers of maps. They use AVX2 only, also with AVX-512: they read from the
// second-level cache about as fast as it delivers.
func (g *generator) sums() {
	if g.isa.lanes == avx2.lanes {
		g.columns("columns", "numbers", func(v, sum reg.VecVirtual) { g.VADDPD(v, sum, sum) })
		g.columns("squares", "the squares of numbers", func(v, sum reg.VecVirtual) { g.VFMADD231PD(v, v, sum) })
		g.extremes()
	}
}

// columns writes a kernel that adds up blocks of 16 columns. Its 4 registers of sums do not wait for their
// predecessors: the processor converts at most a register of numbers in each cycle.
func (g *generator) columns(name, what string, add func(v, sum reg.VecVirtual)) {
	name += g.isa.name
	w := winograd{generator: g}
	w.args = g.function(name, "c", "%s adds up %s in float64. See Columns for the loop that it equals.", name, what)
	g.declared = append(g.declared, name+"(c *Columns)")
	dst, src, step := w.field(columnsSums), w.field(columnsSrc), w.floats(columnsStep)
	blocks := w.field(columnsBlocks)
	sums, at := w.registers(4), w.GP64()
	w.Label("block")
	left := w.field(columnsCount)
	w.MOVQ(src, at)
	for _, sum := range sums {
		w.zero(sum)
	}
	w.loop("row")
	for j, sum := range sums {
		v := w.vector()
		w.VCVTPS2PD(operand.Mem{Base: at, Disp: 16 * j}, v)
		add(v, sum)
	}
	w.ADDQ(step, at)
	w.DECQ(left)
	w.JNZ(operand.LabelRef("row"))
	for j, sum := range sums {
		w.VMOVUPD(sum, operand.Mem{Base: dst, Disp: 32 * j})
	}
	w.ADDQ(operand.U32(64), src)
	w.ADDQ(operand.U32(128), dst)
	w.DECQ(blocks)
	w.JNZ(operand.LabelRef("block"))
	w.VZEROUPPER()
	w.RET()
}

// extremes writes the kernel that finds the largest numbers and NaN. VMAXPS returns its second operand, the largest one
// so far, if the first one is NaN. One comparison shows whether either of two numbers is NaN.
func (g *generator) extremes() {
	const unordered = 3
	name := "extremes" + g.isa.name
	w := winograd{generator: g}
	w.args = g.function(name, "e", "%s finds the largest numbers. See Extremes for the loop that it equals.", name)
	g.declared = append(g.declared, name+"(e *Extremes)")
	largest, nan, src, left := w.field(extremesLargest), w.field(extremesNaN), w.field(extremesSrc),
		w.field(extremesBlocks)
	best, odd := w.registers(4), w.registers(2)
	least := w.constant(0xff800000) // −∞
	for _, r := range best {
		w.VMOVAPS(least, r)
	}
	for _, r := range odd {
		w.zero(r)
	}
	w.loop("block")
	v := w.registers(4)
	for j := range v {
		w.VMOVUPS(operand.Mem{Base: src, Disp: j * w.isa.bytes()}, v[j])
		w.VMAXPS(best[j], v[j], best[j])
	}
	for j := range odd {
		w.VCMPPS(operand.Imm(unordered), v[2*j], v[2*j+1], v[2*j])
		w.VORPS(v[2*j], odd[j], odd[j])
	}
	w.ADDQ(operand.U32(len(v)*w.isa.bytes()), src)
	w.DECQ(left)
	w.JNZ(operand.LabelRef("block"))
	for j := range best {
		w.VMOVUPS(best[j], operand.Mem{Base: largest, Disp: j * w.isa.bytes()})
	}
	for j := range odd {
		w.VMOVUPS(odd[j], operand.Mem{Base: nan, Disp: j * w.isa.bytes()})
	}
	w.VZEROUPPER()
	w.RET()
}
