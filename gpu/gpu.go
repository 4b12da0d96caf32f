// Package gpu computes convolutions with OpenGL 4.3 compute shaders: without a display on any device that EGL offers,
// or on a display's device in a hidden window of GLFW; see [Provider].
//
// [Open] opens a device. A [Device] is a [conv.Backend]: it plans a convolution once and runs the plan on many batches.
// For one convolution call [conv.Apply]. Several goroutines may share a device and its plans; one goroutine, locked to
// its OS thread, owns the OpenGL context and serves them in turn. [Devices] lists what there is.
//
// There are several algorithms, [AlgorithmNames]. [Device.Explain] says which one computes a problem and why the others
// do not. Sums are of float32, in the order of the algorithm; those that go through transforms state a tolerance
// ([conv.Description]), and are taken only if they are forced or [Options].Precision is [conv.Fast].
//
// Without cgo, or with the build tag nogl, the package builds and Open reports [ErrUnavailable].
package gpu

import (
	"errors"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// ErrUnavailable is wrapped by Open's error if this build has no OpenGL. Its text names a build that has, and needs no
// X11.
var ErrUnavailable = errors.New("this program was built without OpenGL (build it with cgo and -tags egl)")

// errNoGLFW is Open's error if GLFW is asked for and this build has none.
var errNoGLFW = errors.New("this program was built without GLFW " +
	"(build it with cgo and -tags glfw, or -tags egl,glfw for both)")

// ErrNoDevice is wrapped by Open's error if no device answers the request.
var ErrNoDevice = errors.New("no OpenGL 4.3 device answers the request")

// Options says what to open and how to compute. The zero value takes the first device that works, and on it the first
// algorithm that accepts a problem.
type Options struct {
	Device    Selector // which device
	Provider  Provider // who opens the device
	Algorithm string   // forces one of [AlgorithmNames]; "" takes the first that accepts the problem
	// Tiles is one of [ClassNames]: the device cuts problems, and chooses algorithms, as a device of that class does.
	// So what hardware computes can be verified on any renderer. "" takes the class of the device itself.
	Tiles string
	// Precision says which algorithms may be taken that are not forced: by default only those that keep each output's
	// error in proportion to its own pixels. conv.Fast takes fft and winograd, too.
	Precision conv.Precision
	// Unrolled is how many multiplications the shaders of a software renderer write out at most. Fewer compile faster
	// and run slower; 0 takes what runs fastest. Shaders of hardware do not depend on it, so that gpuconv verify
	// --quick, which sets it, proves what runs there.
	Unrolled int
	// Programs is a folder that keeps compiled programs, at most 64 MiB of them. It is made when there is a program to
	// keep, and processes may share it; "" keeps none.
	Programs string
	// Tuner, if it is not nil, is asked for what was measured to be fastest, unless Algorithm or Tiles is set.
	Tuner Tuner
	// Without lists places that Open passes over, and why, such as those that [Probe] found to end the process. EGL's
	// vendors whose files are among them are not loaded.
	Without []Place
	// Guard is for tests and costs time. It fills every output buffer with NaN before each run, so that an element that
	// no shader writes is seen, and looks for what a shader wrote past the outputs or changed in the inputs.
	Guard bool
}

// Validate refuses what no device could answer: a number below 0, any number with [GLFW], or Tiles of no class. Open
// calls it.
func (o Options) Validate() error {
	if o.Tiles != "" {
		if _, err := recipe.ParseClass(o.Tiles); err != nil {
			return err
		}
	}
	return o.Device.validate(o.Provider)
}
