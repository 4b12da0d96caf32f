package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The offsets of the fields of simd.Patches and simd.Products. TestTransformLayout in package simd checks them.
const (
	patchesDst       = 0
	patchesSrc       = 24
	patchesTemp      = 48
	patchesPitch     = 72
	patchesColumns   = 80
	patchesSrcStep   = 128
	patchesDstStride = 136
	patchesDstStep   = 144
	patchesCount     = 152

	productsDst       = 0
	productsSrc       = 24
	productsTemp      = 48
	productsCheck     = 72
	productsSrcStride = 96
	productsBias      = 104
	productsFlags     = 112
)

// winograd writes the transforms of F(4×4, 3×3). Other kernels use some of its methods.
type winograd struct {
	*generator
	args           reg.Register
	two, four, x58 reg.VecVirtual // constants in all lanes: 2, 4, and 5 for patches or 8 for products
}

func (g *generator) winograd() {
	g.patches()
	g.products()
}

// field loads a field of the struct that the kernel takes.
func (w *winograd) field(offset int) reg.GPVirtual {
	r := w.GP64()
	w.MOVQ(operand.Mem{Base: w.args, Disp: offset}, r)
	return r
}

// floats loads a field that counts floats, and converts it to bytes.
func (w *winograd) floats(offset int) reg.GPVirtual {
	r := w.field(offset)
	w.SHLQ(operand.Imm(2), r)
	return r
}

// constant returns a register whose lanes all have the float32 with these bits.
func (w *winograd) constant(bits uint32) reg.VecVirtual {
	r, x, v := w.GP32(), w.XMM(), w.vector()
	w.MOVL(operand.U32(bits), r)
	w.VMOVD(r, x)
	w.VBROADCASTSS(x, v)
	return v
}

// temp returns the address of the i-th register of the scratch space.
func (w *winograd) temp(base reg.Register, i int) operand.Mem {
	return operand.Mem{Base: base, Disp: i * w.isa.bytes()}
}

// add returns a+b, sub a−b.
func (w *winograd) add(a, b reg.VecVirtual) reg.VecVirtual {
	r := w.vector()
	w.VADDPS(b, a, r)
	return r
}

func (w *winograd) sub(a, b reg.VecVirtual) reg.VecVirtual {
	r := w.vector()
	w.VSUBPS(b, a, r)
	return r
}

// plus returns a + k·b, minus a − k·b.
func (w *winograd) plus(a, k, b reg.VecVirtual) reg.VecVirtual {
	r := w.vector()
	w.VMOVAPS(a, r)
	w.VFMADD231PS(k, b, r)
	return r
}

func (w *winograd) minus(a, k, b reg.VecVirtual) reg.VecVirtual {
	r := w.vector()
	w.VMOVAPS(a, r)
	w.VFNMADD231PS(k, b, r)
	return r
}

// patches writes the kernel that transforms patches of inputs.
func (g *generator) patches() {
	name := "patches" + g.isa.name
	w := winograd{generator: g}
	w.args = g.function(name, "p", "%s transforms patches of 6×6 inputs. See Patches for the loop that it equals.",
		name)
	g.declared = append(g.declared, name+"(p *Patches)")
	w.two, w.four, w.x58 = w.constant(0x40000000), w.constant(0x40800000), w.constant(0x40a00000)
	dst, src, temp, count := w.field(patchesDst), w.field(patchesSrc), w.field(patchesTemp), w.field(patchesCount)
	pitch, stride := w.floats(patchesPitch), w.floats(patchesDstStride)
	pitch3, pitch5 := g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: pitch, Index: pitch, Scale: 2}, pitch3)
	g.LEAQ(operand.Mem{Base: pitch, Index: pitch, Scale: 4}, pitch5)
	g.loop("channel")
	at := g.GP64()
	for s := range 6 {
		column := w.field(patchesColumns + 8*s)
		g.LEAQ(operand.Mem{Base: src, Index: column, Scale: 4}, at)
		d := g.registers(6)
		for r, m := range []operand.Mem{
			{Base: at}, {Base: at, Index: pitch, Scale: 1}, {Base: at, Index: pitch, Scale: 2},
			{Base: at, Index: pitch3, Scale: 1}, {Base: at, Index: pitch, Scale: 4}, {Base: at, Index: pitch5, Scale: 1},
		} {
			g.VMOVUPS(m, d[r])
		}
		w.inputTransform(d, func(i int, v reg.VecVirtual) { g.VMOVUPS(v, w.temp(temp, 6*i+s)) })
	}
	out := g.GP64()
	g.MOVQ(dst, out)
	for i := range 6 {
		d := g.registers(6)
		for s := range 6 {
			g.VMOVUPS(w.temp(temp, 6*i+s), d[s])
		}
		w.inputTransform(d, func(_ int, v reg.VecVirtual) {
			g.VMOVUPS(v, operand.Mem{Base: out})
			g.ADDQ(stride, out)
		})
	}
	step := w.floats(patchesSrcStep)
	g.ADDQ(step, src)
	step = w.floats(patchesDstStep)
	g.ADDQ(step, dst)
	g.DECQ(count)
	g.JNZ(operand.LabelRef("channel"))
	g.VZEROUPPER()
	g.RET()
}

