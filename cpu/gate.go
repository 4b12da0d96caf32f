package cpu

import (
	"sync/atomic"
	"time"
)

// gate counts the helpers that work in a run, and keeps out those that come too late.
type gate struct {
	state atomic.Uint32 // two bits, and the number of helpers inside, times gateInside
	empty chan struct{} // gets a value when the last helper leaves and the caller sleeps; has room for it
}

const (
	gateOpen   = 1 // helpers may enter
	gateSleeps = 2 // the caller of close sleeps until all have left
	gateInside = 4
)

func newGate() gate { return gate{empty: make(chan struct{}, 1)} }

// open lets helpers in. The gate must be empty.
func (g *gate) open() { g.state.Store(gateOpen) }

// enter reports whether a helper may work: if the gate is open, and fewer than most are inside.
func (g *gate) enter(most int32) bool {
	for {
		s := g.state.Load()
		if s&gateOpen == 0 || int32(s/gateInside) >= most {
			return false
		}
		if g.state.CompareAndSwap(s, s+gateInside) {
			return true
		}
	}
}

// leave ends what enter began.
func (g *gate) leave() {
	if g.state.Add(^uint32(gateInside-1)) == gateSleeps {
		g.empty <- struct{}{}
	}
}

// close keeps helpers out, and returns when all have left. It waits actively at first, then sleeps. It reports whether
// it did not sleep.
func (g *gate) close() bool {
	g.state.And(^uint32(gateOpen))
	if ok, _ := spin(time.Now(), func() bool { return g.state.Load() == 0 }); ok {
		return true
	}
	if g.state.Or(gateSleeps) != 0 {
		<-g.empty
	}
	g.state.Store(0)
	return false
}
