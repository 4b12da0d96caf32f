package bench

import (
	"time"

	"gpuconv/internal/parallel"
)

// Peak returns the most floating-point operations per second that a number of threads reach together: the roof for the
// throughput of a CPU engine. probe computes on registers alone, for the given number of rounds, and returns how many
// operations it made. Each instruction set has its own probe, see cpu.Engine.Probe. The caller passes it, so that it
// can be kept beside the kernels whose roof it measures, and bench need not import a backend.
//
// All threads work at the same time, in turns of about a millisecond, until budget has passed. Of each thread the
// fastest turn counts, since other work on the machine has interrupted the slower ones. Peak is the sum over threads.
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

// roundsPerTurn returns how many rounds of probe take one to two milliseconds, at least 1,000.
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

// rate returns the operations per second that probe reaches in one call.
func rate(probe func(rounds int) float64, rounds int) float64 {
	start := time.Now()
	operations := probe(rounds)
	return operations / time.Since(start).Seconds()
}
