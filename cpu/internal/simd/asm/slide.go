package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The offsets of the fields of simd.Slide. TestSlideLayout in package simd checks them.
const (
	slideDst      = 0
	slideSrc      = 24
	slideZeros    = 48
	slideWeight   = 72
	slideBiases   = 96
	slideMasks    = 120
	slideOffsets  = 144
	slideTaps     = 152 // the length of offsets, which is the number of columns of the kernel
	slideStep     = 168
	slideLast     = 176
	slideSrcPitch = 216
	slideDstPitch = 224
	slideSrcPlane = 232
	slideDstPlane = 240
	slidePlanes   = 248
	slideFirst    = 256
	slideHeight   = 264
	slideRows     = 272
	slideFlags    = 280
	slideDone     = 288
	slideWeightAt = 296
	slideBias     = 304
	slideFrom     = 312
	slideTo       = 320

	flagPartial = 4
)

// slideSizes are the heights of the kernels that slides compute.
var slideSizes = []int{3, 5, 7}

// maxSlideStride is the largest stride of slides.
const maxSlideStride = 2

// slide is the state of a kernel that is being written.
type slide struct {
	winograd
	size, stride, vectors    int
	sums                     [][]reg.VecVirtual // [rows of outputs that a row of inputs belongs to][vectors]
	dst, src, row            reg.GPVirtual
	step, last               reg.GPVirtual  // in bytes
	even                     reg.VecVirtual // the lanes 0, 2, 4, … of two registers, for a stride of 2 with AVX-512
	x, weight, offsets, mask reg.GPVirtual  // of the row of inputs
	whole                    bool           // whether whole registers of inputs may be read, as Slide.from tells
}

// slides writes the kernels that slide along columns of outputs.
func (g *generator) slides() {
	if g.isa.lanes == 16 {
		g.even = g.StaticGlobal("even")
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for lane := range g.isa.lanes {
			g.AddDatum(4*lane, operand.U32(2*lane))
		}
	}
	g.eachSlide(g.slide)
}

// eachSlide calls f for each height of the kernel, stride and width of the strip.
func (g *generator) eachSlide(f func(size, stride, vectors int)) {
	for _, size := range slideSizes {
		for stride := 1; stride <= maxSlideStride; stride++ {
			for vectors := 1; vectors <= g.isa.slides[size]; vectors++ {
				f(size, stride, vectors)
			}
		}
	}
}

func (g *generator) slideName(size, stride, vectors int) string {
	return fmt.Sprintf("slide%dx%ds%d%s", size, vectors, stride, g.isa.name)
}

// slide writes the kernel for kernels of this many rows and strips of this many registers. The documentation of
// simd.Slide defines what it computes. sums[a] belongs to the row of outputs a rows above the newest. When a row of
// inputs has been added, the last sums are complete: they are stored, and the others move on by one.
func (g *generator) slide(size, stride, vectors int) {
	name := g.slideName(size, stride, vectors)
	s := slide{winograd: winograd{generator: g}, size: size, stride: stride, vectors: vectors}
	s.args = g.function(name, "s",
		"%s slides along strips of %d columns, with kernels of %d rows and a stride of %d. See Slide for its loop.",
		name, vectors*g.isa.lanes, size, stride)
	g.declared = append(g.declared, name+"(s *Slide)")
	depth := (size + stride - 1) / stride
	for range depth {
		s.sums = append(s.sums, g.registers(vectors))
	}
	if stride > 1 && g.isa.lanes == 16 {
		s.even = g.vector()
		g.VMOVUPS(g.even, s.even)
	}
	g.Label("plane")
	left, skip := s.beginPlane(depth), g.GP64()
	g.MOVQ(operand.U32(uint32(depth-1)), skip)
	for _, sums := range s.sums {
		s.begin(sums)
	}
	g.Label("row")
	for phase := range stride {
		s.addRow(phase)
		if phase == (size-1)%stride {
			s.finish(skip)
		}
	}
	for a := depth - 1; a > 0; a-- {
		for j, sum := range s.sums[a] {
			g.VMOVAPS(s.sums[a-1][j], sum)
		}
	}
	s.begin(s.sums[0])
	g.DECQ(left)
	g.JNZ(operand.LabelRef("row"))
	done := s.field(slideDone)
	g.CMPQ(done, operand.Mem{Base: s.args, Disp: slidePlanes})
	g.JLT(operand.LabelRef("plane"))
	g.VZEROUPPER()
	g.RET()
}

