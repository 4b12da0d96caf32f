package cpu

import (
	"runtime"
	"sync/atomic"
	"time"
)

// crew is a set of goroutines, the helpers, that live as long as a plan. So a run starts no goroutine and allocates
// nothing. Waking a helper that sleeps takes 50 µs or more, the time of five images of the tutorial's layer. Therefore
//
//   - a run does not wait for a helper that has not begun when all tasks are taken: see gate;
//   - while runs follow one another within linger, helpers wait actively for the next run, for up to linger. Then they
//     begin within a microsecond. They do not wait actively if something else needs their cores: see calm.
type crew struct {
	helpers int
	work    func(worker int)
	wake    chan struct{} // tokens, each of which wakes a helper that sleeps
	gate    gate
	turn    atomic.Uint32 // counts the runs that want helpers
	awake   atomic.Int32  // how many helpers do not sleep, plus the tokens in wake
	brisk   atomic.Bool   // whether helpers wait actively for the next run
	ended   time.Time     // when the last run ended; only the caller of run uses it
	calm    calm
}

// newCrew starts workers−1 helpers; the caller of run is the remaining worker. In a run each worker that takes part
// calls work with its number; the caller's is 0. work must not refer to the value whose cleanup closes the crew: the
// helpers would keep that value alive.
func newCrew(workers int, work func(worker int)) *crew {
	c := &crew{helpers: workers - 1, work: work, wake: make(chan struct{}, workers), gate: newGate()}
	c.awake.Store(int32(c.helpers))
	for i := range c.helpers {
		go c.help(i + 1)
	}
	return c
}

// attend is called before each run, with the present time. It decides whether helpers wait actively from now on, and
// returns that. If so, they begin at once, except those that still sleep before the first such run.
func (c *crew) attend(now time.Time) bool {
	brisk := c.helpers > 0 && now.Sub(c.ended) < linger && !c.calm.disturbed(now)
	c.brisk.Store(brisk)
	return brisk
}

// run calls work on this goroutine, and on at most workers−1 helpers. It returns when all calls have returned.
func (c *crew) run(workers int) {
	helpers := min(c.helpers, workers-1)
	if helpers <= 0 {
		c.work(0)
		c.ended = time.Now()
		return
	}
	c.gate.open(helpers)
	c.turn.Add(1)
	for c.awake.Load() < int32(helpers) {
		c.awake.Add(1)
		c.wake <- struct{}{} // there is room for a token of each helper
	}
	start := time.Now()
	c.work(0)
	done := time.Now()
	stalled := c.gate.close()
	c.ended = time.Now()
	if stalled || heldUp(done.Sub(start), c.ended.Sub(done)) {
		c.calm.disturb(c.ended)
	}
}

// heldUp reports whether something else must have had the core of a helper, given how long the caller worked and how
// long it then waited for helpers. All tasks take about the same time, and the caller did at least one. So helpers that
// are not held up end their last task within the time that the caller worked. Waits of up to linger do not count.
func heldUp(worked, waited time.Duration) bool { return waited > linger && waited > worked }

// help takes part in runs until the crew is closed.
func (c *crew) help(worker int) {
	turn, busy := uint32(0), time.Time{}
	for {
		if now := c.turn.Load(); now != turn {
			turn = now
			if c.gate.enter() {
				c.work(worker)
				c.gate.leave()
				busy = time.Now()
			}
			continue
		}
		if c.brisk.Load() && c.watch(turn, busy) {
			continue
		}
		if !c.sleep(turn) {
			return
		}
		busy = time.Now()
	}
}

// watch waits actively for a run after turn, until linger after busy, and reports whether there is one. If something
// else had the core meanwhile, it tells calm so, and returns false.
func (c *crew) watch(turn uint32, busy time.Time) bool {
	begun, stalled := spin(busy, func() bool { return c.turn.Load() != turn })
	if stalled {
		c.calm.disturb(time.Now())
		return false
	}
	return begun
}

// sleep waits until a run after turn wants this helper. It returns false once the crew is closed.
func (c *crew) sleep(turn uint32) bool {
	c.awake.Add(-1)
	if c.turn.Load() != turn { // a run that begins later finds awake too small, and sends a token
		c.awake.Add(1)
		return true
	}
	_, ok := <-c.wake
	return ok
}

// close ends the helpers. It is called once, when no run is under way and none will follow.
func (c *crew) close() { close(c.wake) }

const (
	// linger is how long at most helpers wait actively for a run, and a run for its helpers, before they sleep. GNU's
	// OpenMP waits actively for milliseconds.
	linger = 100 * time.Microsecond
	// stall is for readings of the clock that follow each other at once: if two of them are further apart than this,
	// something else must have had the core.
	stall = 30 * time.Microsecond
	// yieldEvery is after how many readings of the clock, of about 50 ns each, a goroutine that waits actively lets
	// others run.
	yieldEvery = 100
)

// spin waits actively until done returns true, or until linger after from. It reports whether done returned true, and
// whether something else had the core meanwhile: then it returns early.
func spin(from time.Time, done func() bool) (ok, stalled bool) {
	last := time.Now()
	for i := 1; !done(); i++ {
		if i%yieldEvery == 0 {
			runtime.Gosched()
		}
		now := time.Now()
		if now.Sub(last) > stall {
			return done(), true
		}
		if now.Sub(from) > linger {
			return false, false
		}
		last = now
	}
	return true, false
}
