package cpu

import (
	"sync/atomic"
	"time"
)

// calm says whether something else needed the cores of a crew a short time ago. Then comes a pause of calmLeast, in
// which the helpers of the crew do not wait actively. If it happens again within calmTrial after a pause, the next
// pause is four times as long, up to calmMost. So trying costs little on a machine whose cores are all busy, and a
// single interruption costs little on any other. The zero value is ready for use. Several goroutines may use it at the
// same time.
type calm struct {
	until, lasts atomic.Int64 // of the last pause: its end, in nanoseconds since began, and its length in nanoseconds
}

const (
	calmLeast = time.Millisecond
	calmTrial = 4 * time.Millisecond // about how long Linux leaves a core to a thread while others wait
	calmMost  = time.Second
)

// began is when the program began. The atomic times count from it.
var began = time.Now()

// disturbed reports whether helpers should not wait actively now.
func (c *calm) disturbed(now time.Time) bool { return int64(now.Sub(began)) < c.until.Load() }

// disturb notes that something else needed a core. During a pause it does nothing: several helpers, and the caller, may
// have seen the same interruption.
func (c *calm) disturb(now time.Time) {
	at, until, lasts := int64(now.Sub(began)), c.until.Load(), int64(calmLeast)
	if at < until {
		return
	}
	if last := c.lasts.Load(); last > 0 && at-until < int64(calmTrial) {
		lasts = min(4*last, int64(calmMost))
	}
	if c.until.CompareAndSwap(until, at+lasts) { // else another goroutine has begun the pause
		c.lasts.Store(lasts)
	}
}