// beginPlane moves on to the next plane. It returns how many times the loop over rows runs.
func (s *slide) beginPlane(depth int) (left reg.GPVirtual) {
	at := func(field operand.Mem) operand.Mem { field.Base = s.args; return field }
	done, offset, bias := s.field(slideDone), s.GP64(), s.GP32()
	s.dst, s.src, s.row = s.field(slideDst), s.field(slideSrc), s.field(slideFirst)
	s.step, s.last = s.floats(slideStep), s.floats(slideLast)
	s.MOVQ(done, offset)
	s.IMULQ(at(operand.Mem{Disp: slideDstPlane}), offset)
	s.LEAQ(operand.Mem{Base: s.dst, Index: offset, Scale: 4}, s.dst)
	s.MOVQ(done, offset)
	s.IMULQ(at(operand.Mem{Disp: slideSrcPlane}), offset)
	s.LEAQ(operand.Mem{Base: s.src, Index: offset, Scale: 4}, s.src)
	s.MOVQ(s.row, offset)
	s.IMULQ(at(operand.Mem{Disp: slideSrcPitch}), offset)
	s.LEAQ(operand.Mem{Base: s.src, Index: offset, Scale: 4}, s.src)
	s.MOVQ(done, offset)
	s.IMULQ(at(operand.Mem{Disp: slideTaps}), offset)
	s.IMUL3Q(operand.Imm(uint64(4*s.size)), offset, offset)
	s.MOVQ(offset, at(operand.Mem{Disp: slideWeightAt}))
	biases := s.field(slideBiases)
	s.MOVL(operand.Mem{Base: biases, Index: done, Scale: 4}, bias)
	s.MOVL(bias, at(operand.Mem{Disp: slideBias}))
	s.INCQ(done)
	s.MOVQ(done, at(operand.Mem{Disp: slideDone}))
	left = s.field(slideRows)
	s.ADDQ(operand.Imm(uint64(depth-1)), left)
	return left
}

// begin sets sums to the bias.
func (s *slide) begin(sums []reg.VecVirtual) {
	s.VBROADCASTSS(operand.Mem{Base: s.args, Disp: slideBias}, sums[0])
	for _, sum := range sums[1:] {
		s.VMOVAPS(sums[0], sum)
	}
}

// addRow adds the products of the next row of inputs. With a stride, phase counts the rows of inputs since the last row
// at which a row of outputs begins. A row above or below the image has zeros. AVX2 has two loops over the taps: one for
// rows at the ends of Src, and one for all others, see simd.Slide.from.
func (s *slide) addRow(phase int) {
	s.x, s.weight, s.offsets, s.mask = s.GP64(), s.GP64(), s.GP64(), s.GP64()
	at := func(field int) operand.Mem { return operand.Mem{Base: s.args, Disp: field} }
	if s.isa.lanes == 16 {
		s.MOVQ(s.src, s.x)
		s.CMPQ(s.row, at(slideHeight))
		s.CMOVQCC(at(slideZeros), s.x)
		s.addTaps(phase, "tap")
		return
	}
	whole, end, added := fmt.Sprint("whole", phase), fmt.Sprint("end", phase), fmt.Sprint("added", phase)
	s.MOVQ(at(slideZeros), s.x)
	s.ADDQ(at(slideFrom), s.x)
	s.CMPQ(s.row, at(slideHeight))
	s.JCC(operand.LabelRef(whole))
	s.MOVQ(s.src, s.x)
	offset := s.GP64()
	s.MOVQ(s.src, offset)
	s.SUBQ(at(slideSrc), offset)
	s.CMPQ(offset, at(slideFrom))
	s.JLT(operand.LabelRef(end))
	s.CMPQ(offset, at(slideTo))
	s.JGT(operand.LabelRef(end))
	s.Label(whole)
	s.whole = true
	s.addTaps(phase, "tap")
	s.JMP(operand.LabelRef(added))
	s.Label(end)
	s.whole = false
	s.addTaps(phase, "endtap")
	s.Label(added)
}

