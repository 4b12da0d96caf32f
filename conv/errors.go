package conv

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrUnsupported is wrapped by a backend that understands a problem and cannot
// compute it; the wrapping error names what. Test with errors.Is.
var ErrUnsupported = errors.New("not supported by this backend")

// ErrClosed is wrapped by the methods of a plan or device after its Close.
var ErrClosed = errors.New("already closed")

// ErrLost is wrapped by a backend whose device stopped working for good, such as a
// GPU that its driver has reset, and by everything that it is asked from then on.
// Close it; opening it again may help.
var ErrLost = errors.New("the device is lost: its driver has reset it")

// ShapeError reports an argument that breaks a rule of convolution arithmetic.
type ShapeError struct {
	Arg   string // what: src, dst, weight, bias, stride, padding, …
	Value string // which value, as the user would write it
	Rule  string // what would be right
}

// Error returns one line: what, which value, what would be right.
func (e *ShapeError) Error() string { return "conv: " + e.Plain() }

// Plain returns the line without the package, for programs that name the place in another way.
func (e *ShapeError) Plain() string { return fmt.Sprintf("%s %s: %s", e.Arg, e.Value, e.Rule) }

// Beside returns the line for a place that names value already: Rule alone where that is e's value, else Plain.
func (e *ShapeError) Beside(value string) string {
	if e.Value == value || e.Value == strconv.Quote(value) {
		return e.Rule
	}
	return e.Plain()
}
