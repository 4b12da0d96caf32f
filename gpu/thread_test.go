package gpu

import (
	"errors"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/fault"
)

// TestThreadPanics: a panic reaches the caller, and the thread continues.
func TestThreadPanics(t *testing.T) {
	th := startThread(func() {})
	defer th.close()
	defer func() {
		if got, ok := recover().(*fault.Panic); !ok || got.Value != "boom" ||
			!strings.Contains(got.Where, "TestThreadPanics") {
			t.Errorf("recovered %v", got)
		}
		if err := th.do(func() error { return nil }); err != nil {
			t.Errorf("after a panic: %v", err)
		}
	}()
	th.do(func() error { panic("boom") })
}

// TestThreadClose: the thread runs leave at its end, once, and does nothing after that.
func TestThreadClose(t *testing.T) {
	left := 0
	th := startThread(func() { left++ })
	if err := th.do(func() error { return errors.New("own") }); err == nil || err.Error() != "own" || left != 0 {
		t.Errorf("%v, left %d times", err, left)
	}
	th.close()
	th.close()
	err := th.do(func() error { t.Error("called after close"); return nil })
	if !errors.Is(err, conv.ErrClosed) || left != 1 {
		t.Errorf("%v, left %d times", err, left)
	}
}
