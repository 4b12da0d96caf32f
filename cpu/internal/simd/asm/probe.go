package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// probe writes the kernel that multiplies and adds as fast as the core can: on registers alone, with enough sums that
// no addition waits for its predecessor.
func (g *generator) probe() {
	name := "probe" + g.isa.name
	sums := 12 // two units × a latency of 4 or 5, and a few more; the same as probeSums in package simd
	rounds := g.function(name, "rounds", "%s makes *rounds rounds of %d multiply-adds.", name, sums*g.isa.lanes)
	g.declared = append(g.declared, name+"(rounds *int)")
	left := g.GP64()
	g.MOVQ(operand.Mem{Base: rounds}, left)
	factor := g.vector()
	g.zero(factor)
	all := make([]reg.VecVirtual, sums)
	for i := range all {
		all[i] = g.vector()
		g.zero(all[i])
	}
	g.loop("round")
	for _, sum := range all {
		g.VFMADD231PS(factor, factor, sum)
	}
	g.DECQ(left)
	g.JNZ(operand.LabelRef("round"))
	g.VZEROUPPER()
	g.RET()
}
