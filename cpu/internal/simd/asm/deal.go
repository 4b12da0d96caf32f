package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The offsets of the fields of simd.Deal. TestDealLayout in package simd checks them.
const (
	dealDst     = 0
	dealSrc     = 24
	dealTo      = 48
	dealSrcStep = 72
	dealDstStep = 80
	dealGroups  = 88
	dealRows    = 96
)

// deal is the state of a kernel that deals floats to phases.
type deal struct {
	winograd
	phases  int
	at      reg.GPVirtual   // where the next group is
	to      []reg.GPVirtual // where each phase of the row begins
	i, left reg.GPVirtual   // groups done and groups left in the row
}

// deals writes the kernels that deal floats to 2 and to 4 phases. They use AVX2 only, also with AVX-512. Kernels of
// AVX-512, which dealt the end of a row with masks, were slower: resnet's 1×1 layer with a stride of 2 took 1.15 times
// as long (Zen 5).
func (g *generator) deals() {
	if g.isa.lanes == avx2.lanes {
		g.deal(2)
		g.deal(4)
	}
}

// deal writes the kernel for this many phases.
func (g *generator) deal(phases int) {
	name := fmt.Sprintf("deal%d%s", phases, g.isa.name)
	d := deal{winograd: winograd{generator: g}, phases: phases}
	d.args = g.function(name, "d", "%s deals floats to %d phases. See Deal for the loop that it equals.", name, phases)
	g.declared = append(g.declared, name+"(d *Deal)")
	dst, offsets, row, rows := d.field(dealDst), d.field(dealTo), d.field(dealSrc), d.field(dealRows)
	for phase := range phases {
		to := g.GP64()
		g.MOVQ(operand.Mem{Base: offsets, Disp: 8 * phase}, to)
		g.LEAQ(operand.Mem{Base: dst, Index: to, Scale: 4}, to)
		d.to = append(d.to, to)
	}
	d.at, d.i = g.GP64(), g.GP64()
	g.Label("row")
	g.MOVQ(row, d.at)
	g.XORQ(d.i, d.i)
	d.left = d.field(dealGroups)
	d.ladder()
	step := d.floats(dealSrcStep)
	g.ADDQ(step, row)
	step = d.floats(dealDstStep)
	for _, to := range d.to {
		g.ADDQ(step, to)
	}
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.VZEROUPPER()
	g.RET()
}

// source returns the address of the n-th part of the next groups, if parts have this many bytes. target returns the
// address where the next floats of a phase go.
func (d *deal) source(n, bytes int) operand.Mem { return operand.Mem{Base: d.at, Disp: n * bytes} }
func (d *deal) target(phase int) operand.Mem {
	return operand.Mem{Base: d.to[phase], Index: d.i, Scale: 4}
}

// while repeats body as long as this many groups are left. After each time it moves on by as many groups.
func (d *deal) while(label string, groups int, body func()) {
	d.Label(label)
	d.CMPQ(d.left, operand.Imm(uint64(groups)))
	d.JLT(operand.LabelRef(label + "Done"))
	body()
	d.ADDQ(operand.U32(4*d.phases*groups), d.at)
	d.ADDQ(operand.Imm(uint64(groups)), d.i)
	d.SUBQ(operand.Imm(uint64(groups)), d.left)
	d.JMP(operand.LabelRef(label))
	d.Label(label + "Done")
}

// ladder deals a row: 8 groups at a time, then 4, then one.
func (d *deal) ladder() {
	store := func(phase int, v reg.Register) { d.VMOVUPS(v, d.target(phase)) }
	d.while("eight", 8, func() {
		if d.phases == 2 {
			d.pairs(d.load(0, d.YMM()), d.load(1, d.YMM()), func(phase int, v reg.Register) {
				d.VPERMPD(operand.Imm(0xd8), v, v)
				store(phase, v)
			})
			return
		}
		var quarters []reg.Register
		for n := range 4 { // groups n and n+4
			v := d.YMM()
			d.VMOVUPS(d.source(n, 16), v.AsX())
			d.VINSERTF128(operand.Imm(1), d.source(n+4, 16), v, v)
			quarters = append(quarters, v)
		}
		d.transpose(quarters, d.newYMM, store)
	})
	d.while("four", 4, func() {
		if d.phases == 2 {
			d.pairs(d.load(0, d.XMM()), d.load(1, d.XMM()), store)
			return
		}
		d.transpose([]reg.Register{d.load(0, d.XMM()), d.load(1, d.XMM()), d.load(2, d.XMM()), d.load(3, d.XMM())},
			d.newXMM, store)
	})
	d.while("one", 1, func() {
		for phase := range d.phases {
			v := d.GP32()
			d.MOVL(d.source(phase, 4), v)
			d.MOVL(v, d.target(phase))
		}
	})
}

func (d *deal) newXMM() reg.Register { return d.XMM() }
func (d *deal) newYMM() reg.Register { return d.YMM() }

// load fills v with the n-th register of the next groups.
func (d *deal) load(n int, v reg.Register) reg.Register {
	d.VMOVUPS(d.source(n, int(v.Size())), v)
	return v
}

// pairs separates the even and the odd floats of a and b, within each 128 bits, and stores them as phases 0 and 1.
func (d *deal) pairs(a, b reg.Register, store func(phase int, v reg.Register)) {
	even := d.newYMM()
	if a.Size() == 16 {
		even = d.newXMM()
	}
	d.VSHUFPS(operand.Imm(0x88), b, a, even)
	d.VSHUFPS(operand.Imm(0xdd), b, a, a)
	store(0, even)
	store(1, a)
}

// transpose transposes the 4×4 floats of four registers, within each 128 bits, and stores them as phases 0 to 3.
func (d *deal) transpose(v []reg.Register, fresh func() reg.Register, store func(phase int, v reg.Register)) {
	lo01, hi01, lo23, hi23 := fresh(), fresh(), fresh(), fresh()
	d.VUNPCKLPS(v[1], v[0], lo01)
	d.VUNPCKHPS(v[1], v[0], hi01)
	d.VUNPCKLPS(v[3], v[2], lo23)
	d.VUNPCKHPS(v[3], v[2], hi23)
	for phase, from := range [][2]reg.Register{{lo01, lo23}, {lo01, lo23}, {hi01, hi23}, {hi01, hi23}} {
		r := fresh()
		if phase%2 == 0 {
			d.VUNPCKLPD(from[1], from[0], r)
		} else {
			d.VUNPCKHPD(from[1], from[0], r)
		}
		store(phase, r)
	}
}
