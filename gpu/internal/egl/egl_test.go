package egl

import "testing"

// TestErrorNames: codes of the EGL 1.5 specification (section 3.1) have their names. Other codes are shown as numbers.
func TestErrorNames(t *testing.T) {
	for code, want := range map[int32]string{
		0x2fff: "error 0x2fff", 0x3000: "EGL_SUCCESS", 0x3001: "EGL_NOT_INITIALIZED", 0x3008: "EGL_BAD_DISPLAY",
		0x3009: "EGL_BAD_MATCH", 0x300e: "EGL_CONTEXT_LOST", 0x300f: "error 0x300f", 0: "error 0x0000",
	} {
		if got := (&Error{Call: "eglInitialize", Code: code}).Error(); got != "egl: eglInitialize: "+want {
			t.Errorf("0x%04x: %s, want %s", code, got, want)
		}
	}
}
