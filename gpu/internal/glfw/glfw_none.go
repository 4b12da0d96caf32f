//go:build !glfw || !cgo || nogl

package glfw

import (
	"errors"
	"unsafe"
)

// Built reports whether this program has GLFW.
const Built = false

// Opened is a context. None can be opened in this build.
type Opened struct{}

// Main calls f.
func Main(f func()) { f() }

// Display returns "".
func Display() string { return "" }

// Open reports that there is no GLFW in this build.
func Open() (*Opened, error) { return nil, errors.New("this program was built without GLFW") }

// ProcAddress returns nil.
func (*Opened) ProcAddress(string) unsafe.Pointer { return nil }

// Close does nothing.
func (*Opened) Close() error { return nil }
