// Package paper predicts how long a GPU that this machine does not have would take. The model knows the device's peak
// rates of arithmetic and memory, what a compiler printed about each stage (package isa), and how many invocations and
// bytes a stage has. A predicted time lies between the time at the roof, which no program can beat, and a measured one:
// it leaves out launches, tails of dispatches and conflicts. docs/drivers.md has the formulas.
package paper

import "gpuconv/gpu/internal/isa"

// Roof is the most that a device can do.
type Roof struct {
	FLOPS float64 // operations of float32 a second, two for each multiply-add
	Bytes float64 // bytes a second that device memory reads and writes
}

// Chip says how the hardware of one maker executes instructions.
type Chip struct {
	Figures    string  // the chip whose figures count, as package isa names it
	Wave       int     // invocations of a wave
	Schedulers int     // that share the waves which isa.Figures.Waves counts
	Slots      bool    // each instruction takes a slot of a scheduler; else only vector instructions do
	Access     float64 // slots of arithmetic in the time of one access to shared memory or a buffer
}

// Chips are the makers whose compilers print figures, by the class of their devices.
//
// A multiprocessor of NVIDIA's has four schedulers, which issue one instruction of a warp a clock, whatever its kind.
// Its 128 lanes of multiply-adds share an access of 32 words a clock (CUDA C++ programming guide, compute capability
// 8.x and 9.0). On AMD's RDNA a SIMD is a scheduler. Scalar and memory instructions are issued beside those of
// vectors. The 64 lanes of a compute unit share an access of 32 words a clock (RDNA 2 ISA guide, 32 banks).
func Chips() map[string]Chip {
	return map[string]Chip{
		"nvidia": {Figures: "ampere", Wave: 32, Schedulers: 4, Slots: true, Access: 4},
		"amd":    {Figures: "navi21", Wave: 64, Schedulers: 1, Access: 2},
	}
}

const (
	// lanes is how many multiply-adds a scheduler starts in a cycle, and clock is how many cycles a second has: on an
	// H200 1.98e9, on an RX 6800 2.1e9. From these follows how many schedulers a device with a given roof has.
	lanes, clock = 32, 2e9
	// latency is how many cycles a load takes if no cache of a multiprocessor serves it. 480 were measured on an H100
	// (arXiv 2402.13499) without other loads.
	latency = 500
)

// Work is a stage and how much it has to compute and to move.
type Work struct {
	isa.Figures
	Invocations float64 // of all dispatches
	Dispatches  float64
	MACs        float64 // multiply-adds of an invocation; 0 if its program has no loops
	Bytes       float64 // that it must read from and write to device memory, each once
}

// Time is how long a stage takes, in seconds: the longest of Arithmetic and Access, both divided by Busy, and Memory.
type Time struct {
	Arithmetic float64 // if the device did nothing but issue instructions
	Access     float64 // if it did nothing but access shared memory and caches
	Memory     float64 // if it did nothing but move bytes
	Busy       float64 // the part of the time in which its schedulers have a wave that does not wait; at most 1
}

// Seconds is how long the stage takes.
func (t Time) Seconds() float64 { return max(max(t.Arithmetic, t.Access)/t.Busy, t.Memory) }

// Bound names what takes longest.
func (t Time) Bound() string {
	switch s := t.Seconds(); {
	case s == t.Memory:
		return "memory"
	case t.Busy < 1:
		return "waiting"
	case t.Access > t.Arithmetic:
		return "access"
	}
	return "arithmetic"
}

// Predict says how long a stage takes on a chip with a roof. The main block of its program is executed as often as its
// multiply-adds are needed, and what is outside it once.
func (c Chip) Predict(w Work, roof Roof) Time {
	main, outside := c.slots(w.Main), float64(w.Length-w.Main.Total())
	accesses, repeats, turn := float64(w.Main[isa.Shared]+w.Main[isa.Memory]), 1.0, main+outside
	if w.MACs > 0 && w.Main[isa.FMA] > 0 {
		repeats, turn = w.MACs/float64(w.Main[isa.FMA]), main
	}
	rate := roof.FLOPS / 2 // slots of an invocation, a second
	return Time{
		Arithmetic: w.Invocations * (repeats*main + outside) / rate,
		Access:     w.Invocations * repeats * accesses * c.Access / rate,
		Memory:     w.Bytes / roof.Bytes,
		Busy:       c.busy(w, max(turn, accesses*c.Access), roof),
	}
}

// slots is how many slots of a scheduler the instructions take.
func (c Chip) slots(m isa.Mix) float64 {
	if c.Slots {
		return float64(m.Total())
	}
	return float64(m.Vector())
}

// busy is the part of the time in which a scheduler has a wave that does not wait. A wave computes for slots, those of
// the main block or of a program without loops, and then waits for a load. Meanwhile the scheduler's other waves
// compute.
func (c Chip) busy(w Work, slots float64, roof Roof) float64 {
	schedulers := roof.FLOPS / 2 / (lanes * clock)
	launched := w.Invocations / w.Dispatches / float64(c.Wave) / schedulers
	waves := min(float64(w.Waves)/float64(c.Schedulers), launched)
	computes := slots * float64(c.Wave) / lanes // cycles
	return min(1, waves*computes/(computes+latency))
}
