package bench

import (
	"time"

	"gpuconv/internal/parallel"
)

// Peak measures the most floating-point operations a second that so many threads make together: the roof for the
// figures of a CPU engine. probe computes on registers alone for so many rounds and returns how many operations it
// made. Each instruction set has one, see cpu.Engine.Probe. The caller hands it in, so that it is kept beside the
// kernels whose roof it measures, and bench imports no backend.
//
// Each thread works in turns of about a millisecond, all at once, until budget has passed. The fastest turn of each
// thread counts: a slower turn was interrupted by other work on the machine, which is not the processor's limit.
func Peak(probe func(rounds int) float64, threads int, budget time.Duration) float64 {
	rounds := roundsPerTurn(probe)
	best := make([]float64, threads)
	parallel.Each(threads, func(i int) {
		for start := time.Now(); best[i] == 0 || time.Since(start) < budget; {
			best[i] = max(best[i], rate(probe, rounds))
		}
	})
	sum := 0.0
	for _, b := range best {
		sum += b
	}
	return sum
}

// roundsPerTurn returns how many rounds take about a millisecond.
func roundsPerTurn(probe func(rounds int) float64) int {
	rounds := 1000
	for rounds < 1<<30 {
		start := time.Now()
		probe(rounds)
		if time.Since(start) > time.Millisecond {
			break
		}
		rounds *= 2
	}
	return rounds
}

// rate returns the operations per second of so many rounds.
func rate(probe func(rounds int) float64, rounds int) float64 {
	start := time.Now()
	operations := probe(rounds)
	return operations / time.Since(start).Seconds()
}
