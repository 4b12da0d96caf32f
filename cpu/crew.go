package cpu

import "sync"

// crew is a set of goroutines that live as long as a plan, so that a run starts no goroutine and allocates nothing.
type crew struct {
	helpers int
	wake    chan struct{}
	busy    sync.WaitGroup
}

// newCrew starts workers−1 helpers; the caller of run is the remaining worker. A helper that is woken calls work with
// its number, from 1 on. work must not refer to the value whose cleanup closes the crew: the helpers would keep that
// value alive.
func newCrew(workers int, work func(worker int)) *crew {
	c := &crew{helpers: workers - 1, wake: make(chan struct{}, workers)}
	for i := range c.helpers {
		go func() {
			for range c.wake {
				work(i + 1)
				c.busy.Done()
			}
		}()
	}
	return c
}

// run calls work on at most this many workers, and returns when all are done. work must be the function that newCrew
// was given: the helpers call that one. run itself calls work as worker 0.
func (c *crew) run(workers int, work func(worker int)) {
	helpers := min(c.helpers, workers-1)
	c.busy.Add(max(helpers, 0))
	for range helpers {
		c.wake <- struct{}{}
	}
	work(0)
	c.busy.Wait()
}

// close ends the helpers. It is called once, when no run is under way and none will follow.
func (c *crew) close() { close(c.wake) }
