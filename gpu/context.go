package gpu

import (
	"fmt"

	"gpuconv/gpu/internal/glfw"
)

// Context says who opens a device's OpenGL context.
type Context int

const (
	// DefaultContext is the first of [Contexts].
	DefaultContext Context = iota
	// EGL needs no display, and chooses among the devices of a machine. It is there
	// on Linux.
	EGL
	// GLFW opens a hidden window on a display, on whatever device that display is. It
	// is there with the build tag glfw, and works while [Main] runs.
	GLFW
)

// ParseContext reads egl or glfw; "" is DefaultContext.
func ParseContext(s string) (Context, error) {
	for _, c := range []Context{DefaultContext, EGL, GLFW} {
		if s == c.String() {
			return c, nil
		}
	}
	return DefaultContext, fmt.Errorf("gpu: context %q: want egl or glfw", s)
}

func (c Context) String() string {
	switch c {
	case EGL:
		return "egl"
	case GLFW:
		return "glfw"
	}
	return ""
}

// resolve says what DefaultContext is.
func (c Context) resolve() Context {
	if built := Contexts(); c == DefaultContext && len(built) > 0 {
		return built[0]
	}
	return c
}

// Main calls f and returns after it. GLFW works on the process's main OS thread
// only; where it is built in, f runs on a goroutine of its own and the calling
// goroutine serves GLFW. A program that opens devices with GLFW calls Main once,
// from its function main:
//
//	func main() { gpu.Main(func() { os.Exit(run()) }) }
func Main(f func()) { glfw.Main(f) }
