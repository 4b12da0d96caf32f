package egl

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Candidates lists the places where a context may be opened, best first. It opens none. libEGL does not load the
// vendors whose files are in without. Only the without of the first call in a process counts, since libEGL loads
// vendors once.
func Candidates(without []string) ([]Candidate, error) {
	restore, err := hideVendors(without)
	if err != nil {
		return nil, err
	}
	defer restore()
	lib, err := load()
	if err != nil {
		return nil, err
	}
	lib.without = without
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
	all = append(all, software...)
	for i := range all {
		all[i].lib = lib
	}
	return all, nil
}

// has reports whether a list of extensions, with spaces between them, contains a name.
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
	if !enumerates || lib.queryDevices == nil || lib.getPlatformDisplay == nil ||
		!has(client, "EGL_EXT_platform_device") {
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
			if file = lib.deviceFile(native, names); file != "" {
				file = " (" + file + ")"
			}
		}
		c.Name = fmt.Sprintf("EGL device %d%s", i, file)
		all = append(all, c)
	}
	return all
}

// deviceFile returns the name of the device's file, or "" if it has none.
func (lib *library) deviceFile(native uintptr, names string) string {
	switch {
	case has(names, "EGL_EXT_device_drm_render_node"):
		return lib.queryDeviceString(native, drmRenderNodeFile)
	case has(names, "EGL_EXT_device_drm"):
		return lib.queryDeviceString(native, drmDeviceFile)
	}
	return ""
}

// Opened is an OpenGL 4.3 core context. It belongs to the thread that opened it.
type Opened struct {
	lib                      *library
	display, surface, handle uintptr
}

// Open creates a context and makes it current on the calling thread. The caller must have locked its goroutine to that
// thread.
func (c Candidate) Open() (*Opened, error) {
	lib := c.lib
	o := &Opened{lib: lib, display: lib.display(c)}
	if o.display == 0 {
		return nil, cmp.Or(lib.missingVendors(), lib.failed("eglGetDisplay"))
	}
	var major, minor int32
	if lib.initialize(o.display, &major, &minor) == 0 {
		return nil, lib.uninitialized()
	}
	if lib.bindAPI(openGLAPI) == 0 {
		return nil, lib.failed("eglBindAPI(EGL_OPENGL_API)")
	}
	if err := o.create(); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// uninitialized is the error of eglInitialize, with the vendors whose libraries are missing: one of them may be the
// driver of this display.
func (lib *library) uninitialized() error {
	err := lib.failed("eglInitialize")
	if missing := lib.missingVendors(); missing != nil {
		return fmt.Errorf("%w; %w", err, missing)
	}
	return err
}

// display returns the display of a candidate, or 0 if EGL returns none.
func (lib *library) display(c Candidate) uintptr {
	if c.platform == 0 {
		return lib.getDisplay(0)
	}
	return lib.getPlatformDisplay(c.platform, c.native, nil)
}

// create makes a context and makes it current: without a surface or, if the display needs one, with a surface of one
// pixel.
func (o *Opened) create() error {
	lib := o.lib
	config, err := o.config()
	if err != nil {
		return err
	}
	names := lib.queryString(o.display, extensions)
	attributes := []int32{contextMajor, 4, contextMinor, 3, contextProfileMask, coreProfileBit}
	if has(names, "EGL_EXT_create_context_robustness") {
		// With this attribute OpenGL reports when the context is lost. It is part of EGL 1.5; Mesa and NVIDIA accept it
		// for OpenGL.
		robust := append(append([]int32(nil), attributes...), resetNotification, loseContextOnReset, none)
		o.handle = lib.createContext(o.display, config, 0, &robust[0])
	}
	if o.handle == 0 {
		attributes = append(attributes, none)
		o.handle = lib.createContext(o.display, config, 0, &attributes[0])
	}
	if o.handle == 0 {
		return fmt.Errorf("no OpenGL 4.3 core context: %w", lib.failed("eglCreateContext"))
	}
	if !has(names, "EGL_KHR_surfaceless_context") {
		size := []int32{width, 1, height, 1, none}
		o.surface = lib.createPbufferSurface(o.display, config, &size[0])
	}
	if lib.makeCurrent(o.display, o.surface, o.surface, o.handle) == 0 {
		return lib.failed("eglMakeCurrent")
	}
	return nil
}

// config returns a configuration of the display for OpenGL. If there is none it returns 0, which means no
// configuration, or an error if the display does not accept that.
func (o *Opened) config() (uintptr, error) {
	attributes := []int32{surfaceType, pbufferBit, renderableType, openGLBit, none}
	var config uintptr
	var count int32
	if o.lib.chooseConfig(o.display, &attributes[0], &config, 1, &count) == 0 {
		return 0, o.lib.failed("eglChooseConfig")
	}
	if count == 0 && !has(o.lib.queryString(o.display, extensions), "EGL_KHR_no_config_context") {
		return 0, errors.New("egl: eglChooseConfig: the display has no configuration for OpenGL")
	}
	return config, nil // EGL_NO_CONFIG_KHR is 0
}

// ProcAddress returns the address of an OpenGL function, or nil.
func (o *Opened) ProcAddress(name string) unsafe.Pointer {
	address := o.lib.getProcAddress(name)
	return *(*unsafe.Pointer)(unsafe.Pointer(&address)) // it points to a C function, not to Go memory
}

// Close releases and destroys the context. Call it on the thread that opened the context.
func (o *Opened) Close() error {
	lib := o.lib
	lib.makeCurrent(o.display, 0, 0, 0)
	if o.surface != 0 {
		lib.destroySurface(o.display, o.surface)
	}
	if o.handle != 0 && lib.destroyContext(o.display, o.handle) == 0 {
		return lib.failed("eglDestroyContext")
	}
	o.handle, o.surface = 0, 0
	lib.releaseThread()
	return nil
}
