package bench

import (
	"sync"
	"time"
)

// Peak measures the most floating-point operations that so many threads make in a
// second: the roof that a CPU engine's figures are held against. probe computes on
// registers alone for so many rounds and returns how many operations they were; each
// instruction set has one, see cpu.Engine.Probe. The probe lives with the kernels that
// it is the roof of, and is handed in, so that bench imports no backend.
//
// The threads take turns of about a millisecond for as long as whole says. Each one's
// fastest turn counts: what interrupts a turn is other work on the machine, not the
// processor's limit.
func Peak(probe func(rounds int) float64, threads int, whole time.Duration) float64 {
	rounds := turn(probe)
	best := make([]float64, threads)
	var group sync.WaitGroup
	for i := range threads {
		group.Go(func() {
			for start := time.Now(); best[i] == 0 || time.Since(start) < whole; {
				best[i] = max(best[i], rate(probe, rounds))
			}
		})
	}
	group.Wait()
	sum := 0.0
	for _, b := range best {
		sum += b
	}
	return sum
}

// turn returns the rounds that take about a millisecond.
func turn(probe func(rounds int) float64) int {
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
