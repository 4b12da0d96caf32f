package gpu

import (
	"slices"
	"strings"
	"testing"
)

func TestParseContext(t *testing.T) {
	for text, want := range map[string]Context{"": DefaultContext, "egl": EGL, "glfw": GLFW} {
		if c, err := ParseContext(text); err != nil || c != want || c.String() != text {
			t.Errorf("%q: %d, %q, %v", text, c, c, err)
		}
	}
	if _, err := ParseContext("glx"); err == nil || !strings.Contains(err.Error(), `context "glx": want egl or glfw`) {
		t.Error(err)
	}
}

// TestValidate: devices have numbers with EGL only.
func TestValidate(t *testing.T) {
	numbered, err := ParseSelector("0")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Context{EGL, GLFW} {
		if err := (Options{Device: numbered, Context: c}).Validate(); (err != nil) != (c == GLFW) {
			t.Errorf("%v: %v", c, err)
		}
		for _, s := range []Selector{Any(), Hardware(), Software()} {
			if err := (Options{Device: s, Context: c}).Validate(); err != nil {
				t.Errorf("%v, %v: %v", c, s, err)
			}
		}
	}
	if len(Contexts()) == 0 {
		return // Open has better to say
	}
	if _, err := Open(Options{Device: numbered, Context: GLFW}); err == nil || !strings.HasPrefix(err.Error(), "gpu: device 0: GLFW") {
		t.Error(err)
	}
}

// TestContexts: the default is the first of those that are built in, and GLFW is
// refused where it is not.
func TestContexts(t *testing.T) {
	built := Contexts()
	if len(built) > 0 && DefaultContext.resolve() != built[0] {
		t.Errorf("the default is %v of %v", DefaultContext.resolve(), built)
	}
	if slices.Contains(built, GLFW) {
		return // glfw_test.go opens it
	}
	if _, err := Open(Options{Context: GLFW}); err == nil || err.Error() != "gpu: device any: "+errNoGLFW.Error() {
		t.Error(err)
	}
	if _, _, err := Devices(GLFW); err == nil || !strings.Contains(err.Error(), errNoGLFW.Error()) {
		t.Error(err)
	}
}
