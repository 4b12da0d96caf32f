//go:build linux && cgo && !nogl

package main

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// display matches what a program without a display must not need: a library, a library that a package requests from the
// linker or pkg-config, or the package itself.
var display = regexp.MustCompile(`(?i)glfw|lib(X|xcb|GL\b|GLX|wayland)|(^|-l)(X[a-z0-9]+|xcb|GLX?|wayland.*)$`)

// makefileTags are the build tags of make build.
func makefileTags(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	tags := regexp.MustCompile(`(?m)^TAGS *:= *(.*)$`).FindSubmatch(text)
	if tags == nil {
		t.Fatal("the Makefile has no TAGS")
	}
	return string(tags[1])
}

// TestHeadless: the program that make build makes links neither X11 nor GLX nor GLFW.
func TestHeadless(t *testing.T) {
	if raceEnabled {
		t.Skip("the program that it builds has no race detector; make test runs it without one too")
	}
	path := filepath.Join(t.TempDir(), "gpuconv")
	if out, err := exec.Command("go", "build", "-tags", makefileTags(t), "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	program, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	libraries, err := program.DynString(elf.DT_NEEDED)
	if err != nil || len(libraries) == 0 {
		t.Fatalf("needs %v, %v: want libEGL and the C library", libraries, err)
	}
	for _, l := range libraries {
		if display.MatchString(l) {
			t.Errorf("make build's program needs %s, of %v", l, libraries)
		}
	}
}

// TestHeadlessPackages: no package of that program requests X11, GLX or GLFW, whether it is used or not.
func TestHeadlessPackages(t *testing.T) {
	unraced(t)
	cmd := exec.Command("go", "list", "-deps", "-tags", makefileTags(t), "-json=ImportPath,CgoLDFLAGS,CgoPkgConfig",
		".")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	egl := false
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath               string
			CgoLDFLAGS, CgoPkgConfig []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.ImportPath, "github.com/go-gl/glfw") {
			t.Errorf("%s is in make build's program", p.ImportPath)
		}
		for _, asked := range append(p.CgoLDFLAGS, p.CgoPkgConfig...) {
			egl = egl || asked == "egl"
			if display.MatchString(asked) {
				t.Errorf("%s, in make build's program, asks for %s", p.ImportPath, asked)
			}
		}
	}
	if !egl {
		t.Error("no package asks for EGL: is OpenGL in it?")
	}
}

// TestDisplayLibraries: the pattern matches the names that it should, and no others.
func TestDisplayLibraries(t *testing.T) {
	for name, want := range map[string]bool{
		"libX11.so.6": true, "libxcb.so.1": true, "libGL.so.1": true, "libGLX.so.0": true, "libglfw.so.3": true, "libXrandr.so.2": true,
		"libwayland-client.so.0": true, "-lGL": true, "-lX11": true, "-lXxf86vm": true, "gl": true, "x11": true,
		"libEGL.so.1": false, "libc.so.6": false, "libm.so.6": false, "libGLdispatch.so.0": false, "egl": false, "-lm": false, "-ldl": false, "-lrt": false,
	} {
		if display.MatchString(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
