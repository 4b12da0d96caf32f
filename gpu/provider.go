package gpu

import (
	"strconv"

	"gpuconv/fault"
	"gpuconv/gpu/internal/glfw"
)

// Provider says who opens a device's OpenGL context.
type Provider int

const (
	// DefaultProvider is the first of [Providers].
	DefaultProvider Provider = iota
	// EGL needs no display, and chooses among the devices of a machine. Linux has it.
	EGL
	// GLFW opens a hidden window on a display, on the device of that display. It needs the build tag glfw, and works
	// while [Main] runs.
	GLFW
)

// ParseProvider reads egl or glfw; "" is DefaultProvider.
func ParseProvider(s string) (Provider, error) {
	for _, p := range []Provider{DefaultProvider, EGL, GLFW} {
		if s == p.String() {
			return p, nil
		}
	}
	err := &fault.Error{Package: "gpu", Argument: "context", Value: strconv.Quote(s), Rule: "want egl or glfw"}
	return DefaultProvider, err
}

// String returns egl, glfw or "", as ParseProvider reads them.
func (p Provider) String() string {
	switch p {
	case EGL:
		return "egl"
	case GLFW:
		return "glfw"
	}
	return ""
}

// resolve says what DefaultProvider is.
func (p Provider) resolve() Provider {
	if built := Providers(); p == DefaultProvider && len(built) > 0 {
		return built[0]
	}
	return p
}

// Main calls f and returns when f has returned. GLFW works on the process's main OS thread only. Where GLFW is built
// in, f runs on a goroutine of its own and the calling goroutine serves GLFW. A program that opens devices with GLFW
// calls Main once, from its function main:
//
//	func main() { gpu.Main(func() { os.Exit(run()) }) }
func Main(f func()) { glfw.Main(f) }
