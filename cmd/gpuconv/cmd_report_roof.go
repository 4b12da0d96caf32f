package main

import (
	"context"
	"runtime"
	"time"

	"gpuconv/experiment"
	"gpuconv/machine"
)

// What the device of a run can do at most, for the page of the run.

// roofTime is how long the peak rates of a device are measured.
const roofTime = 300 * time.Millisecond

// deviceRoof is the memory in bytes that gpu.Device.Roof takes: two buffers of 64 MiB, which a software renderer has in
// main memory, and the numbers that one of them is filled with.
const deviceRoof = 192 << 20

// roofMemory returns the bytes that measuring the peak rates takes.
func (f *runFlags) roofMemory() float64 {
	if f.backend.onCPU() {
		return machine.CopyMemory(runtime.GOMAXPROCS(0))
	}
	return max(deviceRoof, machine.CopyMemory(runtime.GOMAXPROCS(0))) // auto may choose the CPU
}

// withRoof returns the bytes that a job takes. If --html asks for the peak rates, it adds the bytes that measuring them
// takes. They are not measured if the sum exceeds --memory, or what is free.
func (f *runFlags) withRoof(need float64) float64 {
	whole := need + f.roofMemory()
	f.roofed = f.html && machine.CheckMemory("", whole) == nil &&
		(f.memory.bytes == 0 || whole-beside-f.driver() <= f.memory.bytes)
	if f.roofed {
		return whole
	}
	return need
}

// reserveRoof reserves the memory to measure the peak rates. It reports whether enough is free.
func (f *runFlags) reserveRoof() bool { return reserve("peak rates", f.roofMemory()) == nil }

// roof measures what the device of a run can do at most. It returns nil if that device cannot be opened here, or if the
// run was on a processor with another number of threads.
func (f *runFlags) roof(ctx context.Context, of experiment.Backend) *experiment.Roof {
	if f.backend.validate() != nil || of.Name != "gpu" && of.Threads != runtime.GOMAXPROCS(0) {
		return nil
	}
	c, err := f.backend.open(ctx)
	if err != nil {
		return nil
	}
	defer c.close()
	if describeBackend(session{chosen: c}).Device != of.Device {
		return nil
	}
	return c.roof()
}

// roof measures the peak rates of an open backend. It returns nil if they cannot be measured.
func (c chosen) roof() *experiment.Roof {
	subjects, err := c.subjects()
	if err != nil || subjects[0].Roof == nil {
		return nil
	}
	flops, bytes, err := subjects[0].Roof(roofTime)
	if err != nil {
		return nil
	}
	return &experiment.Roof{GFLOPS: flops / 1e9, GBPS: bytes / 1e9}
}
