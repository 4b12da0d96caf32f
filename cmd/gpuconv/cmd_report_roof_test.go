package main

import (
	"runtime"
	"testing"

	"gpuconv/experiment"
	"gpuconv/machine"

	"github.com/spf13/pflag"
)

// onCPU returns the flags of gpuconv run on the CPU engine.
func onCPU(t *testing.T) *runFlags {
	t.Helper()
	var f runFlags
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	f.register(flags)
	if err := flags.Parse([]string{"--backend", "cpu"}); err != nil {
		t.Fatal(err)
	}
	return &f
}

// TestRoofHasRoom: the memory that measuring the peak rates takes counts as memory of the run. They are not measured if
// there is too little.
func TestRoofHasRoom(t *testing.T) {
	const need = beside + 10<<20
	roof := machine.CopyMemory(runtime.GOMAXPROCS(0))
	for _, c := range []struct {
		html         bool
		memory, want float64
	}{{false, 0, need}, {true, 0, need + roof}, {true, 10<<20 + roof, need + roof}, {true, 10<<20 + roof - 1, need}} {
		f := onCPU(t)
		f.html, f.memory.bytes = c.html, c.memory
		if got := f.withRoof(need); got != c.want || f.roofed != (c.want > need) {
			t.Errorf("%+v: %.0f bytes, %v", c, got, f.roofed)
		}
	}
	f := onCPU(t)
	f.html = true
	if huge := 1e18; f.withRoof(huge) != huge || f.roofed {
		t.Error("it is measured though the memory is not free")
	}
}

// TestRoofOfAsManyThreads: the roof of a run with another number of threads is not known.
func TestRoofOfAsManyThreads(t *testing.T) {
	of := experiment.Backend{Name: "cpu", Device: machine.Processor(), Threads: runtime.GOMAXPROCS(0)}
	if onCPU(t).roof(t.Context(), of) == nil {
		t.Error("it is not measured")
	}
	of.Threads++
	if onCPU(t).roof(t.Context(), of) != nil {
		t.Error("it is measured with fewer threads than the run had")
	}
}
