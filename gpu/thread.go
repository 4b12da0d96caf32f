package gpu

import (
	"runtime"
	"sync"

	"gpuconv/conv"
	"gpuconv/fault"
)

// thread runs functions on one goroutine that is locked to its OS thread. An OpenGL context needs that: it is current
// on one thread.
type thread struct {
	calls chan call
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once
}

type call struct {
	f     func() error
	reply chan<- outcome
}

type outcome struct {
	err      error
	panicked *fault.Panic
}

// startThread starts the goroutine. When close stops it, it runs leave and ends.
func startThread(leave func()) *thread {
	t := &thread{calls: make(chan call), stop: make(chan struct{}), done: make(chan struct{})}
	go t.serve(leave)
	return t
}

func (t *thread) serve(leave func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(t.done)
	for {
		select {
		case c := <-t.calls:
			c.reply <- perform(c.f)
		case <-t.stop:
			leave()
			return
		}
	}
}

func perform(f func() error) (result outcome) {
	defer func() {
		if p := fault.Recovered(recover()); p != nil {
			result = outcome{panicked: p}
		}
	}()
	return outcome{err: f()}
}

// do runs f on the thread and returns its error. If f panics, do raises the panic again in its caller, as a
// [*fault.Panic]. f must not call do. After close, do reports [conv.ErrClosed].
func (t *thread) do(f func() error) error {
	reply := make(chan outcome, 1)
	select {
	case t.calls <- call{f: f, reply: reply}:
	case <-t.stop:
		<-t.done // the call in progress may still use what f uses
		return errorf("device: %w", conv.ErrClosed)
	}
	result := <-reply
	if result.panicked != nil {
		panic(result.panicked)
	}
	return result.err
}

// close ends the goroutine after the call in progress, and waits for it. Closing twice is harmless.
func (t *thread) close() {
	t.once.Do(func() { close(t.stop) })
	<-t.done
}
