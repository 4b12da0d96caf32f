package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The offsets of the fields of simd.Magnitudes. TestMagnitudesLayout in package simd checks them.
const (
	magnitudesSums    = 0
	magnitudesSquares = 24
	magnitudesSrc     = 48
	magnitudesSrcStep = 72
	magnitudesCount   = 80
	magnitudesVectors = 88
)

// magnitudesAtOnce is how many registers of sums a loop over the channels updates at a time, because an addition waits
// 4 cycles for its predecessor.
const magnitudesAtOnce = 4

// magnitudes writes the kernel that adds up |v| and v² over channels.
func (g *generator) magnitudes() {
	name := "magnitudes" + g.isa.name
	w := winograd{generator: g}
	w.args = g.function(name, "m", "%s adds up |v| and v² over channels. See Magnitudes for the loop that it equals.",
		name)
	g.declared = append(g.declared, name+"(m *Magnitudes)")
	mask := w.constant(0x7fffffff)
	sums, squares, src := w.field(magnitudesSums), w.field(magnitudesSquares), w.field(magnitudesSrc)
	step, vectors := w.floats(magnitudesSrcStep), w.field(magnitudesVectors)

	g.Label("wide")
	g.CMPQ(vectors, operand.Imm(magnitudesAtOnce))
	g.JLT(operand.LabelRef("narrow"))
	w.addMagnitudes(magnitudesAtOnce, "wideChannel", mask, sums, squares, src, step)
	g.SUBQ(operand.Imm(magnitudesAtOnce), vectors)
	g.JMP(operand.LabelRef("wide"))
	g.Label("narrow")
	g.TESTQ(vectors, vectors)
	g.JZ(operand.LabelRef("done"))
	w.addMagnitudes(1, "narrowChannel", mask, sums, squares, src, step)
	g.DECQ(vectors)
	g.JMP(operand.LabelRef("narrow"))
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// addMagnitudes stores the sums of n registers of columns and moves the pointers on.
func (w *winograd) addMagnitudes(n int, label string, mask reg.VecVirtual, sums, squares, src, step reg.GPVirtual) {
	at, left := w.GP64(), w.field(magnitudesCount)
	w.MOVQ(src, at)
	a, q := w.registers(n), w.registers(n)
	for j := range n {
		w.zero(a[j])
		w.zero(q[j])
	}
	w.loop(label)
	for j := range n {
		v := w.vector()
		w.and(operand.Mem{Base: at, Disp: j * w.isa.bytes()}, mask, v)
		w.VADDPS(v, a[j], a[j])
		w.VFMADD231PS(v, v, q[j])
	}
	w.ADDQ(step, at)
	w.DECQ(left)
	w.JNZ(operand.LabelRef(label))
	for j := range n {
		w.VMOVUPS(a[j], operand.Mem{Base: sums, Disp: j * w.isa.bytes()})
		w.VMOVUPS(q[j], operand.Mem{Base: squares, Disp: j * w.isa.bytes()})
	}
	for _, pointer := range []reg.GPVirtual{sums, squares, src} {
		w.ADDQ(operand.U32(n*w.isa.bytes()), pointer)
	}
}

// and sets v to the bits of m that are set in mask. VANDPS of 16 floats would need an extension of AVX-512F.
func (w *winograd) and(m operand.Mem, mask, v reg.VecVirtual) {
	if w.isa.lanes == 16 {
		w.VPANDD(m, mask, v)
		return
	}
	w.VANDPS(m, mask, v)
}
