package bench

import (
	"runtime"
	"time"

	"gpuconv/conv"
	"gpuconv/machine"
)

// Subject is a backend that is timed.
type Subject struct {
	conv.Backend
	// Info describes the backend. GOMAXPROCS is Info.Threads while the backend plans and runs.
	Info BackendInfo
	// FMA is for backends that compute on the processor, including software renderers; nil for others. The time that it
	// takes beside each block shows how much of the machine was free.
	FMA machine.Probe
	// Roof measures the peak rates of the backend's device, in about the time budget: flops in floating-point
	// operations per second, bytes in bytes read plus bytes written per second. It is nil if they cannot be measured.
	// For the processor [RoofOf] makes it.
	Roof func(budget time.Duration) (flops, bytes float64, err error)
}

// RoofOf returns a function for Subject.Roof that measures the processor's peak rates with a number of threads:
// [machine.Peak] of the probe, and [machine.CopyRate]. Each takes half of the budget.
func RoofOf(p machine.Probe, threads int) func(budget time.Duration) (flops, bytes float64, err error) {
	return func(budget time.Duration) (flops, bytes float64, err error) {
		return machine.Peak(p, threads, budget/2), machine.CopyRate(threads, budget/2), nil
	}
}

// withThreads calls f with GOMAXPROCS set to the subject's number of threads.
func (s *Subject) withThreads(f func() error) error {
	before := runtime.GOMAXPROCS(s.Info.Threads)
	defer runtime.GOMAXPROCS(before)
	return f()
}
