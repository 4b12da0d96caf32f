package egl

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Candidates lists the places where a context may be had, best first. It opens
// none of them.
func Candidates() ([]Candidate, error) {
	lib, err := load()
	if err != nil {
		return nil, err
	}
	client := lib.queryString(0, extensions)
	var hardware, software []Candidate
	for _, c := range lib.devices(client) {
		if c.Software {
			software = append(software, c)
		} else {
			hardware = append(hardware, c)
		}
	}
	all := hardware
	if lib.getPlatformDisplay != nil && has(client, "EGL_MESA_platform_surfaceless") {
		all = append(all, Candidate{Name: "surfaceless", Index: -1, platform: platformSurfaceless})
	}
	all = append(all, Candidate{Name: "default display", Index: -1})
	return append(all, software...), nil
}

func has(extensions, name string) bool {
	for word := range strings.FieldsSeq(extensions) {
		if word == name {
			return true
		}
	}
	return false
}

// devices lists the EGL devices in the order of eglQueryDevicesEXT.
func (lib *library) devices(client string) []Candidate {
	enumerates := has(client, "EGL_EXT_device_enumeration") || has(client, "EGL_EXT_device_base")
	if !enumerates || lib.queryDevices == nil || lib.getPlatformDisplay == nil || !has(client, "EGL_EXT_platform_device") {
		return nil
	}
	var natives [maxDevices]uintptr
	var count int32
	if lib.queryDevices(maxDevices, &natives[0], &count) == 0 {
		return nil
	}
	var all []Candidate
	for i, native := range natives[:count] {
		c := Candidate{Index: i, platform: platformDevice, native: native}
		file := ""
		if lib.queryDeviceString != nil {
			names := lib.queryDeviceString(native, extensions)
			c.Software = has(names, "EGL_MESA_device_software")
			file = lib.deviceFile(native, names)
		}
		c.Name = fmt.Sprintf("EGL device %d%s", i, file)
		all = append(all, c)
	}
	return all
}

// deviceFile names the device's file in brackets, if it has one.
func (lib *library) deviceFile(native uintptr, names string) string {
	file := ""
	switch {
	case has(names, "EGL_EXT_device_drm_render_node"):
		file = lib.queryDeviceString(native, drmRenderNodeFile)
	case has(names, "EGL_EXT_device_drm"):
		file = lib.queryDeviceString(native, drmDeviceFile)
	}
	if file == "" {
		return ""
	}
	return " (" + file + ")"
}

// Context is an OpenGL 4.3 core context. It belongs to the thread that opened it.
type Context struct {
	lib                      *library
	display, surface, handle uintptr
}

// Open creates a context and makes it current on the calling thread, to which
// the caller has locked its goroutine.
func (c Candidate) Open() (*Context, error) {
	lib, err := load()
	if err != nil {
		return nil, err
	}
	ctx := &Context{lib: lib, display: lib.display(c)}
	if ctx.display == 0 {
		return nil, lib.failed("eglGetDisplay")
	}
	var major, minor int32
	if lib.initialize(ctx.display, &major, &minor) == 0 {
		return nil, lib.failed("eglInitialize")
	}
	if lib.bindAPI(openGLAPI) == 0 {
		return nil, lib.failed("eglBindAPI(EGL_OPENGL_API)")
	}
	if err := ctx.create(); err != nil {
		return nil, errors.Join(err, ctx.Close())
	}
	return ctx, nil
}

func (lib *library) display(c Candidate) uintptr {
	if c.platform == 0 {
		return lib.getDisplay(0)
	}
	return lib.getPlatformDisplay(c.platform, c.native, nil)
}

// create makes a context that is current without a surface or, where the
// display needs one, with a surface of one pixel.
func (ctx *Context) create() error {
	lib := ctx.lib
	config, err := ctx.config()
	if err != nil {
		return err
	}
	names := lib.queryString(ctx.display, extensions)
	attributes := []int32{contextMajor, 4, contextMinor, 3, contextProfileMask, coreProfileBit}
	if has(names, "EGL_EXT_create_context_robustness") {
		// Without it a lost context goes unnoticed. 1.5's attribute: Mesa and NVIDIA take it for OpenGL.
		robust := append(append([]int32(nil), attributes...), resetNotification, loseContextOnReset, none)
		ctx.handle = lib.createContext(ctx.display, config, 0, &robust[0])
	}
	if ctx.handle == 0 {
		attributes = append(attributes, none)
		ctx.handle = lib.createContext(ctx.display, config, 0, &attributes[0])
	}
	if ctx.handle == 0 {
		return fmt.Errorf("no OpenGL 4.3 core context: %w", lib.failed("eglCreateContext"))
	}
	if !has(names, "EGL_KHR_surfaceless_context") {
		size := []int32{width, 1, height, 1, none}
		ctx.surface = lib.createPbufferSurface(ctx.display, config, &size[0])
	}
	if lib.makeCurrent(ctx.display, ctx.surface, ctx.surface, ctx.handle) == 0 {
		return lib.failed("eglMakeCurrent")
	}
	return nil
}

func (ctx *Context) config() (uintptr, error) {
	attributes := []int32{surfaceType, pbufferBit, renderableType, openGLBit, none}
	var config uintptr
	var count int32
	if ctx.lib.chooseConfig(ctx.display, &attributes[0], &config, 1, &count) == 0 {
		return 0, ctx.lib.failed("eglChooseConfig")
	}
	if count == 0 && !has(ctx.lib.queryString(ctx.display, extensions), "EGL_KHR_no_config_context") {
		return 0, errors.New("egl: eglChooseConfig: the display has no configuration for OpenGL")
	}
	return config, nil // EGL_NO_CONFIG_KHR is 0
}

// ProcAddress returns the address of an OpenGL function, or nil.
func (ctx *Context) ProcAddress(name string) unsafe.Pointer {
	address := ctx.lib.getProcAddress(name)
	return *(*unsafe.Pointer)(unsafe.Pointer(&address)) // not Go memory: a C function
}

// Close releases and destroys the context, on the thread that opened it.
func (ctx *Context) Close() error {
	lib := ctx.lib
	lib.makeCurrent(ctx.display, 0, 0, 0)
	if ctx.surface != 0 {
		lib.destroySurface(ctx.display, ctx.surface)
	}
	if ctx.handle != 0 && lib.destroyContext(ctx.display, ctx.handle) == 0 {
		return lib.failed("eglDestroyContext")
	}
	ctx.handle, ctx.surface = 0, 0
	lib.releaseThread()
	return nil
}
