//go:build glfw && cgo && !nogl

package glfw

import (
	"errors"
	"runtime"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// init keeps the main goroutine on the main OS thread. Without that, the runtime keeps it there only until
// initialisation ends.
func init() { runtime.LockOSThread() }

// mainThread passes calls to the main OS thread while Main runs there. There is one for the process, as there is one
// GLFW.
var mainThread = struct {
	calls        chan func()
	begun, ended chan struct{}
}{make(chan func()), make(chan struct{}), make(chan struct{})}

// windows counts the open windows. Only the main thread uses it.
var windows int

// eventInterval is how often events are taken while a window is open. They are dropped, but must be taken: Windows
// considers a program hung if it takes no events.
const eventInterval = 100 * time.Millisecond

// Main runs f on a goroutine of its own and returns when f has returned. Meanwhile the caller's thread makes the calls
// of GLFW that must come from the main thread. A program calls Main once, from its function main.
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
			guarded(func() error { glfw.PollEvents(); return nil }) // nobody can be told of an error
		case <-done:
			return
		}
	}
}

// onMainThread runs f on the main thread, guarded, and returns its error.
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
