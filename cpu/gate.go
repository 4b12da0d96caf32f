package cpu

import (
	"sync/atomic"
	"time"
)

// gate counts the helpers that work in a run, and keeps out those that come too late.
type gate struct {
	state atomic.Uint64 // two bits; the helpers inside, times gateInside; how many may enter, times gatePlaces
	empty chan struct{} // gets a value when the last helper leaves and the caller sleeps; has room for it
}

const (
	gateOpen   = 1 // helpers may enter
	gateSleeps = 2 // the caller of close sleeps until all have left
	gateInside = 4
	gatePlaces = 1 << 32
)

func newGate() gate { return gate{empty: make(chan struct{}, 1)} }

// open lets this many helpers in. The gate must be empty. How many may enter is a part of the state, so that a helper
// that comes late from an earlier run enters by the rule of the run that it enters.
func (g *gate) open(most int) { g.state.Store(uint64(most)*gatePlaces + gateOpen) }

// enter reports whether a helper may work: if the gate is open, and there is a place inside.
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

// leave ends what enter began.
func (g *gate) leave() {
	if g.state.Add(^uint64(gateInside-1)) == gateSleeps {
		g.empty <- struct{}{}
	}
}

// close keeps helpers out, and returns when all have left. It waits actively at first, then sleeps. It reports whether
// something else had the core of the caller meanwhile.
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
