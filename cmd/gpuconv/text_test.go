package main

import (
	"errors"
	"fmt"
	"testing"

	"gpuconv/fault"
)

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a  b":                     "a  b",
		"a\nb\n":                   "a; b",
		"\n\n a \r\n\n\tb":         "a; b",
		"":                         "",
		errors.New("x\ny").Error(): "x; y",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFlagError(t *testing.T) {
	cause := &fault.Error{Package: "npy", Argument: "x.npy", Rule: "want 4 dimensions"}
	for want, err := range map[string]error{
		"--input x.npy: want 4 dimensions":  refused("input", "x.npy", cause),
		"--input: x.npy: want 4 dimensions": failed("input", "", cause),
		`--input "a\nb": full`:              failed("input", "a\nb", errors.New("full")),
		"--size 1: want 2":                  refused("size", "1", &fault.Error{Package: "filters", Argument: "size", Value: "1", Rule: "want 2"}),
		"x.npy: want 4 dimensions":          plain(cause),
		`--pool "max": want max:2`:          misread("pool", "max", &fault.Error{Package: "conv", Value: "max", Rule: "want max:2"}),
		`--pool "": want max:2`:             misread("pool", "", errors.New("want max:2")),
		"SETTING: x.npy: want 4 dimensions": usage(fmt.Errorf("SETTING: %w", plain(cause))),
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	err := refused("input", "x.npy", cause)
	if !errors.As(err, new(usageError)) || !errors.Is(err, error(cause)) {
		t.Error("an error of the call is not marked, or its cause is not unwrapped")
	}
	if errors.As(failed("input", "", cause), new(usageError)) {
		t.Error("a file that cannot be read is an error of the call")
	}
	if failed("a", "", nil) != nil || refused("a", "", nil) != nil || plain(nil) != nil {
		t.Error("nil does not stay nil")
	}
}

func TestEither(t *testing.T) {
	for _, c := range []struct {
		choices []string
		want    string
	}{{nil, ""}, {[]string{"a"}, "a"}, {[]string{"a", "b"}, "a or b"}, {[]string{"a", "b", "c"}, "a, b or c"}} {
		if got := either(c.choices); got != c.want {
			t.Errorf("either(%v) = %q, want %q", c.choices, got, c.want)
		}
	}
}

// TestResources: a request that exceeds the machine's memory or disk is an error of the call.
func TestResources(t *testing.T) {
	if err := checkMemory("it", 1e18); !errors.As(err, new(usageError)) {
		t.Errorf("1 EB of memory: %v", err)
	}
	if err := checkDisk("it", t.TempDir()+"/new/folder", 1e24); !errors.As(err, new(usageError)) {
		t.Errorf("1e24 B on disk: %v", err)
	}
}

// TestBarWidth: the line of the bar, with a ^C, fits any terminal that is wide enough for a bar.
func TestBarWidth(t *testing.T) {
	for _, c := range []struct{ columns, total, want int }{{200, 4000, 40}, {100, 360000, 30}, {80, 4000, 14},
		{10, 4000, 2}} {
		if got := barWidth(c.columns, "convolving", c.total); got != c.want {
			t.Errorf("%d columns, %d images: %d, want %d", c.columns, c.total, got, c.want)
		}
	}
}
