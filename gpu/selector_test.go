package gpu

import (
	"errors"
	"testing"

	"gpuconv/fault"
)

// TestSelector: a selector made in Go equals the one read from text, and prints that text.
func TestSelector(t *testing.T) {
	for text, want := range map[string]Selector{
		"any": Any(), "gpu": Hardware(), "software": Software(), "task": Task(), "0": Numbered(0), "17": Numbered(17),
	} {
		if s, err := ParseSelector(text); err != nil || s != want || s.String() != text {
			t.Errorf("%s: %v, %v", text, s, err)
		}
	}
	if (Selector{}) != Any() {
		t.Error("the zero value is not Any")
	}
	for _, text := range []string{"", "x", "-1", "1.5", "GPU", "llvmpipe"} {
		_, err := ParseSelector(text)
		want := `device "` + text + `": want any, gpu, software, task or the number of a device`
		if err == nil || fault.Plain(err) != want || err.Error() != "gpu: "+want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestOpenErrors: an error of Open says which device cannot be opened, and why.
func TestOpenErrors(t *testing.T) {
	for _, c := range []struct {
		options Options
		cause   error
	}{{Options{Device: Numbered(63), Provider: EGL}, ErrNoDevice},
		{Options{Device: Numbered(-1), Provider: EGL}, nil}} {
		_, err := Open(c.options)
		if errors.Is(err, ErrUnavailable) {
			c.cause = ErrUnavailable
		}
		device := c.options.Device.String()
		if err == nil || c.cause != nil && !errors.Is(err, c.cause) ||
			err.Error() != "gpu: device "+device+": "+fault.Beside("device", device, err) {
			t.Errorf("device %s: %v", device, err)
		}
		if c.cause == nil && fault.Beside("device", device, err) != "want a number of at least 0" {
			t.Errorf("device %s: %v", device, err)
		}
	}
}

// TestAnsweredBy: an open device must be of the wanted kind.
func TestAnsweredBy(t *testing.T) {
	soft, hard := Info{Renderer: "llvmpipe", Software: true}, Info{Renderer: "NVIDIA H100"}
	for _, c := range []struct {
		selector Selector
		device   Info
		want     string
	}{
		{Any(), soft, ""}, {Any(), hard, ""}, {Numbered(0), soft, ""}, {Numbered(0), hard, ""},
		{Hardware(), hard, ""}, {Hardware(), soft, "llvmpipe is a software renderer"},
		{Task(), hard, ""}, {Task(), soft, "llvmpipe is a software renderer"},
		{Software(), soft, ""}, {Software(), hard, "NVIDIA H100 is not a software renderer"},
	} {
		got := ""
		if err := c.selector.answeredBy(c.device); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v by %v: %q, want %q", c.selector, c.device, got, c.want)
		}
	}
}
