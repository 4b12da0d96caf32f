package fault

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Panic is a panic as an error: a mistake of the program, whatever it was given. Its text is one line if that of Value
// is.
type Panic struct {
	Value any    // what it panicked with
	Where string // the function that panicked, with file and line; "" if that is not known
}

// Error says what went wrong, and where in the program.
func (p *Panic) Error() string {
	if p.Where == "" {
		return fmt.Sprintf("internal error: %v", p.Value)
	}
	return fmt.Sprintf("internal error: %v, in %s", p.Value, p.Where)
}

// Unwrap returns the value that it panicked with, if that is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Recovered makes a [*Panic] of what recover has returned to a deferred function, which calls Recovered. It returns nil
// for nil, and a *Panic as it is: one that was raised again on another goroutine names the place of the first.
func Recovered(value any) *Panic {
	if value == nil {
		return nil
	}
	if p, ok := value.(*Panic); ok {
		return p
	}
	return &Panic{Value: value, Where: panicking()}
}

// Guard runs f and returns its error. A panic of f is a [*Panic].
func Guard(f func() error) (err error) {
	defer func() {
		if p := Recovered(recover()); p != nil {
			err = p
		}
	}()
	return f()
}

// panicking names the function that panics: the one that called the runtime's gopanic, or the check of the runtime that
// did.
func panicking() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	for begun := false; ; {
		frame, more := frames.Next()
		switch inRuntime := strings.HasPrefix(frame.Function, "runtime."); {
		case frame.Function == "runtime.gopanic":
			begun = true
		case begun && !inRuntime:
			return fmt.Sprintf("%s (%s:%d)", filepath.Base(frame.Function), filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return ""
		}
	}
}
