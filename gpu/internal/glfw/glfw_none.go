//go:build !glfw || !cgo || nogl

package glfw

import (
	"errors"
	"unsafe"
)

// Built says whether this program has GLFW.
const Built = false

// Context stands for a context that cannot be had in this build.
type Context struct{}

// Main calls f.
func Main(f func()) { f() }

// Display names nothing.
func Display() string { return "" }

// Open reports that there is no GLFW in this build.
func Open() (*Context, error) { return nil, errors.New("this program was built without GLFW") }

// ProcAddress returns nil.
func (*Context) ProcAddress(string) unsafe.Pointer { return nil }

// Close does nothing.
func (*Context) Close() error { return nil }
