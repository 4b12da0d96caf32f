// Package isa reads what compilers of GPUs print about the programs that they make: registers, spills, memory, and the
// assembly. It compares these figures with budgets: make isa runs its tests on dumps, the output of drivers whose
// hardware is not here. The folder figures stores the figures of these dumps, and gpuconv info --roof predicts times
// from them. A stage is one shader of an algorithm.
package isa

import (
	"fmt"
	"strings"
)

// Figures are what a compiler says about one stage, and what is counted in its assembly. What it does not print is 0.
type Figures struct {
	Registers int // vector registers of an invocation
	Scalars   int // scalar registers of a wave; NAK does not print them
	Spills    int // registers that found no place: on AMD vector and scalar ones, with NAK only those spilled to memory
	Scratch   int // bytes of memory for spilled registers and arrays
	Shared    int // bytes of shared memory of a work-group
	Waves     int // how many run at once on a SIMD of AMD or a multiprocessor of NVIDIA
	Length    int // all instructions of the program
	Main      Mix // those of the basic block with the most multiply-adds: the main loop, or sums that are written out
}

// Kind is a kind of instruction.
type Kind int

const (
	FMA      Kind = iota // multiply-adds of float32
	Float                // other arithmetic of floats
	Integer              // addresses, and all other arithmetic on vector registers
	Select               // comparisons and selections
	Move                 // copies between registers, also of scalars that are spilled to vector registers
	Shared               // shared memory
	Memory               // buffers and textures
	Constant             // loads of constants into registers
	Scalar               // arithmetic on scalar registers, once for a wave
	Flow                 // branches, barriers, waiting
	kinds                // how many kinds there are
)

var kindNames = [kinds]string{
	"FMA", "float", "integer", "select", "move", "shared", "memory", "constant", "scalar", "flow",
}

func (k Kind) String() string { return kindNames[k] }

// Mix counts instructions by their kind.
type Mix [kinds]int

// vector reports whether instructions of the kind are vector instructions: those that use the same units as
// multiply-adds, and so take time from them.
func (k Kind) vector() bool { return k <= Move }

// Vector is how many vector instructions there are.
func (m Mix) Vector() (n int) {
	for k := range kinds {
		if k.vector() {
			n += m[k]
		}
	}
	return n
}

// Share is the percentage of multiply-adds among the vector instructions, rounded down.
func (m Mix) Share() int {
	if m.Vector() == 0 {
		return 0
	}
	return 100 * m[FMA] / m.Vector()
}

// Total is how many instructions there are.
func (m Mix) Total() (n int) {
	for _, count := range m {
		n += count
	}
	return n
}

// bounded has the figures that budgets can bound, by their names in the file.
var bounded = map[string]func(f Figures) int{
	"registers": func(f Figures) int { return f.Registers },
	"spills":    func(f Figures) int { return f.Spills },
	"scratch":   func(f Figures) int { return f.Scratch },
	"shared":    func(f Figures) int { return f.Shared },
	"waves":     func(f Figures) int { return f.Waves },
	"fma":       func(f Figures) int { return f.Main.Share() },
	"length":    func(f Figures) int { return f.Length },
}

// blocks counts the instructions of a program, basic block by basic block: current is the block that is being read. Of
// the blocks before it, length counts all instructions, and main is the block with the most multiply-adds.
type blocks struct {
	length        int
	main, current Mix
}

// next ends a block.
func (b *blocks) next() {
	b.length += b.current.Total()
	if b.current[FMA] > b.main[FMA] {
		b.main = b.current
	}
	b.current = Mix{}
}

// Stage is a stage of a dump.
type Stage struct {
	Name string // problem/algorithm/shader, and ", with …" for a mutant
	Tile string
	Figures
}

// mutantMark is in the names of mutants, and in no other name.
const mutantMark = ", with "

// Mutant reports whether the stage was made worse on purpose.
func (s Stage) Mutant() bool { return strings.Contains(s.Name, mutantMark) }

func (s Stage) String() string { return fmt.Sprintf("%s (%s)", s.Name, s.Tile) }
