//go:build glfw && cgo && !nogl

package glfw

import (
	"errors"
	"runtime"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// init keeps the main goroutine on the main OS thread: only until the end of
// initialisation does the runtime promise that it runs there.
func init() { runtime.LockOSThread() }

// mainThread reaches the main OS thread while Main serves there. There is one in
// a process, as there is one GLFW.
var mainThread = struct {
	calls        chan func()
	begun, ended chan struct{}
}{make(chan func()), make(chan struct{}), make(chan struct{})}

// windows counts those that are open. Touched on the main thread only.
var windows int

// eventInterval is how often events are taken while a window is open. Nothing is
// done with them, but Windows waits for programs that do not take theirs.
const eventInterval = 100 * time.Millisecond

// Main runs f on a goroutine of its own and returns after it. Meanwhile the
// caller's thread does what GLFW wants done on the main thread: a program calls
// Main once, from its function main.
func Main(f func()) {
	close(mainThread.begun)
	defer close(mainThread.ended)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for {
		var due <-chan time.Time
		if windows > 0 {
			due = time.After(eventInterval)
		}
		select {
		case call := <-mainThread.calls:
			call()
		case <-due:
			guarded(func() error { glfw.PollEvents(); return nil }) // nobody is there to hear of an error
		case <-done:
			return
		}
	}
}

// onMainThread runs f there, guarded, and returns its error.
func onMainThread(f func() error) error {
	select {
	case <-mainThread.begun:
	default:
		return errors.New("GLFW needs the main thread: call gpu.Main in function main")
	}
	reply := make(chan error, 1)
	select {
	case mainThread.calls <- func() { reply <- guarded(f) }:
		return <-reply
	case <-mainThread.ended:
		return errors.New("function main has ended")
	}
}
