package fault

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Panic is a panic turned into an error. It means a bug in the program, whatever the input was. Its text is one line if
// that of Value is.
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

// Unwrap returns Value if it is an error, else nil.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Recovered turns the result of recover into a [*Panic]. The deferred function that calls recover must call Recovered
// itself, because Recovered finds the place of the panic on the stack. It returns nil for nil, and a *Panic as it is:
// if a panic is raised again on another goroutine, Where still names its first place.
func Recovered(value any) *Panic {
	if value == nil {
		return nil
	}
	if p, ok := value.(*Panic); ok {
		return p
	}
	return &Panic{Value: value, Where: panicking()}
}

// Guard runs f and returns its error. If f panics, Guard returns a [*Panic].
func Guard(f func() error) (err error) {
	defer func() {
		if p := Recovered(recover()); p != nil {
			err = p
		}
	}()
	return f()
}

// panicking names the function that panicked, with file and line. It is the first caller of runtime.gopanic outside
// package runtime: if the runtime itself finds an error, such as an index out of range, its own functions lie between.
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