// addTaps moves on by a row of inputs, and adds its products.
func (s *slide) addTaps(phase int, label string) {
	label += fmt.Sprint(phase)
	s.INCQ(s.row)
	pitch := s.floats(slideSrcPitch)
	s.ADDQ(pitch, s.src)
	s.MOVQ(operand.Mem{Base: s.args, Disp: slideWeight}, s.weight)
	s.MOVQ(operand.Mem{Base: s.args, Disp: slideOffsets}, s.offsets)
	s.MOVQ(operand.Mem{Base: s.args, Disp: slideMasks}, s.mask)
	s.ADDQ(operand.Mem{Base: s.args, Disp: slideWeightAt}, s.weight)
	taps := s.field(slideTaps)
	s.loop(label)
	s.addTap(phase)
	s.ADDQ(operand.Imm(8), s.offsets)
	s.ADDQ(operand.Imm(uint64(4*s.size)), s.weight)
	masks := 2 * s.stride
	if s.evenMasks() {
		masks += 2
	}
	s.ADDQ(operand.Imm(uint64(masks*s.maskBytes())), s.mask)
	s.DECQ(taps)
	s.JNZ(operand.LabelRef(label))
}

// addTap adds the products of a column of the kernel.
func (s *slide) addTap(phase int) {
	at := s.GP64()
	s.MOVQ(operand.Mem{Base: s.offsets}, at)
	s.LEAQ(operand.Mem{Base: s.x, Index: at, Scale: 4}, at)
	var rows []int // of the kernel
	for u := phase; u < s.size; u += s.stride {
		rows = append(rows, u)
	}
	if s.vectors <= len(rows) { // hold the inputs
		inputs := s.registers(s.vectors)
		for j, input := range inputs {
			s.input(at, j, input)
		}
		w := s.vector()
		for a, u := range rows {
			s.VBROADCASTSS(operand.Mem{Base: s.weight, Disp: 4 * u}, w)
			for j, sum := range s.sums[a] {
				s.VFMADD231PS(inputs[j], w, sum)
			}
		}
		return
	}
	weights, input := s.registers(len(rows)), s.vector()
	for a, u := range rows {
		s.VBROADCASTSS(operand.Mem{Base: s.weight, Disp: 4 * u}, weights[a])
	}
	for j := range s.vectors {
		s.input(at, j, input)
		for a, w := range weights {
			s.VFMADD231PS(input, w, s.sums[a][j])
		}
	}
}

// maskBytes is the distance between masks.
func (s *slide) maskBytes() int {
	if s.isa.lanes == 16 {
		return 4
	}
	return s.isa.bytes()
}

// evenMasks reports whether a tap has masks for every second lane of two registers as well, as simd.Strip has it.
func (s *slide) evenMasks() bool { return s.stride == 2 && s.isa.lanes == 8 }

// place returns the address of the j-th register of a row. For inputs, between is the stride: the number of inputs from
// one sum to the next.
func (s *slide) place(base reg.Register, j, between int) operand.Mem {
	switch {
	case j == 0:
		return operand.Mem{Base: base}
	case j == s.vectors-1:
		return operand.Mem{Base: base, Index: s.last, Scale: uint8(between)}
	}
	return operand.Mem{Base: base, Index: s.step, Scale: uint8(between * j)} // at most 4: there are up to 4 registers
}

