package machine

import (
	"time"

	"gpuconv/internal/parallel"
)

// Probe is fixed work of one thread: for the given number of rounds it computes on registers alone, and returns how
// many floating-point operations it made. Each instruction set has its own, see cpu.Engine.Probe.
type Probe func(rounds int) (operations float64)

// Peak returns the most floating-point operations per second that a number of threads reach together. All work at the
// same time, in turns of about a millisecond, until budget has passed. Of each thread the fastest turn counts, since
// other work on the machine has interrupted the slower ones. Peak is the sum over threads.
func Peak(p Probe, threads int, budget time.Duration) (sum float64) {
	rounds := p.rounds()
	best := make([]float64, threads)
	parallel.Each(threads, func(i int) {
		for start := time.Now(); best[i] == 0 || time.Since(start) < budget; {
			begun := time.Now()
			operations := p(rounds)
			best[i] = max(best[i], operations/time.Since(begun).Seconds())
		}
	})
	for _, b := range best {
		sum += b
	}
	return sum
}

// rounds returns how many rounds take one to two milliseconds, at least 1,000.
func (p Probe) rounds() int {
	rounds := 1000
	for rounds < 1<<30 {
		start := time.Now()
		p(rounds)
		if time.Since(start) > time.Millisecond {
			break
		}
		rounds *= 2
	}
	return rounds
}

// How many float32 all threads of CopyRate copy together, and how many one thread copies at most and at least. Whatever
// the number of threads, together they copy more than the caches hold.
const (
	copyFloats      = 64 << 20 // 256 MiB to read, and as much to write
	mostCopyFloats  = 16 << 20 // 64 MiB: one thread exceeds the caches
	leastCopyFloats = 1 << 20  // 4 MiB, beyond the share of a thread in the caches, however many threads there are
)

// copied returns how many float32 each of a number of threads copies in a turn of CopyRate.
func copied(threads int) int {
	return max(leastCopyFloats, min(mostCopyFloats, copyFloats/max(1, threads)))
}

// CopyMemory returns the bytes of memory that [CopyRate] takes: 512 MiB at most with up to 64 threads.
func CopyMemory(threads int) float64 { return 8 * float64(threads) * float64(copied(threads)) }

// CopyRate returns the most bytes per second, read plus written, that a number of threads together copy from memory to
// memory. Threads start each turn together, and the turn ends with the last thread. The fastest turn within the
// duration budget counts. CopyMemory says how much memory that takes.
func CopyRate(threads int, budget time.Duration) float64 {
	src, dst := make([][]float32, threads), make([][]float32, threads)
	floats := copied(threads)
	for i := range threads {
		src[i], dst[i] = make([]float32, floats), make([]float32, floats)
		for j := range src[i] {
			src[i][j] = 1 // the pages of memory that was never written may all be one and the same
		}
	}
	turn := func() { parallel.Each(threads, func(i int) { copy(dst[i], src[i]) }) }
	turn()
	best := 0.0
	for start := time.Now(); best == 0 || time.Since(start) < budget; {
		begun := time.Now()
		turn()
		best = max(best, CopyMemory(threads)/time.Since(begun).Seconds())
	}
	return best
}

// Gauge measures how much of the processor is free, by the time that a probe takes on a number of threads. A nil gauge
// measures nothing.
type Gauge struct {
	probe      Probe
	threads    int
	rounds     int     // in a turn: as many as take about a millisecond
	took, work float64 // of all turns since the last call of Seconds: seconds, and operations of one thread
}

// NewGauge returns a gauge, or nil for a nil probe.
func NewGauge(p Probe, threads int) *Gauge {
	if p == nil {
		return nil
	}
	return &Gauge{probe: p, threads: threads, rounds: p.rounds()}
}

// Measure keeps all threads busy for at least the duration least, in turns of about a millisecond. In a turn each
// thread does the same work. Like a convolution, a turn ends when the last thread has done its part.
func (g *Gauge) Measure(least time.Duration) {
	if g == nil {
		return
	}
	for start := time.Now(); ; {
		operations := make([]float64, g.threads)
		begun := time.Now()
		parallel.Each(g.threads, func(i int) { operations[i] = g.probe(g.rounds) })
		g.took += time.Since(begun).Seconds()
		g.work += operations[0]
		if time.Since(start) >= least {
			return
		}
	}
}

// Seconds returns how long 10⁹ operations of each thread took since the last call of Seconds, or 0 if nothing was
// measured.
func (g *Gauge) Seconds() float64 {
	if g == nil || g.work == 0 {
		return 0
	}
	took := 1e9 * g.took / g.work
	g.took, g.work = 0, 0
	return took
}