// inputTransform stores the elements of Bᵀd, in order.
func (w *winograd) inputTransform(d []reg.VecVirtual, store func(i int, v reg.VecVirtual)) {
	store(0, w.minus(w.plus(d[4], w.four, d[0]), w.x58, d[2]))
	a, b := w.minus(d[4], w.four, d[2]), w.minus(d[3], w.four, d[1])
	store(1, w.add(a, b))
	store(2, w.sub(a, b))
	c, e := w.sub(d[4], d[2]), w.sub(d[3], d[1])
	store(3, w.plus(c, w.two, e))
	store(4, w.minus(c, w.two, e))
	store(5, w.minus(w.plus(d[5], w.four, d[1]), w.x58, d[3]))
}

// products writes the kernel that transforms sums of products back to outputs.
func (g *generator) products() {
	name := "products" + g.isa.name
	w := winograd{generator: g}
	w.args = g.function(name, "p", "%s transforms sums of products to blocks of 4×4 outputs. See Products for the "+
		"loop that it equals.", name)
	g.declared = append(g.declared, name+"(p *Products)")
	w.two, w.four, w.x58 = w.constant(0x40000000), w.constant(0x40800000), w.constant(0x41000000)
	dst, src, temp := w.field(productsDst), w.field(productsSrc), w.field(productsTemp)
	stride := w.floats(productsSrcStride)
	stride6 := g.GP64()
	g.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, stride6)
	g.SHLQ(operand.Imm(1), stride6)
	at := g.GP64()
	for j := range 6 {
		g.MOVQ(src, at)
		m := g.registers(6)
		for i := range 6 {
			g.VMOVUPS(operand.Mem{Base: at}, m[i])
			g.ADDQ(stride6, at)
		}
		g.ADDQ(stride, src)
		w.outputTransform(m, func(a int, v reg.VecVirtual) { g.VMOVUPS(v, w.temp(temp, 6*a+j)) })
	}
	check, zero, bias := g.vector(), g.vector(), g.vector()
	g.zero(check)
	g.zero(zero)
	g.VBROADCASTSS(operand.Mem{Base: w.args, Disp: productsBias}, bias)
	flags := w.field(productsFlags)
	for a := range 4 {
		m := g.registers(6)
		for j := range 6 {
			g.VMOVUPS(w.temp(temp, 6*a+j), m[j])
		}
		var row []reg.VecVirtual
		w.outputTransform(m, func(_ int, v reg.VecVirtual) {
			g.VADDPS(bias, v, v)
			g.VFMADD231PS(zero, v, check)
			row = append(row, v)
		})
		label := []string{"row0", "row1", "row2", "row3"}[a]
		g.TESTQ(operand.U32(flagReLU), flags)
		g.JZ(operand.LabelRef(label))
		for _, v := range row {
			g.VMAXPS(v, zero, v)
		}
		g.Label(label)
		w.interleave(dst, a, row)
	}
	to := w.field(productsCheck)
	g.VMOVUPS(check, operand.Mem{Base: to})
	g.VZEROUPPER()
	g.RET()
}

// outputTransform stores the elements of Aᵀm, in order.
func (w *winograd) outputTransform(m []reg.VecVirtual, store func(i int, v reg.VecVirtual)) {
	s1, d1, s2, d2 := w.add(m[1], m[2]), w.sub(m[1], m[2]), w.add(m[3], m[4]), w.sub(m[3], m[4])
	store(0, w.add(w.add(m[0], s1), s2))
	store(1, w.plus(d1, w.two, d2))
	store(2, w.plus(s1, w.four, s2))
	store(3, w.add(w.plus(d1, w.x58, d2), m[5]))
}

// interleave stores row a of all blocks: the 4 columns of each block side by side.
func (w *winograd) interleave(dst reg.Register, a int, v []reg.VecVirtual) {
	lo01, hi01, lo23, hi23 := w.vector(), w.vector(), w.vector(), w.vector()
	w.VUNPCKLPS(v[1], v[0], lo01)
	w.VUNPCKHPS(v[1], v[0], hi01)
	w.VUNPCKLPS(v[3], v[2], lo23)
	w.VUNPCKHPS(v[3], v[2], hi23)
	for lane := range 4 {
		from := [][2]reg.VecVirtual{{lo01, lo23}, {hi01, hi23}}[lane/2]
		r := w.vector()
		if lane%2 == 0 {
			w.VUNPCKLPD(from[1], from[0], r)
		} else {
			w.VUNPCKHPD(from[1], from[0], r)
		}
		for quarter := range w.isa.lanes / 4 {
			m := operand.Mem{Base: dst, Disp: 16 * (a*w.isa.lanes + lane + 4*quarter)}
			switch {
			case quarter == 0:
				w.VMOVUPS(r.AsX(), m)
			case w.isa.lanes == 8:
				w.VEXTRACTF128(operand.Imm(1), r, m)
			default:
				w.VEXTRACTF32X4(operand.Imm(uint64(quarter)), r, m)
			}
		}
	}
}
