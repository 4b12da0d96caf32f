package main

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
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

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{"a b": "a b", "": `""`, "a\nb": `"a\nb"`, "ü": "ü"} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %s, want %s", in, got, want)
		}
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

func TestWithout(t *testing.T) {
	inner := errors.New("npy: x.npy: full")
	err := without(inner, "npy: ", "x.npy: ")
	if err.Error() != "full" || !errors.Is(err, inner) {
		t.Errorf("%q, wraps the other: %v", err, errors.Is(err, inner))
	}
}

// TestNumber: what JSON cannot say is null.
func TestNumber(t *testing.T) {
	text, err := json.Marshal([]number{1.5, number(math.Inf(1)), number(math.NaN())})
	if err != nil || string(text) != "[1.5,null,null]" {
		t.Errorf("%s, %v", text, err)
	}
	for in, want := range map[number]string{0.01234: "0.0123", 99.94: "99.9", 1234.5: "1234", 1e6: "1000000"} {
		if got := in.String(); got != want {
			t.Errorf("%v is written %s, want %s", float64(in), got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[float64]string{0: "0 B", 999: "999 B", 1e3: "1 kB", 81.8e9: "81.8 GB", 1e25: "1e+07 EB"} {
		if got := size(bytes); got != want {
			t.Errorf("size(%v) = %s, want %s", bytes, got, want)
		}
	}
}

func TestResources(t *testing.T) {
	if err := checkMemory("it", 1); err != nil {
		t.Error(err)
	}
	if err := checkMemory("it", 1e18); !errors.As(err, new(usageError)) {
		t.Errorf("1 EB of memory: %v", err)
	}
	if err := checkDisk("it", t.TempDir()+"/new/folder", 1); err != nil {
		t.Error(err)
	}
	if err := checkDisk("it", t.TempDir()+"/new/folder", 1e24); !errors.As(err, new(usageError)) {
		t.Errorf("1e24 B on disk: %v", err)
	}
}

// TestBarWidth: the bar's line with a ^C fits the terminal where any can.
func TestBarWidth(t *testing.T) {
	for _, c := range []struct{ columns, total, want int }{{200, 4000, 40}, {100, 360000, 30}, {80, 4000, 14}, {10, 4000, 2}} {
		if got := barWidth(c.columns, "convolving", c.total); got != c.want {
			t.Errorf("%d columns, %d images: %d, want %d", c.columns, c.total, got, c.want)
		}
	}
}
