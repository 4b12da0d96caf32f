package simd

import (
	"fmt"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// ISA is an instruction set that kernels are written for.
type ISA int

const (
	Best    ISA = iota // the fastest that the processor has
	Generic            // plain Go
	AVX2               // AVX2 and FMA, 8 floats
	AVX512             // AVX-512F, 16 floats
)

var isaNames = [...]string{"best", "generic", "avx2", "avx512"}

// String returns the name that [ParseISA] takes.
func (i ISA) String() string {
	if i < 0 || int(i) >= len(isaNames) {
		return fmt.Sprintf("ISA(%d)", int(i))
	}
	return isaNames[i]
}

// ParseISA reads the name of an instruction set. The empty name means [Best].
func ParseISA(name string) (ISA, error) {
	if name == "" {
		return Best, nil
	}
	for i, n := range isaNames {
		if n == name {
			return ISA(i), nil
		}
	}
	return 0, refuse(strconv.Quote(name), "want "+strings.Join(isaNames[:], ", "))
}

// Available lists the instruction sets that the processor has, the best one first.
func Available() []ISA { return append(native(), Generic) }

// Use returns the kernels of an instruction set, or an error if the processor lacks it.
func Use(isa ISA) (*Kernels, error) {
	available := Available()
	if isa == Best {
		isa = available[0]
	}
	for _, a := range available {
		if a == isa {
			return kernels(isa), nil
		}
	}
	return nil, refuse(isa.String(), fmt.Sprintf("this processor has %v", available))
}

func refuse(isa, rule string) error {
	return &fault.Error{Package: "cpu", Argument: "instruction set", Value: isa, Rule: rule}
}
