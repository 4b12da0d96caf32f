package egl

import (
	"fmt"
	"runtime"

	"github.com/ebitengine/purego"
)

// Built reports whether this program can open contexts with EGL.
const Built = true

// Constants of the EGL 1.5 specification and of the extensions EGL_EXT_platform_device, EGL_MESA_platform_surfaceless,
// EGL_EXT_device_drm and EGL_EXT_device_drm_render_node; maxDevices is how many devices are listed at most.
const (
	none                      = 0x3038
	extensions                = 0x3055
	version                   = 0x3054
	surfaceType               = 0x3033
	pbufferBit                = 0x0001
	renderableType            = 0x3040
	openGLBit                 = 0x0008
	openGLAPI                 = 0x30A2
	contextMajor              = 0x3098
	contextMinor              = 0x30FB
	contextProfileMask        = 0x30FD
	coreProfileBit            = 0x0001
	height                    = 0x3056
	width                     = 0x3057
	resetNotification         = 0x31BD
	loseContextOnReset        = 0x31BF
	platformDevice            = 0x313F
	platformSurfaceless       = 0x31DD
	drmDeviceFile             = 0x3233
	drmRenderNodeFile         = 0x3377
	maxDevices          int32 = 64
)

// library is libEGL with the functions that this package calls.
type library struct {
	getError             func() int32
	getProcAddress       func(name string) uintptr
	queryString          func(display uintptr, name int32) string
	getDisplay           func(native uintptr) uintptr
	initialize           func(display uintptr, major, minor *int32) uint32
	bindAPI              func(api uint32) uint32
	chooseConfig         func(display uintptr, attributes *int32, configs *uintptr, size int32, count *int32) uint32
	createContext        func(display, config, share uintptr, attributes *int32) uintptr
	createPbufferSurface func(display, config uintptr, attributes *int32) uintptr
	destroySurface       func(display, surface uintptr) uint32
	makeCurrent          func(display, draw, read, handle uintptr) uint32
	destroyContext       func(display, handle uintptr) uint32
	releaseThread        func() uint32

	// Extensions, nil where libEGL lacks them.
	queryDevices       func(size int32, devices *uintptr, count *int32) uint32
	queryDeviceString  func(device uintptr, name int32) string
	queryDeviceAttrib  func(device uintptr, name int32, value *uintptr) uint32
	queryDeviceBinary  func(device uintptr, name, most int32, value *byte, size *int32) uint32
	getPlatformDisplay func(platform uint32, native uintptr, attributes *int32) uintptr

	without []string // files of the vendors that must not be loaded
}

// openLibrary loads a library for this package only. If that fails, purego asks the system for the reason in a second
// call, which must come from the same thread.
func openLibrary(name string, mode int) (uintptr, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return purego.Dlopen(name, mode|purego.RTLD_LOCAL)
}

// load loads libEGL and finds its functions.
func load() (lib *library, err error) {
	handle, err := openLibrary("libEGL.so.1", purego.RTLD_NOW)
	if err != nil {
		return nil, fmt.Errorf("egl: libEGL.so.1 cannot be loaded "+
			"(Debian and Ubuntu: apt-get install libegl1 libegl-mesa0): %w", err)
	}
	lib = &library{}
	for name, function := range map[string]any{
		"eglGetError":             &lib.getError,
		"eglGetProcAddress":       &lib.getProcAddress,
		"eglQueryString":          &lib.queryString,
		"eglGetDisplay":           &lib.getDisplay,
		"eglInitialize":           &lib.initialize,
		"eglBindAPI":              &lib.bindAPI,
		"eglChooseConfig":         &lib.chooseConfig,
		"eglCreateContext":        &lib.createContext,
		"eglCreatePbufferSurface": &lib.createPbufferSurface,
		"eglDestroySurface":       &lib.destroySurface,
		"eglMakeCurrent":          &lib.makeCurrent,
		"eglDestroyContext":       &lib.destroyContext,
		"eglReleaseThread":        &lib.releaseThread,
	} {
		address, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("egl: libEGL.so.1 has no %s: %w", name, err)
		}
		purego.RegisterFunc(function, address)
	}
	lib.extension(&lib.queryDevices, "eglQueryDevicesEXT")
	lib.extension(&lib.queryDeviceString, "eglQueryDeviceStringEXT")
	lib.extension(&lib.queryDeviceAttrib, "eglQueryDeviceAttribEXT")
	lib.extension(&lib.queryDeviceBinary, "eglQueryDeviceBinaryEXT")
	lib.extension(&lib.getPlatformDisplay, "eglGetPlatformDisplayEXT")
	return lib, nil
}

// extension sets function to libEGL's function of this name, if there is one.
func (lib *library) extension(function any, name string) {
	if address := lib.getProcAddress(name); address != 0 {
		purego.RegisterFunc(function, address)
	}
}

func (lib *library) failed(call string) error { return &Error{Call: call, Code: lib.getError()} }
