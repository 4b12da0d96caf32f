package fault

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// TestGuard: each kind of panic becomes an error that says what happened and where. A function that does not panic is
// unaffected.
func TestGuard(t *testing.T) {
	var none []int
	var nothing *Error
	for name, c := range map[string]struct {
		f    func() error
		want string
	}{
		"a text":                {func() error { panic("boom") }, "internal error: boom, in fault.TestGuard.func"},
		"an index":              {func() error { return errors.New(string(rune(none[len(none)]))) }, "index out of range [0] with length 0, in fault.TestGuard.func"},
		"a nil pointer":         {func() error { return errors.New(nothing.Value) }, "nil pointer dereference, in fault.TestGuard.func"},
		"a library's":           {func() error { return errors.New(strings.Repeat("x", -len(none)-1)) }, "negative Repeat count, in strings.Repeat"},
		"raised again":          {func() error { panic(Guard(func() error { panic("first") })) }, "internal error: first, in fault.TestGuard.func"},
		"an error, no panic":    {func() error { return io.EOF }, "EOF"},
		"what a deferred finds": {func() error { defer func() { panic(recover()) }(); panic("twice") }, "internal error: twice, in fault.TestGuard.func"},
	} {
		err := Guard(c.f)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want …%s…", name, err, c.want)
		}
		if err != io.EOF && (!errors.As(err, new(*Panic)) || !strings.Contains(err.Error(), ".go:")) {
			t.Errorf("%s: %v is not a *Panic with its place", name, err)
		}
	}
	if err := Guard(func() error { return nil }); err != nil {
		t.Error(err)
	}
	if err := Guard(func() error { panic(io.EOF) }); !errors.Is(err, io.EOF) {
		t.Errorf("%v: it does not unwrap what it panicked with", err)
	}
	var runtimeError runtime.Error
	if err := Guard(func() error { none[1] = 2; return nil }); !errors.As(err, &runtimeError) {
		t.Errorf("%v: want an error of the runtime", err)
	}
}