// input loads the inputs of the j-th register of sums: with a stride of 2, every second one of two registers.
func (s *slide) input(at reg.Register, j int, input reg.VecVirtual) {
	s.load(at, j, 0, input)
	if s.stride == 1 {
		return
	}
	other := s.vector()
	s.load(at, j, 1, other)
	if s.isa.lanes == 16 {
		s.VPERMT2PS(other, s.even, input)
		return
	}
	s.VSHUFPS(operand.Imm(0x88), other, input, input)
	s.VPERMPD(operand.Imm(0xd8), input, input)
	if s.whole && s.atEnd(j) {
		s.clear(input, 2*s.stride+min(j, 1))
	}
}

// atEnd reports whether the j-th register has masks: it is the first or the last.
func (s *slide) atEnd(j int) bool { return j == 0 || j == s.vectors-1 }

// clear clears the lanes of inputs that the tap's i-th mask excludes.
func (s *slide) clear(input reg.VecVirtual, i int) {
	s.VANDPS(operand.Mem{Base: s.mask, Disp: i * s.maskBytes()}, input, input)
}

// load loads one register of inputs for the j-th register of sums. VMASKMOVPS is slow on old processors of AMD. So
// where whole registers may be read, a plain load reads them, and lanes are cleared afterwards. With a stride of 2 they
// are cleared after input has picked every second lane.
func (s *slide) load(at reg.Register, j, part int, input reg.VecVirtual) {
	from := s.place(at, j, s.stride)
	from.Disp = part * s.isa.bytes()
	i := part + min(j, 1)*s.stride
	mask := operand.Mem{Base: s.mask, Disp: i * s.maskBytes()}
	switch {
	case !s.atEnd(j) || s.whole && s.stride == 2:
		s.VMOVUPS(from, input)
	case s.whole:
		s.VMOVUPS(from, input)
		s.clear(input, i)
	case s.isa.lanes == 16:
		k := s.K()
		s.KMOVW(mask, k)
		s.VMOVUPS_Z(from, k, input)
	default:
		s.VMOVUPS(mask, input)
		s.VMASKMOVPS(from, input, input)
	}
}

// finish stores the sums that are complete, after ReLU if it is asked for. It skips the first ones, which belong to
// rows above the first row of outputs.
func (s *slide) finish(skip reg.GPVirtual) {
	s.DECQ(skip)
	s.JNS(operand.LabelRef("stored"))
	done := s.sums[len(s.sums)-1]
	s.TESTQ(operand.U32(flagReLU), operand.Mem{Base: s.args, Disp: slideFlags})
	s.JZ(operand.LabelRef("store"))
	zero := s.vector()
	s.zero(zero)
	for _, sum := range done {
		s.VMAXPS(sum, zero, sum) // keeps NaN, see tile.finish
	}
	s.Label("store")
	if s.vectors == 1 {
		s.TESTQ(operand.U32(flagPartial), operand.Mem{Base: s.args, Disp: slideFlags})
		s.JZ(operand.LabelRef("whole"))
		s.storePart(done[0])
		s.JMP(operand.LabelRef("next"))
		s.Label("whole")
	}
	for j, sum := range done {
		s.VMOVUPS(sum, s.place(s.dst, j, 1))
	}
	s.Label("next")
	pitch := s.floats(slideDstPitch)
	s.ADDQ(pitch, s.dst)
	s.Label("stored")
}

// storePart stores the first columns of a register. Their mask follows the masks of the taps.
func (s *slide) storePart(sum reg.VecVirtual) {
	if s.isa.lanes == 16 {
		k := s.K()
		s.KMOVW(operand.Mem{Base: s.mask}, k)
		s.VMOVUPS(sum, k, operand.Mem{Base: s.dst})
		return
	}
	mask := s.vector()
	s.VMOVUPS(operand.Mem{Base: s.mask}, mask)
	s.VMASKMOVPS(sum, mask, operand.Mem{Base: s.dst})
}
