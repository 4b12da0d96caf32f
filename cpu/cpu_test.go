package cpu_test

import (
	"testing"

	"gpuconv/conv/convtest"
	"gpuconv/cpu"
)

// TestEngineConforms runs the suite on each instruction set that the processor has.
func TestEngineConforms(t *testing.T) {
	for _, isa := range cpu.AvailableISAs() {
		t.Run(isa.String(), func(t *testing.T) { convtest.Run(t, cpu.Engine{ISA: isa}, cpu.Reference{}) })
	}
}

// The reference is its own judge here: what this shows is the contract and the
// relations. Its numbers are judged by goldens.
func TestReferenceConforms(t *testing.T) { convtest.Run(t, cpu.Reference{}, cpu.Reference{}) }
