// Package gpu computes convolutions with OpenGL 4.3 compute shaders. EGL opens any device of the machine, without a
// display. GLFW opens the device of a display, in a hidden window. See [Provider].
//
// [Open] opens a device. A [Device] is a [conv.Backend]: it plans a convolution once and runs the plan on many batches.
// For one convolution call [conv.Apply]. Several goroutines may share a device and its plans; one goroutine, locked to
// its OS thread, owns the OpenGL context and serves them in turn. [Devices] lists the devices of the machine.
//
// [AlgorithmNames] lists the algorithms. [Device.Explain] says which one computes a problem and why the others do not.
// Sums are float32; their order depends on the algorithm. An algorithm that transforms images states a tolerance
// ([conv.Description]). A device takes such an algorithm only if it is forced or if [Options].Precision is [conv.Fast].
//
// Without cgo, or with the build tag nogl, the package builds and Open reports [ErrUnavailable].
package gpu

import (
	"errors"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// ErrUnavailable is the cause of Open's error if this build has no OpenGL. Its text says how to build a program that
// has OpenGL and needs no X11.
var ErrUnavailable = errors.New("this program was built without OpenGL (build it with cgo and -tags egl)")

// errNoGLFW is Open's error if GLFW is asked for and this build has none.
var errNoGLFW = errors.New("this program was built without GLFW " +
	"(build it with cgo and -tags glfw, or -tags egl,glfw for both)")

// ErrNoDevice is the cause of Open's error if no device that matches the request opens.
var ErrNoDevice = errors.New("no OpenGL 4.3 device answers the request")

// Options says what to open and how to compute. The zero value takes the first device that works, and on it the first
// algorithm that accepts a problem.
type Options struct {
	Device    Selector // which device to open
	Provider  Provider // which library opens it
	Algorithm string   // forces one of [AlgorithmNames]; "" takes the first that accepts the problem
	// Tiles is one of [ClassNames]: the device cuts problems, and chooses algorithms, as a device of that class does.
	// So what hardware computes can be verified on any renderer. "" takes the class of the device itself.
	Tiles string
	// Precision decides which algorithms a device takes without being forced. By default these are the ones that keep
	// the error of each output in proportion to the pixels that it depends on. conv.Fast adds fft and winograd.
	Precision conv.Precision
	// Unrolled is the most multiplications that a shader for a software renderer writes out instead of looping. Shaders
	// with fewer compile faster and run slower; 0 takes a default that compiles in about 2 s. If Unrolled is not 0,
	// kernels are cut into equal parts if they can be, because a rest needs a shader of its own. Shaders for hardware,
	// also those of Tiles, ignore it: gpuconv verify --quick sets it, and still tests what hardware runs.
	Unrolled int
	// Programs is a folder that keeps compiled programs for later processes, at most 64 MiB of them. Processes may
	// share it. The device makes the folder when it has a program to keep. "" keeps none.
	Programs string
	// Tuner, if not nil, names the algorithm and tile that were measured to be the fastest. It is not asked if
	// Algorithm or Tiles is set.
	Tuner Tuner
	// Steady makes the choice of an algorithm independent of caches of compiled programs. So processes that share a
	// job, or continue it, choose alike. Otherwise a software renderer may take an algorithm only because a cache has
	// its programs, where compiling them would not have paid.
	Steady bool
	// Without lists places that Open skips, and why: for instance those where a driver ended the process that ran
	// [Probe]. A Place may also name the file of an EGL vendor; then libEGL does not load that vendor's driver.
	Without []Place
	// Guard is for tests and costs time. Before each chunk it fills the output buffers with NaN, so that an element
	// that no shader writes stays NaN. After the chunk it checks that shaders wrote nothing past the outputs and
	// changed no inputs; if they did, Run reports an error.
	Guard bool
}

// Validate returns an error if no device could match: for a device number below 0, for any number with [GLFW], for
// [Task] if the environment names no GPU, and for Tiles of no class. Open calls it.
func (o Options) Validate() error {
	if o.Tiles != "" {
		if _, err := recipe.ParseClass(o.Tiles); err != nil {
			return err
		}
	}
	return o.Device.validate(o.Provider)
}
