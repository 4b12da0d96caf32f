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
	// Info describes the backend. GOMAXPROCS is Info.Threads while the backend plans and runs.
	Info BackendInfo
	// FMA is a probe as [Peak] takes it, for backends that compute on the processor, including software renderers; nil
	// for others. The time that it takes beside each block shows how much of the machine was free.
	FMA func(rounds int) float64
	// Roof measures the peak rates of the backend's device, in about the time budget: flops in floating-point
	// operations per second, bytes in bytes read plus bytes written per second. It is nil if they cannot be measured.
	// For the processor [RoofOf] makes it.
	Roof func(budget time.Duration) (flops, bytes float64, err error)
}

// RoofOf returns a function for Subject.Roof that measures the processor's peak rates with a number of threads: [Peak]
// of the probe fma, and the rate of copying memory. Each takes half of the budget.
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
// subjects that compute on the processor. A nil gauge measures nothing. Its sums begin again at 0 after seconds.
type gauge struct {
	fma     func(rounds int) float64
	threads int
	rounds  int     // of fma in a turn: as many as take about a millisecond
	took    float64 // sum: seconds of all turns
	work    float64 // sum: operations of one thread
}

// newGauge returns a gauge for the subject, nil for one without FMA.
func (s *Subject) newGauge() *gauge {
	if s.FMA == nil {
		return nil
	}
	return &gauge{fma: s.FMA, threads: s.Info.Threads, rounds: roundsPerTurn(s.FMA)}
}

// measure keeps all threads busy for at least the duration least, in turns of about a millisecond. In a turn each
// thread does the same work. Like a convolution, a turn ends when the last thread has done its part.
func (g *gauge) measure(least time.Duration) {
	if g == nil {
		return
	}
	for start := time.Now(); ; {
		operations := make([]float64, g.threads)
		begun := time.Now()
		parallel.Each(g.threads, func(i int) { operations[i] = g.fma(g.rounds) })
		g.took += time.Since(begun).Seconds()
		g.work += operations[0]
		if time.Since(start) >= least {
			return
		}
	}
}

// seconds returns how long 10⁹ operations of each thread took since the last call of seconds, or 0 if nothing was
// measured.
func (g *gauge) seconds() float64 {
	if g == nil || g.work == 0 {
		return 0
	}
	took := 1e9 * g.took / g.work
	g.took, g.work = 0, 0
	return took
}
