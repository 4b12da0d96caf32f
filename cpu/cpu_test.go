package cpu_test

import (
	"testing"

	"gpuconv/conv/convtest"
	"gpuconv/cpu"
)

func TestEngineConforms(t *testing.T) { convtest.Run(t, cpu.Engine{}, cpu.Reference{}) }

// The reference is its own judge here: what this shows is the contract and the
// relations. Its numbers are judged by goldens.
func TestReferenceConforms(t *testing.T) { convtest.Run(t, cpu.Reference{}, cpu.Reference{}) }
