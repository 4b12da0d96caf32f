package gpu

import (
	"slices"
	"strings"
	"testing"
)

func TestParseProvider(t *testing.T) {
	for text, want := range map[string]Provider{"": DefaultProvider, "egl": EGL, "glfw": GLFW} {
		if c, err := ParseProvider(text); err != nil || c != want || c.String() != text {
			t.Errorf("%q: %d, %q, %v", text, c, c, err)
		}
	}
	if _, err := ParseProvider("glx"); err == nil || !strings.Contains(err.Error(), `context "glx": want egl or glfw`) {
		t.Error(err)
	}
}

// TestValidate: devices have numbers only with EGL.
func TestValidate(t *testing.T) {
	numbered := Numbered(0)
	for _, c := range []Provider{EGL, GLFW} {
		if err := (Options{Device: numbered, Provider: c}).Validate(); (err != nil) != (c == GLFW) {
			t.Errorf("%v: %v", c, err)
		}
		for _, s := range []Selector{Any(), Hardware(), Software()} {
			if err := (Options{Device: s, Provider: c}).Validate(); err != nil {
				t.Errorf("%v, %v: %v", c, s, err)
			}
		}
	}
	if len(Providers()) == 0 {
		return // Open has another error
	}
	if _, err := Open(Options{Device: numbered, Provider: GLFW}); err == nil ||
		!strings.HasPrefix(err.Error(), "gpu: device 0: GLFW") {
		t.Error(err)
	}
}

// TestProviders: the default is the first provider that is built in. GLFW is refused if it is not built in.
func TestProviders(t *testing.T) {
	built := Providers()
	if len(built) > 0 && DefaultProvider.resolve() != built[0] {
		t.Errorf("the default is %v of %v", DefaultProvider.resolve(), built)
	}
	if slices.Contains(built, GLFW) {
		return // glfw_test.go opens it
	}
	if _, err := Open(Options{Provider: GLFW}); err == nil || err.Error() != "gpu: device any: "+errNoGLFW.Error() {
		t.Error(err)
	}
	if _, err := Devices(GLFW); err == nil || !strings.Contains(err.Error(), errNoGLFW.Error()) {
		t.Error(err)
	}
}
