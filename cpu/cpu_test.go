package cpu_test

import (
	"testing"

	"gpuconv/conv/convtest"
	"gpuconv/cpu"
)

// tested are the instruction sets that the processor has; with -short, for the race detector, only the one that the
// engine takes: goroutines are the same for all.
func tested() []cpu.ISA {
	all := cpu.AvailableISAs()
	if testing.Short() {
		return all[:1]
	}
	return all
}

// TestEngineConforms runs the suite on each instruction set.
func TestEngineConforms(t *testing.T) {
	for _, isa := range tested() {
		t.Run(isa.String(), func(t *testing.T) { convtest.Run(t, cpu.Engine{ISA: isa}.Eager(), cpu.Reference{}) })
	}
}

// TestReferenceConforms shows that the reference keeps the contract and the relations. It is its own judge here;
// goldens judge its numbers.
func TestReferenceConforms(t *testing.T) { convtest.Run(t, cpu.Reference{}, cpu.Reference{}) }
