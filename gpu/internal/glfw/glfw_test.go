//go:build glfw && cgo && !nogl

package glfw

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// withoutMain makes the test binary a program that does not call Main.
const withoutMain = "GPUCONV_TEST_WITHOUT_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(withoutMain) != "" {
		_, err := Open()
		fmt.Print(err)
		return
	}
	Main(func() { os.Exit(m.Run()) })
}

// TestGLFWWithoutMain: a program that has not called Main gets an error that says so, and does not wait.
func TestGLFWWithoutMain(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), withoutMain+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "GLFW needs the main thread: call gpu.Main in function main" {
		t.Errorf("%s, %v", out, err)
	}
}

// openTest opens a context on the calling thread. Where there is no display it skips the test, or fails it if
// GPUCONV_REQUIRE_GPU=1.
func openTest(t *testing.T) *Opened {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	o, err := Open()
	if err != nil && os.Getenv("GPUCONV_REQUIRE_GPU") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestGLFWClose: a closed window is gone, and others can be opened after it.
func TestGLFWClose(t *testing.T) {
	for range 5 {
		o := openTest(t)
		if count(t) != 1 {
			t.Fatalf("%d windows, want 1", count(t))
		}
		if attribute(t, o, glfw.Visible) != glfw.False {
			t.Error("the window is shown")
		}
		if o.ProcAddress("glDispatchCompute") == nil {
			t.Error("no glDispatchCompute in OpenGL 4.3")
		}
		if err := errors.Join(o.Close(), o.Close()); err != nil {
			t.Error(err)
		}
		if o.ProcAddress("glDispatchCompute") != nil {
			t.Error("a context is current after Close")
		}
		if count(t) != 0 {
			t.Fatalf("%d windows after Close", count(t))
		}
	}
}

func attribute(t *testing.T, o *Opened, name glfw.Hint) (value int) {
	t.Helper()
	if err := onMainThread(func() error { value = o.window.GetAttrib(name); return nil }); err != nil {
		t.Fatal(err)
	}
	return value
}

func count(t *testing.T) (open int) {
	t.Helper()
	if err := onMainThread(func() error { open = windows; return nil }); err != nil {
		t.Fatal(err)
	}
	return open
}

// TestGLFWAttempt: GLFW's errors are returned in its own words, however go-gl reports them.
func TestGLFWAttempt(t *testing.T) {
	var written bytes.Buffer
	former := log.Writer()
	log.SetOutput(&written)
	defer log.SetOutput(former)
	for _, c := range []struct {
		name      string
		f         func() error
		want, log string
	}{
		{"nothing", func() error { return nil }, "", ""},
		{"returned", func() error { return errors.New("own") }, "own", ""},
		{"reported", func() error { return &glfw.Error{Code: glfw.VersionUnavailable, Desc: "too old"} }, "too old", ""},
		{"raised", func() error { panic(&glfw.Error{Code: glfw.APIUnavailable, Desc: "none"}) }, "none", ""},
		{"logged", func() error {
			log.Println(&glfw.Error{Code: 0x00010008, Desc: "X11: no display"}) // GLFW_PLATFORM_ERROR
			panic(&glfw.Error{Desc: "not initialised"})
		}, "X11: no display", ""},
		{"logged beside others", func() error {
			log.Println("other")
			log.Println(&glfw.Error{Code: 0x00010008, Desc: "a"})
			log.Println(&glfw.Error{Code: 0x00010008, Desc: "b"})
			return errors.New("failed")
		}, "a; b", "other"},
		{"logged without failing", func() error { log.Println(&glfw.Error{Code: 0x00010008, Desc: "no joysticks"}); return nil }, "", "no joysticks"},
	} {
		written.Reset()
		got := ""
		if err := attempt(c.f); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: error %q, want %q", c.name, got, c.want)
		}
		if text := strings.TrimSpace(written.String()); (c.log == "") != (text == "") ||
			!strings.HasSuffix(text, c.log) || strings.Count(text, "\n") > 0 {
			t.Errorf("%s: log %q, want %q", c.name, text, c.log)
		}
		if log.Writer() != &written {
			t.Fatalf("%s: the log goes elsewhere", c.name)
		}
	}
}

// TestGLFWPanics: panics that are not GLFW's reach the caller.
func TestGLFWPanics(t *testing.T) {
	defer func() {
		if got := recover(); got != "boom" {
			t.Errorf("recovered %v", got)
		}
	}()
	raised(func() error { panic("boom") })
}
