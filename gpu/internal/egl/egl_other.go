//go:build !linux

package egl

import (
	"cmp"
	"errors"
	"unsafe"
)

// Built reports whether this program can open contexts with EGL.
const Built = false

// Opened is a context. None can be opened on this platform.
type Opened struct{}

var errPlatform = errors.New("egl: contexts without a display are opened on Linux only; " +
	"elsewhere GLFW opens them (build with -tags glfw)")

// Vendors returns none.
func Vendors() []Vendor { return nil }

// VendorFolders returns none.
func VendorFolders() []string { return nil }

// Load reports that there is no EGL here.
func (v Vendor) Load() error { return cmp.Or(v.err, errPlatform) }

// DieOnCrash does nothing.
func DieOnCrash() error { return nil }

// library is libEGL, which is not used on this platform.
type library struct{}

// Candidates reports that there is no EGL here.
func Candidates([]string) ([]Candidate, error) { return nil, errPlatform }

// Identity says nothing.
func (Candidate) Identity() Identity { return Identity{CUDA: -1} }

// Open reports that there is no EGL here.
func (Candidate) Open() (*Opened, error) { return nil, errPlatform }

// ProcAddress returns nil.
func (*Opened) ProcAddress(string) unsafe.Pointer { return nil }

// Close does nothing.
func (*Opened) Close() error { return nil }
