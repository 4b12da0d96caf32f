//go:build glfw && cgo && !nogl

package glfw

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// Built says whether this program has GLFW.
const Built = true

// Context is the OpenGL 4.3 core context of a hidden window. It belongs to the
// thread that opened it.
type Context struct{ window *glfw.Window }

// Display names where windows are opened, if they can be opened in several places:
// the X display on Unix.
func Display() string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return ""
	}
	return os.Getenv("DISPLAY")
}

// Open makes a hidden window and its context current on the calling thread, to
// which the caller has locked its goroutine. It is not called from the goroutine
// that is in Main.
func Open() (*Context, error) {
	ctx := &Context{}
	if err := onMainThread(ctx.create); err != nil {
		return nil, err
	}
	err := guarded(func() error { ctx.window.MakeContextCurrent(); return nil })
	if err != nil {
		return nil, errors.Join(err, ctx.Close())
	}
	return ctx, nil
}

// create makes the window, on the main thread.
func (ctx *Context) create() error {
	if err := initialise(); err != nil {
		return err
	}
	// Without it a lost context goes unnoticed. Drivers that do not know it are not asked, others may refuse.
	window, err := hiddenWindow(glfw.LoseContextOnReset)
	if err != nil {
		window, err = hiddenWindow(glfw.NoRobustness)
	}
	if err != nil {
		return fmt.Errorf("no OpenGL 4.3 core context: %w", err)
	}
	ctx.window = window
	windows++
	return nil
}

// initialise starts GLFW if it is not started.
func initialise() error {
	err := attempt(func() error {
		err := glfw.Init()
		glfw.GetTime() // raises an error if Init has not returned its own
		return err
	})
	if err != nil && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		return fmt.Errorf("%w: want an X display, which xvfb-run makes, or a context of EGL, which needs none", err)
	}
	return err
}

// hiddenWindow makes a window of one pixel that is never shown.
func hiddenWindow(robustness int) (window *glfw.Window, err error) {
	err = attempt(func() (err error) {
		glfw.DefaultWindowHints()
		glfw.WindowHint(glfw.Visible, glfw.False)
		glfw.WindowHint(glfw.ContextVersionMajor, 4)
		glfw.WindowHint(glfw.ContextVersionMinor, 3)
		glfw.WindowHint(glfw.OpenGLProfile, glfw.OpenGLCoreProfile)
		glfw.WindowHint(glfw.ContextRobustness, robustness)
		window, err = glfw.CreateWindow(1, 1, "gpuconv", nil, nil)
		if err == nil && window == nil {
			err = errors.New("GLFW makes no window and does not say why") // attempt knows, as a rule
		}
		return err
	})
	return window, err
}

// ProcAddress returns the address of an OpenGL function, or nil.
func (ctx *Context) ProcAddress(name string) (address unsafe.Pointer) {
	guarded(func() error { address = glfw.GetProcAddress(name); return nil }) // after an error it is nil
	return address
}

// Close releases the context, on the thread that opened it, and destroys the
// window.
func (ctx *Context) Close() error {
	if ctx.window == nil {
		return nil
	}
	released := guarded(func() error { glfw.DetachCurrentContext(); return nil })
	destroyed := onMainThread(func() error {
		ctx.window.Destroy()
		windows--
		return nil
	})
	ctx.window = nil
	return errors.Join(released, destroyed)
}
