package cpu

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestCrew: whether runs follow one another at once or after a pause, each does all of its tasks once, on no more
// workers than it may have, and no helper works after it.
func TestCrew(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var next, inside, most atomic.Int32
	var done [20]atomic.Int32
	c := newCrew(4, func(int) {
		for now, seen := inside.Add(1), most.Load(); now > seen && !most.CompareAndSwap(seen, now); {
			seen = most.Load()
		}
		for i := next.Add(1) - 1; i < int32(len(done)); i = next.Add(1) - 1 {
			done[i].Add(1)
		}
		inside.Add(-1)
	})
	defer c.close()
	for run := range int32(3000) {
		if run%500 == 0 {
			time.Sleep(2 * linger)
		}
		workers := 1 + int(run)%5
		next.Store(0)
		most.Store(0)
		c.attend(time.Now())
		c.run(workers)
		if n := inside.Load(); n != 0 {
			t.Fatalf("run %d: %d workers after it", run, n)
		}
		if n := most.Load(); n > int32(workers) {
			t.Fatalf("run %d: %d workers, want at most %d", run, n, workers)
		}
		for i := range done {
			if n := done[i].Load(); n != run+1 {
				t.Fatalf("run %d: task %d was done %d times, want %d", run, i, n, run+1)
			}
		}
	}
}

// TestLateHelper: a run does not wait for a helper that has not begun, and that helper does not work after the run.
func TestLateHelper(t *testing.T) {
	var helped atomic.Int32
	c := &crew{helpers: 1, wake: make(chan struct{}, 2), gate: newGate()}
	c.work = func(worker int) { helped.Add(int32(worker)) }
	c.run(2) // returns, though no goroutine helps
	ended := make(chan struct{})
	go func() { c.help(1); close(ended) }()
	c.close()
	<-ended
	if n := helped.Load(); n != 0 {
		t.Errorf("the helper worked %d times after the run", n)
	}
}

// TestRunWaits: a run returns only after a helper that has begun, even if that takes much longer than linger.
func TestRunWaits(t *testing.T) {
	begun := make(chan struct{})
	var done atomic.Bool
	c := newCrew(2, func(worker int) {
		if worker == 0 {
			<-begun
			return
		}
		close(begun)
		time.Sleep(20 * linger)
		done.Store(true)
	})
	defer c.close()
	c.run(2)
	if !done.Load() {
		t.Error("the run returned before its helper")
	}
}

// TestHelpersSleep: when no run follows, all helpers sleep.
func TestHelpersSleep(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	c := newCrew(4, func(int) {})
	defer c.close()
	for range 100 {
		c.attend(time.Now())
		c.run(4)
	}
	for start := time.Now(); c.awake.Load() > int32(len(c.wake)); time.Sleep(linger) {
		if time.Since(start) > time.Minute {
			t.Fatalf("%d helpers are awake", c.awake.Load())
		}
	}
}

// TestBrisk: helpers wait actively only from the second of several runs on, if they follow one another within linger
// and nothing else needed their cores.
func TestBrisk(t *testing.T) {
	c := newCrew(2, func(int) {})
	defer c.close()
	now := began.Add(time.Hour)
	for i, step := range []struct {
		pause time.Duration
		busy  bool
		want  bool
	}{{0, false, false}, {0, false, true}, {linger / 2, false, true}, {linger, false, false}, {0, true, false}} {
		now = now.Add(step.pause)
		if step.busy {
			c.calm.disturb(now)
		}
		if got := c.attend(now); got != step.want {
			t.Errorf("run %d: %v, want %v", i, got, step.want)
		}
		c.ended = now
	}
	if alone := newCrew(1, func(int) {}); alone.attend(now) || alone.attend(alone.ended) {
		t.Error("a crew without helpers is brisk")
	}
}

// TestCalm: each disturbance within calmTrial makes the next pause longer, up to calmMost; a later one does not.
func TestCalm(t *testing.T) {
	var c calm
	now := began.Add(time.Hour)
	for _, want := range []time.Duration{1, 4, 16, 64, 256, 1000, 1000} {
		want *= time.Millisecond
		c.disturb(now)
		if !c.disturbed(now.Add(want-1)) || c.disturbed(now.Add(want)) {
			t.Fatalf("not disturbed for %v", want)
		}
		now = now.Add(want + calmTrial - 1)
	}
	now = now.Add(calmTrial)
	if c.disturb(now); c.disturbed(now.Add(calmLeast)) {
		t.Error("disturbed for long after a quiet time")
	}
}

// TestCalmOnce: an interruption that several helpers see begins one pause, as long as one helper's.
func TestCalmOnce(t *testing.T) {
	var c calm
	now := began.Add(time.Hour)
	for i := range 6 {
		c.disturb(now.Add(time.Duration(i) * calmLeast / 8))
	}
	if !c.disturbed(now.Add(calmLeast-1)) || c.disturbed(now.Add(calmLeast)) {
		t.Errorf("the pause ends %v after it began, want %v", time.Duration(c.until.Load())-now.Sub(began), calmLeast)
	}
	if c.disturb(now.Add(calmLeast)); !c.disturbed(now.Add(5*calmLeast-1)) || c.disturbed(now.Add(5*calmLeast)) {
		t.Error("the next pause is not four times as long")
	}
}

// TestGate: as many helpers enter as may, while the gate is open. A gate that is opened for fewer lets in fewer,
// whenever a helper came.
func TestGate(t *testing.T) {
	g := newGate()
	if g.enter() {
		t.Error("a helper entered before the gate was opened")
	}
	for most := 3; most > 0; most-- {
		g.open(most)
		for i := range most + 1 {
			if want := i < most; g.enter() != want {
				t.Fatalf("helper %d of %d: entered is %v", i+1, most, !want) // close would wait for ever
			}
		}
		for range most {
			g.leave()
		}
		if g.close() {
			t.Error("close waited, though all had left")
		}
		if g.enter() {
			t.Error("a helper entered after the gate was closed")
		}
	}
}

// TestHeldUp: a helper may end its last task after the caller, by at most the time that the caller worked. A wait of
// that length is no reason for a pause.
func TestHeldUp(t *testing.T) {
	for _, c := range []struct {
		worked, waited time.Duration
		want           bool
	}{
		{0, linger, false}, {linger, 4 * time.Millisecond, true}, {10 * linger, 9 * linger, false},
		{10 * linger, 11 * linger, true}, {4 * time.Millisecond, 2 * linger, false},
	} {
		if got := heldUp(c.worked, c.waited); got != c.want {
			t.Errorf("worked %v, waited %v: %v, want %v", c.worked, c.waited, got, c.want)
		}
	}
}

// TestSleepMissesNoRun: a helper that is about to sleep sees a run that has counted it as awake.
func TestSleepMissesNoRun(t *testing.T) {
	c := &crew{wake: make(chan struct{}, 1)}
	c.awake.Store(1)
	c.turn.Store(1)
	c.close() // so that the helper does not sleep for ever
	if !c.sleep(0) || c.awake.Load() != 1 {
		t.Error("the helper missed the run")
	}
}

// TestSpinEnds: waiting actively ends linger after it began, however often it is resumed.
func TestSpinEnds(t *testing.T) {
	calls := 0
	spin(time.Now().Add(-2*linger), func() bool { calls++; return calls > 1000 })
	if calls > 2 {
		t.Errorf("%d looks, want at most 2", calls)
	}
}
