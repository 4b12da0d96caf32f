// Package gpu computes convolutions with OpenGL 4.3 compute shaders over storage
// buffers, on any device that EGL offers, without a display, or on a display's,
// in a hidden window of GLFW: see [Context].
//
// [Open] opens a device, which is a [conv.Backend] that several goroutines may
// share: one goroutine, locked to its OS thread, owns the OpenGL context and
// serves them in turn. [Devices] lists what there is.
//
// Without cgo, or with the build tag nogl, the package builds and Open reports
// [ErrUnavailable].
package gpu

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gpuconv/gpu/internal/recipe"
)

// ErrUnavailable is wrapped by Open's error where this build has no OpenGL.
var ErrUnavailable = errors.New("this program was built without OpenGL (build it with cgo and -tags egl)")

// errNoGLFW is Open's error where GLFW is asked for and this build has none.
var errNoGLFW = errors.New("this program was built without GLFW (build it with cgo and -tags glfw, or -tags egl,glfw for both)")

// ErrNoDevice is wrapped by Open's error where no device answers the request.
var ErrNoDevice = errors.New("no OpenGL 4.3 device answers the request")

// Selector says which device to open: one of the words any, gpu and software, or
// the number of an EGL device. The zero value is any.
type Selector struct {
	kind  selectorKind
	index int
}

type selectorKind int

const (
	anyDevice selectorKind = iota
	hardwareDevice
	softwareDevice
	numberedDevice
)

// Any takes the first device that works, hardware before software.
func Any() Selector { return Selector{} }

// Hardware takes the first device that works and is not a software renderer.
func Hardware() Selector { return Selector{kind: hardwareDevice} }

// Software takes the first software renderer that works.
func Software() Selector { return Selector{kind: softwareDevice} }

// ParseSelector reads any, gpu, software or the number of an EGL device, as
// gpuconv info lists them.
func ParseSelector(s string) (Selector, error) {
	switch s {
	case "any":
		return Any(), nil
	case "gpu":
		return Hardware(), nil
	case "software":
		return Software(), nil
	}
	index, err := strconv.Atoi(s)
	if err != nil || index < 0 {
		return Selector{}, fmt.Errorf("gpu: device %q: want any, gpu, software or the number of a device", s)
	}
	return Selector{kind: numberedDevice, index: index}, nil
}

func (s Selector) String() string {
	switch s.kind {
	case hardwareDevice:
		return "gpu"
	case softwareDevice:
		return "software"
	case numberedDevice:
		return strconv.Itoa(s.index)
	}
	return "any"
}

// Options says what to open and how to compute.
type Options struct {
	Device    Selector
	Context   Context // who opens the device; the zero value is EGL where it is built in, otherwise GLFW
	Algorithm string  // forces an algorithm by name; "" takes the first that accepts the problem
	// Unrolled bounds the multiplications that a software renderer's shaders write out, which
	// compiles faster and runs slower; 0 leaves it at what runs fastest. Hardware has its own tiles
	// whatever it is, so that what gpuconv verify --quick proves is what runs.
	Unrolled int
	// Programs is a folder for compiled programs, which is made once there is one and
	// which processes may share; "" keeps none. At most 64 MiB are kept.
	Programs string
	// Tuner, if there is one, is asked for what was measured to be fastest, unless
	// Algorithm forces one.
	Tuner Tuner
	// Guard fills every output buffer with NaN before each run, so that an
	// element that a shader does not write is seen, and looks behind the outputs
	// for what one has written there. It costs time: for tests.
	Guard bool
}

// Validate refuses what no device could answer: the number of an EGL device with
// [GLFW]. Open calls it.
func (o Options) Validate() error {
	if o.Device.kind == numberedDevice && o.Context.resolve() == GLFW {
		return fmt.Errorf("gpu: device %v: GLFW's window is on the device of its display, EGL numbers devices: want any, gpu or software", o.Device)
	}
	return nil
}

// Info names an open device, as its driver does.
type Info struct {
	Name     string // where it was found: "EGL device 0 (/dev/dri/renderD128)", "hidden window on display :0"
	Index    int    // of the EGL device, −1 if it was not opened by number
	Vendor   string // GL_VENDOR
	Renderer string // GL_RENDERER
	Version  string // GL_VERSION, with the driver's
	Software bool   // it is a software renderer: a CPU does the work
}

// String names the renderer, and says if it is software.
func (i Info) String() string {
	if i.Software {
		return "software renderer " + i.Renderer
	}
	return i.Renderer
}

// isNVIDIA tells from GL_VENDOR, which is "NVIDIA Corporation", or "nouveau" or "Mesa"
// of drivers that are not its own, whether tiles for its GPUs fit.
func isNVIDIA(vendor string) bool { return strings.Contains(strings.ToLower(vendor), "nvidia") }

// isSoftware tells from GL_RENDERER whether a CPU does the work.
func isSoftware(renderer string) bool {
	lower := strings.ToLower(renderer)
	for _, name := range []string{"llvmpipe", "softpipe", "swrast", "swr ", "swiftshader", "lavapipe", "software rasterizer", "basic render"} {
		if strings.Contains(lower, name) {
			return true
		}
	}
	return false
}

// Limits are the bounds of a device's context. Sizes are in bytes.
type Limits = recipe.Limits

// AlgorithmNames lists what [Options].Algorithm takes, in the order in which they are asked.
func AlgorithmNames() []string { return recipe.AlgorithmNames() }

// Chosen reports whether an algorithm is ever taken, without being forced, on software
// renderers or on hardware.
func Chosen(name string, software bool) bool { return recipe.Chosen(name, software) }
