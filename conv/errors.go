package conv

import (
	"errors"
	"fmt"

	"gpuconv/fault"
)

// ErrUnsupported is wrapped by the error of a backend that understands a problem but cannot compute it. The wrapping
// error says what the backend cannot do. Test for it with errors.Is.
var ErrUnsupported = errors.New("not supported by this backend")

// ErrClosed is wrapped by the errors of a plan or device after its Close.
var ErrClosed = errors.New("already closed")

// ErrLost is wrapped by the errors of a backend whose device has stopped working for good, such as a GPU that its
// driver has reset. Every later call reports it too. Close the backend; opening it again may help.
var ErrLost = errors.New("the device is lost: its driver has reset it")

// SourceError reports a shader that does not compile. Each convolution that needs the shader fails with it.
type SourceError struct {
	Shader string // its name
	Log    string // what the compiler says, in one line
	File   string // the file with the first mistake; "" if the compiler's message does not name it in a known form
	Line   int    // the first is 1
	Text   string // that line
}

// Error returns one line: the shader and what the compiler says.
func (e *SourceError) Error() string { return "conv: " + e.Plain() }

// Plain returns what Error returns, without the package's name.
func (e *SourceError) Plain() string { return "shader " + e.Shader + " does not compile: " + e.Log }

// ShapeError reports an argument that breaks a rule of convolution arithmetic.
type ShapeError struct {
	Arg   string // what is wrong: src, dst, weight, bias, stride, padding, …
	Value string // its value, as a user would write it
	Rule  string // what would be right
}

// Error returns one line: argument, value, rule.
func (e *ShapeError) Error() string { return "conv: " + e.Plain() }

// Plain returns the line without the package's name, for programs that say in another way where the error comes from.
func (e *ShapeError) Plain() string { return fmt.Sprintf("%s %s: %s", e.Arg, e.Value, e.Rule) }

// Beside returns the line for a message that already names a flag and its value. If e is about the same flag and value
// it is the rule alone, otherwise it is what Plain returns. See [fault.Repeats].
func (e *ShapeError) Beside(flag, value string) string {
	if fault.Repeats(flag, value, e.Arg, e.Value) {
		return e.Rule
	}
	return e.Plain()
}
