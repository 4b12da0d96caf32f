package cpu

import (
	"sync/atomic"
	"time"
)

// gate counts the helpers that work in a run, and keeps out those that come too late.
type gate struct {
	// Two flags, plus gateInside times how many helpers are inside, plus gatePlaces times how many may be inside.
	state atomic.Uint64
	empty chan struct{} // gets a value when the last helper leaves while the caller of close sleeps; has room for it
}

const (
	gateOpen   = 1 // helpers may enter
	gateSleeps = 2 // the caller of close sleeps until all have left
	gateInside = 4
	gatePlaces = 1 << 32
)

func newGate() gate { return gate{empty: make(chan struct{}, 1)} }

// open lets helpers in, but at most this many at a time. The gate must be empty. The limit is a part of the state, so
// that it also holds for a helper that was woken for an earlier run and comes so late that it takes part in this one.
func (g *gate) open(most int) { g.state.Store(uint64(most)*gatePlaces + gateOpen) }

// enter lets a helper in if the gate is open and has a place left. It reports whether it did.
func (g *gate) enter() bool {
	for {
		s := g.state.Load()
		if s&gateOpen == 0 || s%gatePlaces/gateInside >= s/gatePlaces {
			return false
		}
		if g.state.CompareAndSwap(s, s+gateInside) {
			return true
		}
	}
}

// leave is called by a helper that was let in, when its work is done. The last one wakes close if that sleeps.
func (g *gate) leave() {
	if g.state.Add(^uint64(gateInside-1)) == gateSleeps {
		g.empty <- struct{}{}
	}
}

// close keeps helpers out, and returns when all have left. It waits actively at first, then sleeps. It reports whether
// something else had the core of the caller while it waited actively.
func (g *gate) close() (stalled bool) {
	g.state.And(gatePlaces - 1 - gateOpen)
	ok, stalled := spin(time.Now(), func() bool { return g.state.Load() == 0 })
	if ok {
		return stalled
	}
	if g.state.Or(gateSleeps) != 0 {
		<-g.empty
	}
	g.state.Store(0)
	return stalled
}
