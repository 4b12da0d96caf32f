//go:build cgo && !nogl

package gpu

import (
	"time"

	"gpuconv/conv"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// moment is a point in the work on a chunk: the beginning or the end of a phase on the device.
type moment int

const (
	begun moment = iota
	uploaded
	computed
	leaving  // outputs are about to be copied back
	returned // outputs are copied back
	moments
)

// clock measures, with timer queries, when the device reaches the moments of a chunk. The zero value, for devices
// without such queries, measures nothing.
type clock struct {
	queries [moments]uint32
	running bool
	marked  [moments]bool // of this chunk
}

// newClock returns a clock: the zero value if the device has no timer queries.
func newClock() (c clock) {
	var bits int32
	if gl.GetQueryiv(gl.TIMESTAMP, gl.QUERY_COUNTER_BITS, &bits); bits > 0 {
		gl.GenQueries(int32(moments), &c.queries[0])
	}
	return c
}

// start begins a chunk. running says whether the clock measures it. Five measurements cost a software renderer 120 µs,
// as long as a small problem takes. So with a single flight, as on software renderers, the clock runs in RunPhases
// only.
func (c *clock) start(running bool) {
	c.marked = [moments]bool{}
	c.running = running && c.queries[begun] != 0
	c.mark(begun)
}

// mark tells the device to note the time when it has done all earlier commands.
func (c *clock) mark(m moment) {
	if c.running {
		gl.QueryCounter(c.queries[m], gl.TIMESTAMP)
		c.marked[m] = true
	}
}

// read waits for the moments that are marked. Then it adds to sum the time of each phase whose beginning and end are
// both marked.
func (c *clock) read(sum *conv.Phases) {
	var at [moments]uint64 // nanoseconds
	for m := range at {
		if c.marked[m] {
			gl.GetQueryObjectui64v(c.queries[m], gl.QUERY_RESULT, &at[m])
		}
	}
	between := func(from, to moment) time.Duration {
		if !c.marked[from] || !c.marked[to] {
			return 0
		}
		return time.Duration(at[to] - at[from])
	}
	sum.Upload += between(begun, uploaded)
	sum.Kernel += between(uploaded, computed)
	sum.Readback += between(leaving, returned)
}

func (c *clock) delete() {
	if c.queries[begun] != 0 {
		gl.DeleteQueries(int32(moments), &c.queries[0])
	}
	*c = clock{}
}
