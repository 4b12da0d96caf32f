//go:build !linux

package egl

import (
	"errors"
	"unsafe"
)

// Built says whether this program can have contexts of EGL.
const Built = false

// Context stands for a context that cannot be had on this platform.
type Context struct{}

var errPlatform = errors.New("egl: contexts without a display are opened on Linux only; elsewhere GLFW opens them (build with -tags glfw)")

// Candidates reports that there is no EGL here.
func Candidates() ([]Candidate, error) { return nil, errPlatform }

// Open reports that there is no EGL here.
func (Candidate) Open() (*Context, error) { return nil, errPlatform }

// ProcAddress returns nil.
func (*Context) ProcAddress(string) unsafe.Pointer { return nil }

// Close does nothing.
func (*Context) Close() error { return nil }
