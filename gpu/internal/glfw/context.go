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

// Built reports whether this program has GLFW.
const Built = true

// Opened is the OpenGL 4.3 core context of a hidden window. It belongs to the thread that opened it.
type Opened struct{ window *glfw.Window }

// Display returns the place where windows are opened: on Unix the X display, and "" on systems that have one place
// only.
func Display() string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return ""
	}
	return os.Getenv("DISPLAY")
}

// Open makes a hidden window, and makes its context current on the calling thread. The caller must have locked its
// goroutine to that thread, and must not be the goroutine that runs [Main].
func Open() (*Opened, error) {
	o := &Opened{}
	if err := onMainThread(o.create); err != nil {
		return nil, err
	}
	err := guarded(func() error { o.window.MakeContextCurrent(); return nil })
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// create makes the window, on the main thread.
func (o *Opened) create() error {
	if err := initialise(); err != nil {
		return err
	}
	// With LoseContextOnReset OpenGL reports when the context is lost. GLFW ignores it for drivers that do not know it;
	// others may refuse it.
	window, err := hiddenWindow(glfw.LoseContextOnReset)
	if err != nil {
		window, err = hiddenWindow(glfw.NoRobustness)
	}
	if err != nil {
		return fmt.Errorf("no OpenGL 4.3 core context: %w", err)
	}
	o.window = window
	windows++
	return nil
}

// initialise starts GLFW unless it is started.
func initialise() error {
	err := attempt(func() error {
		err := glfw.Init()
		glfw.GetTime() // panics with the error of Init if Init has not returned it
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
			err = errors.New("GLFW makes no window and does not say why") // attempt usually finds the reason
		}
		return err
	})
	return window, err
}

// ProcAddress returns the address of an OpenGL function, or nil.
func (o *Opened) ProcAddress(name string) (address unsafe.Pointer) {
	guarded(func() error { address = glfw.GetProcAddress(name); return nil }) // nil after an error
	return address
}

// Close releases the context, on the thread that opened it, and destroys the window.
func (o *Opened) Close() error {
	if o.window == nil {
		return nil
	}
	released := guarded(func() error { glfw.DetachCurrentContext(); return nil })
	destroyed := onMainThread(func() error {
		o.window.Destroy()
		windows--
		return nil
	})
	o.window = nil
	return errors.Join(released, destroyed)
}
