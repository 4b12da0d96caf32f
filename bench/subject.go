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
	// FMA is the probe that [Peak] takes. It is set for backends that compute on the processor, including software
	// renderers. How long it takes beside each block says how much of the machine was free.
	FMA func(rounds int) float64
	// Roof measures the peak rates: floating-point operations and copied bytes per second. It is nil if they cannot be
	// measured. See [RoofOf] for the processor's.
	Roof func(budget time.Duration) (flops, bytes float64, err error)
}

// RoofOf measures the processor's roofs with so many threads: [Peak], and the rate of copying memory.
func RoofOf(fma func(rounds int) float64, threads int) func(budget time.Duration) (flops, bytes float64, err error) {
	return func(budget time.Duration) (flops, bytes float64, err error) {
		return Peak(fma, threads, budget/2), copyRate(threads, budget/2), nil
	}
}

// withThreads calls f while the subject has its number of threads.
func (s *Subject) withThreads(f func() error) error {
	before := runtime.GOMAXPROCS(s.Info.Threads)
	defer runtime.GOMAXPROCS(before)
	return f()
}

// gauge measures how much of the processor is free, by a fixed piece of work on registers alone, for a subject that
// computes on it. A nil gauge measures nothing.
type gauge struct {
	fma     func(rounds int) float64
	threads int
	rounds  int     // that take about a millisecond
	took    float64 // seconds so far
	cpu     float64 // seconds of CPU time that they used
	work    float64 // operations of one thread so far
}

func (s *Subject) newGauge() *gauge {
	if s.FMA == nil {
		return nil
	}
	return &gauge{fma: s.FMA, threads: s.Info.Threads, rounds: roundsPerTurn(s.FMA)}
}

// measure keeps all threads busy for the time `long`. They work in turns of about a millisecond, all at once. A turn
// ends when the last thread has done its part, as a convolution does.
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

// seconds returns how long 10⁹ operations of each thread took since it was last asked, on the wall clock and in time of
// cores. It returns 0 if there is no gauge.
func (g *gauge) seconds() (wall, cpu float64) {
	if g == nil || g.work == 0 {
		return 0, 0
	}
	wall, cpu = 1e9*g.took/g.work, 1e9*g.cpu/g.work
	g.took, g.cpu, g.work = 0, 0, 0
	return wall, cpu
}
