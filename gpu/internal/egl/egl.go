// Package egl opens OpenGL 4.3 core contexts without a display. It calls libEGL through purego, so that building it
// needs no EGL headers.
//
// [Candidates] lists where a context may be opened, best first: each EGL device that is not a software renderer, then
// Mesa's surfaceless platform, then the default display, then the software devices. The caller tries them in turn with
// [Candidate.Open].
//
// An EGL display is never terminated, since all contexts that the process opens on one device share it. It ends with
// the process.
package egl

import "fmt"

// Candidate is a place where a context may be opened.
type Candidate struct {
	Name     string // for people: "EGL device 0 (/dev/dri/renderD128)", "surfaceless"
	Index    int    // number of the EGL device in eglQueryDevicesEXT; −1 if it is none
	Software bool   // EGL says that the device is a software renderer

	platform uint32  // EGL platform, 0 for the default display
	native   uintptr // EGLDeviceEXT, or 0
	lib      *library
}

// Vendor is a driver that GLVND's libEGL loads because a JSON file names it.
type Vendor struct {
	File    string // the JSON file
	Library string // of the driver; "" if the file names none

	err error // why the file cannot be read
}

// Error is a failed EGL call.
type Error struct {
	Call string
	Code int32 // EGL error code, such as 0x3001 for EGL_NOT_INITIALIZED
}

func (e *Error) Error() string {
	if name, ok := errorName(e.Code); ok {
		return fmt.Sprintf("egl: %s: %s", e.Call, name)
	}
	return fmt.Sprintf("egl: %s: error 0x%04x", e.Call, e.Code)
}

// errorName names the EGL 1.5 error codes, which are consecutive.
func errorName(code int32) (string, bool) {
	names := [...]string{"EGL_SUCCESS", "EGL_NOT_INITIALIZED", "EGL_BAD_ACCESS", "EGL_BAD_ALLOC", "EGL_BAD_ATTRIBUTE",
		"EGL_BAD_CONFIG", "EGL_BAD_CONTEXT", "EGL_BAD_CURRENT_SURFACE", "EGL_BAD_DISPLAY", "EGL_BAD_MATCH",
		"EGL_BAD_NATIVE_PIXMAP", "EGL_BAD_NATIVE_WINDOW", "EGL_BAD_PARAMETER", "EGL_BAD_SURFACE", "EGL_CONTEXT_LOST"}
	const first = 0x3000
	if code < first || int(code-first) >= len(names) {
		return "", false
	}
	return names[code-first], true
}
