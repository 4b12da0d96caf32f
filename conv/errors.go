package conv

import (
	"errors"
	"fmt"
)

// ErrUnsupported is wrapped by a backend that understands a problem and cannot
// compute it; the wrapping error names what. Test with errors.Is.
var ErrUnsupported = errors.New("not supported by this backend")

// ErrClosed is wrapped by the methods of a plan or device after its Close.
var ErrClosed = errors.New("already closed")

// ShapeError reports an argument that breaks a rule of convolution arithmetic.
type ShapeError struct {
	Arg   string // what: src, dst, weight, bias, stride, padding, …
	Value string // which value, as the user would write it
	Rule  string // what would be right
}

// Error returns one line: what, which value, what would be right.
func (e *ShapeError) Error() string {
	return fmt.Sprintf("conv: %s %s: %s", e.Arg, e.Value, e.Rule)
}
