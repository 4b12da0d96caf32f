package gpu

import (
	"strconv"

	"gpuconv/fault"
	"gpuconv/gpu/internal/glfw"
)

// Provider is the library that opens a device's OpenGL context.
type Provider int

const (
	// DefaultProvider is the first of [Providers].
	DefaultProvider Provider = iota
	// EGL needs no display and can open each device of a machine. It works on Linux only.
	EGL
	// GLFW opens a hidden window, on the device of a display. It needs the build tag glfw, and [Main] must be running.
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

// resolve returns the first of Providers for DefaultProvider, and any other provider as it is.
func (p Provider) resolve() Provider {
	if built := Providers(); p == DefaultProvider && len(built) > 0 {
		return built[0]
	}
	return p
}

// Main calls f and returns when f has returned. GLFW works on the process's main OS thread only. If this program has
// GLFW, f runs on a new goroutine and the calling goroutine makes the calls of GLFW. A program that opens devices with
// GLFW calls Main once, from its function main:
//
//	func main() { gpu.Main(func() { os.Exit(run()) }) }
func Main(f func()) { glfw.Main(f) }
