package bench

import (
	"runtime"
	"time"

	"gpuconv/conv"
	"gpuconv/internal/parallel"
)

// Subject is a backend that is timed.
type Subject struct {
	conv.Backend
	Info BackendInfo // GOMAXPROCS is Info.Threads while the backend plans and runs
	// FMA is a probe as [Peak] takes it. It is set for backends that compute on the processor, including software
	// renderers. The time that it takes beside each block shows how much of the machine was free.
	FMA func(rounds int) float64
	// Roof measures the peak rates: floating-point operations per second, and bytes read and written per second. It is
	// nil if they cannot be measured. [RoofOf] returns it for the processor.
	Roof func(budget time.Duration) (flops, bytes float64, err error)
}

// RoofOf returns a function that measures the processor's peak rates with a number of threads: [Peak], and the rate of
// copying memory.
func RoofOf(fma func(rounds int) float64, threads int) func(budget time.Duration) (flops, bytes float64, err error) {
	return func(budget time.Duration) (flops, bytes float64, err error) {
		return Peak(fma, threads, budget/2), copyRate(threads, budget/2), nil
	}
}

// withThreads calls f with GOMAXPROCS set to the subject's number of threads.
func (s *Subject) withThreads(f func() error) error {
	before := runtime.GOMAXPROCS(s.Info.Threads)
	defer runtime.GOMAXPROCS(before)
	return f()
}

// gauge measures how much of the processor is free, by the time of a fixed piece of work on registers alone. It is for
// subjects that compute on the processor. A nil gauge measures nothing.
type gauge struct {
	fma     func(rounds int) float64
	threads int
	rounds  int     // as many as take about a millisecond
	took    float64 // seconds so far
	cpu     float64 // seconds of CPU time so far
	work    float64 // operations of one thread so far
}

func (s *Subject) newGauge() *gauge {
	if s.FMA == nil {
		return nil
	}
	return &gauge{fma: s.FMA, threads: s.Info.Threads, rounds: roundsPerTurn(s.FMA)}
}

// measure keeps all threads busy for the duration long. They work at the same time, in turns of about a millisecond.
// Like a convolution, a turn ends when the last thread has done its part.
func (g *gauge) measure(long time.Duration) {
	if g == nil {
		return
	}
	for start := time.Now(); ; {
		operations := make([]float64, g.threads)
		begun, cpu := time.Now(), cpuSeconds()
		parallel.Each(g.threads, func(i int) { operations[i] = g.fma(g.rounds) })
		g.took += time.Since(begun).Seconds()
		g.cpu += cpuSeconds() - cpu
		g.work += operations[0]
		if time.Since(start) >= long {
			return
		}
	}
}

// seconds returns how long 10⁹ operations of each thread took, as wall-clock time and as CPU time, since the last call
// of seconds. It returns 0 if there is no gauge.
func (g *gauge) seconds() (wall, cpu float64) {
	if g == nil || g.work == 0 {
		return 0, 0
	}
	wall, cpu = 1e9*g.took/g.work, 1e9*g.cpu/g.work
	g.took, g.cpu, g.work = 0, 0, 0
	return wall, cpu
}
