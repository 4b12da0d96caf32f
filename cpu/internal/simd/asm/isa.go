package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// maxFilters is the largest number of filters of a tile, the same as simd.MaxFilters.
const maxFilters = 6

// isa describes an instruction set.
type isa struct {
	name  string
	lanes int // floats in a register
	// vectors[f] is the largest width, in registers, of a tile of f filters: at most maxVectors of package simd, and so
	// that registers are left for inputs and weights.
	vectors [maxFilters + 1]int
	// slides[n] is the same for a strip of a slide with kernels of n rows: at most maxStrip of package simd. For 7
	// rows, AVX2 has enough registers only for strips of one register, which took 1.01 times as long as direct (128
	// filters, 56×56 pixels, Zen 4).
	slides [8]int
	// pairs says whether tiles of 8 registers and more take two taps in each turn of their loop. For each tap of 6×2
	// Zen 1 issues 45 operations, halves of registers and others; this saves two of them: 1.00 to 1.04 times the speed,
	// and 1.02 to 1.07 while something else takes issue slots of the same core. With AVX-512 it gained nothing.
	pairs bool
	// fetches says whether such tiles ask for the lines that later tiles write. With AVX-512 it was not tried.
	fetches bool
}

var (
	// up to 12 of 16 registers hold sums with AVX2, and up to 25 of 32 with AVX-512
	avx2   = isa{"AVX2", 8, [...]int{0, 8, 6, 4, 3, 2, 2}, [8]int{3: 4, 5: 2}, true, true}
	avx512 = isa{"AVX512", 16, [...]int{0, 8, 8, 8, 6, 5, 4}, [8]int{3: 4, 5: 4, 7: 3}, false, false}
)

func (i isa) bytes() int { return 4 * i.lanes }

// generator writes the kernels of one instruction set.
type generator struct {
	*build.Context
	isa      isa
	declared []string    // Go signatures of the kernels
	even     operand.Mem // the numbers of the lanes 0, 2, 4, … of two registers
}

// function begins a kernel that takes a pointer, and returns the register that holds the pointer.
func (g *generator) function(name, arg, doc string, a ...any) reg.Register {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr("func(" + arg + " *byte)")
	g.Doc(fmt.Sprintf(doc, a...))
	return g.Load(g.Param(arg), g.GP64())
}

// vector returns a register of the instruction set's width.
func (g *generator) vector() reg.VecVirtual {
	if g.isa.lanes == 16 {
		return g.ZMM()
	}
	return g.YMM()
}

func (g *generator) registers(n int) (all []reg.VecVirtual) {
	for range n {
		all = append(all, g.vector())
	}
	return all
}

// zero clears r.
func (g *generator) zero(r reg.VecVirtual) {
	if g.isa.lanes == 16 {
		g.VPXORD(r, r, r)
		return
	}
	g.VXORPS(r, r, r)
}

// at returns the address of vector j, counted from base + 4·index bytes.
func (g *generator) at(base, index reg.Register, j int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: 4, Disp: j * g.isa.bytes()}
}

// loop begins a loop at the start of a cache line. Without that, a loop over taps ran at 72 instead of 92 GFLOP/s (6×2
// tile, AVX2, Zen 3; BenchmarkTile).
func (g *generator) loop(label string) {
	g.Instruction(&ir.Instruction{Opcode: "PCALIGN", Operands: []operand.Op{operand.Imm(64)}})
	g.Label(label)
}
