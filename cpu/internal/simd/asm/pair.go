package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pair is the state of the kernel that computes two rows of outputs at a time, of kernels of 3×3 with a stride of 1.
//
//	row of inputs    0  1  2  3
//	upper outputs    ×  ×  ×
//	lower outputs       ×  ×  ×
//
// All nine weights stay in registers. So for a register of each row of outputs there are 18 multiply-adds, 12 loads, of
// which multiply-adds do 6, and 2 stores. Single rows take 1.3 times as many instructions.
type pair struct {
	slide
	weights      [3][3]reg.VecVirtual // by row and column of the kernel
	bias, least  reg.VecVirtual       // least is 0 for ReLU, otherwise −∞
	upper, lower reg.VecVirtual       // sums
	rows         [4]reg.GPVirtual     // of inputs, from the first column that the first outputs read
	ends         [2]reg.VecVirtual    // masks: of the first register of inputs, and of the last one
	below        reg.GPVirtual        // the lower row of outputs
	column       reg.GPVirtual        // in bytes
}

// pairs writes the kernel for AVX2. Its loop is that of simd.Slide.
func (g *generator) pairs() {
	if g.isa.lanes != 8 {
		return
	}
	name := "pairs" + g.isa.name
	p := pair{slide: slide{winograd: winograd{generator: g}, size: 3, stride: 1}}
	p.args = g.function(name, "s", "%s computes two rows of outputs at a time. See Kernels.Pairs.", name)
	g.declared = append(g.declared, name+"(s *Slide)")
	p.bias, p.least, p.upper, p.lower = g.vector(), g.vector(), g.vector(), g.vector()
	p.setEnds()
	p.setLeast()
	g.Label("plane")
	left := p.beginPlane(1)
	p.loadWeights()
	g.SUBQ(operand.Mem{Base: p.args, Disp: slideFrom}, p.src)
	g.Label("row")
	p.findRows()
	p.column = g.GP64()
	g.XORQ(p.column, p.column)
	p.columns(0)
	g.MOVQ(operand.U32(uint32(g.isa.bytes())), p.column)
	g.CMPQ(p.column, p.last)
	g.JGE(operand.LabelRef("last"))
	g.loop("middle")
	p.columns(-1)
	g.ADDQ(operand.Imm(uint64(g.isa.bytes())), p.column)
	g.CMPQ(p.column, p.last)
	g.JLT(operand.LabelRef("middle"))
	g.Label("last")
	g.MOVQ(p.last, p.column)
	p.columns(1)
	pitch := p.floats(slideDstPitch)
	g.LEAQ(operand.Mem{Base: p.dst, Index: pitch, Scale: 2}, p.dst)
	pitch = p.floats(slideSrcPitch)
	g.LEAQ(operand.Mem{Base: p.src, Index: pitch, Scale: 2}, p.src)
	g.ADDQ(operand.Imm(2), p.row)
	g.SUBQ(operand.Imm(2), left)
	g.JG(operand.LabelRef("row"))
	done := p.field(slideDone)
	g.CMPQ(done, operand.Mem{Base: p.args, Disp: slidePlanes})
	g.JLT(operand.LabelRef("plane"))
	g.VZEROUPPER()
	g.RET()
}

// setLeast sets least.
func (p *pair) setLeast() {
	p.zero(p.least)
	p.TESTQ(operand.U32(flagReLU), operand.Mem{Base: p.args, Disp: slideFlags})
	p.JNZ(operand.LabelRef("plane"))
	infinity := p.constant(0xff800000)
	p.VMOVAPS(infinity, p.least)
}

// setEnds sets ends. Only the first column of the kernel reads before the beginning of a row, and only the last one
// beyond its end.
func (p *pair) setEnds() {
	masks := p.field(slideMasks)
	for i, tap := range []int{0, 2} {
		p.ends[i] = p.vector()
		p.VMOVUPS(operand.Mem{Base: masks, Disp: (2*tap + i) * p.maskBytes()}, p.ends[i])
	}
}

// loadWeights loads the plane's weights and bias.
func (p *pair) loadWeights() {
	weight := p.field(slideWeight)
	p.ADDQ(operand.Mem{Base: p.args, Disp: slideWeightAt}, weight)
	for u := range p.weights {
		for v := range p.weights[u] {
			p.weights[u][v] = p.vector()
			p.VBROADCASTSS(operand.Mem{Base: weight, Disp: 4 * (3*v + u)}, p.weights[u][v])
		}
	}
	p.VBROADCASTSS(operand.Mem{Base: p.args, Disp: slideBias}, p.bias)
}

// findRows finds four rows of inputs. A row above or below the image has zeros.
func (p *pair) findRows() {
	pitch, next, row := p.floats(slideSrcPitch), p.GP64(), p.GP64()
	p.MOVQ(p.src, next)
	p.MOVQ(p.row, row)
	for i := range p.rows {
		p.rows[i] = p.GP64()
		p.MOVQ(next, p.rows[i])
		p.CMPQ(row, operand.Mem{Base: p.args, Disp: slideHeight})
		p.CMOVQCC(operand.Mem{Base: p.args, Disp: slideZeros}, p.rows[i])
		p.ADDQ(pitch, next)
		p.INCQ(row)
	}
	p.below = p.floats(slideDstPitch)
	p.ADDQ(p.dst, p.below)
}

// columns computes a register of each row of outputs. end is 0 for the first register of a row, 1 for the last one, and
// -1 for those between them.
func (p *pair) columns(end int) {
	p.VMOVAPS(p.bias, p.upper)
	p.VMOVAPS(p.bias, p.lower)
	input := p.vector()
	for i, row := range p.rows {
		for v := range 3 {
			from := operand.Op(operand.Mem{Base: row, Index: p.column, Scale: 1, Disp: 4 * v})
			masked := end == 0 && v == 0 || end == 1 && v == 2
			if i == 1 || i == 2 || masked {
				p.VMOVUPS(from, input)
				from = input
			}
			if masked {
				p.VANDPS(input, p.ends[end], input)
			}
			if i < 3 {
				p.VFMADD231PS(from, p.weights[i][v], p.upper)
			}
			if i > 0 {
				p.VFMADD231PS(from, p.weights[i-1][v], p.lower)
			}
		}
	}
	p.VMAXPS(p.upper, p.least, p.upper) // keeps NaN, see tile.finish
	p.VMAXPS(p.lower, p.least, p.lower)
	p.VMOVUPS(p.upper, operand.Mem{Base: p.dst, Index: p.column, Scale: 1})
	p.VMOVUPS(p.lower, operand.Mem{Base: p.below, Index: p.column, Scale: 1})
}
