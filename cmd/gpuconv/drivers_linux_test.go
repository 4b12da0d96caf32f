//go:build cgo && !nogl

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gpuconv/gpu"
	"gpuconv/gpu/probe"
)

// mesaVendor is the file with which Debian's, Ubuntu's and Fedora's Mesa tells GLVND's libEGL of itself.
const mesaVendor = "/usr/share/glvnd/egl_vendor.d/50_mesa.json"

// vendor writes a file of a vendor of EGL that names a library.
func vendor(t *testing.T, library string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vendor.json")
	text, err := json.Marshal(map[string]any{"file_format_version": "1.0.0", "ICD": map[string]string{"library_path": library}})
	if err == nil {
		err = os.WriteFile(path, text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// driver builds a library that does this when it is loaded, and returns the file of its vendor.
func driver(t *testing.T, body string) string {
	t.Helper()
	dir := t.TempDir()
	source, library := filepath.Join(dir, "driver.c"), filepath.Join(dir, "libEGL_broken.so.0")
	text := "#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n__attribute__((constructor)) static void start(void) { " + body + " }\n"
	if err := os.WriteFile(source, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", library, source).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return vendor(t, library)
}

// with runs gpuconv with these variables. It returns stdout, stderr and whether it succeeded.
func with(t *testing.T, variables []string, args ...string) (stdout, stderr string, ok bool) {
	t.Helper()
	cmd := program(t, args...)
	cmd.Env = append(cmd.Env, variables...)
	cmd.Dir = t.TempDir()
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return string(out), errs.String(), err == nil
}

// needMesa skips a test on machines without Mesa's vendor file, or fails it where a GPU is required, as in CI.
func needMesa(t *testing.T) {
	t.Helper()
	needGPU(t)
	_, err := os.Stat(mesaVendor)
	switch {
	case err != nil && os.Getenv("GPUCONV_REQUIRE_GPU") == "1":
		t.Fatalf("no vendor file of Mesa: %v", err)
	case err != nil:
		t.Skip("no vendor file of Mesa")
	}
}

// TestBrokenDrivers: info names a driver that dies or cannot be loaded, --backend auto takes the CPU and says why, and
// --backend gpu is an error of one line.
func TestBrokenDrivers(t *testing.T) {
	needMesa(t)
	const files = "__EGL_VENDOR_LIBRARY_FILENAMES="
	for name, test := range map[string]struct{ variable, want string }{
		"server": {"GALLIUM_DRIVER=virpipe",
			`surfaceless.*: the driver \(libEGL_mesa\.so\.0, GALLIUM_DRIVER=virpipe\) died of SIGABRT: .+`},
		"missing": {files + vendor(t, "libEGL_none.so.0"), `vendor\.json: libEGL_none\.so\.0: cannot open shared object file`},
		"abort":   {files + driver(t, "abort();"), `vendor\.json: the driver \(.*libEGL_broken\.so\.0\) died of SIGABRT`},
		"crash": {files + driver(t, `fputs("one\ntwo\n\n", stderr); *(volatile int *)8 = 1;`),
			`the driver \(.*libEGL_broken\.so\.0\) died of SIGSEGV: two`},
		"exit": {files + driver(t, `puts("{}"); _exit(3);`), `the driver \(.*\) ended its process with exit code 3`},
	} {
		t.Run(name, func(t *testing.T) {
			variables := []string{test.variable}
			want := regexp.MustCompile(test.want)
			out, stderr, ok := with(t, variables, "info")
			none := regexp.MustCompile(`(?m)^OpenGL    none: .*$`).FindString(out)
			if !ok || stderr != "" || !want.MatchString(none) || strings.Contains(none, "EGL_BAD_PARAMETER") {
				t.Errorf("info: %v, %s%s", ok, out, stderr)
			}
			out, stderr, ok = with(t, variables, "run", "--orientations", "0", "--output", "out")
			note := regexp.MustCompile(`(?m)^          \(no hardware GPU was found; passed over: .*\)$`).FindString(out)
			if !ok || !want.MatchString(note) || !strings.Contains(out, "device    CPU engine") {
				t.Errorf("--backend auto: %v, %s%s", ok, out, stderr)
			}
			_, stderr, ok = with(t, variables, "run", "--backend", "gpu", "--orientations", "0", "--output", "out")
			line := errorLine(t, stderr)
			if ok || !strings.HasPrefix(line, "gpuconv: --backend gpu: ") || !want.MatchString(line) {
				t.Errorf("--backend gpu: %v, %s", ok, stderr)
			}
		})
	}
}

// TestOneBrokenDriver: what is broken is passed over, and what works is taken.
func TestOneBrokenDriver(t *testing.T) {
	needMesa(t)
	for name, file := range map[string]string{"missing": vendor(t, "libEGL_none.so.0"), "abort": driver(t, "abort();")} {
		t.Run(name, func(t *testing.T) {
			variables := []string{"__EGL_VENDOR_LIBRARY_FILENAMES=" + file + ":" + mesaVendor}
			out, stderr, ok := with(t, variables, "info")
			if !ok || !strings.Contains(out, "llvmpipe") || !strings.Contains(out, "passed over: "+file+": ") {
				t.Errorf("info: %v, %s%s", ok, out, stderr)
			}
			out, stderr, ok = with(t, variables, "run", "--backend", "gpu", "--orientations", "0", "--output", "out")
			if !ok || !strings.Contains(out, "llvmpipe") {
				t.Errorf("--backend gpu: %v, %s%s", ok, out, stderr)
			}
		})
	}
}

// TestHangingDriver: a driver that does not answer is killed with its process.
func TestHangingDriver(t *testing.T) {
	needGPU(t)
	t.Setenv("__EGL_VENDOR_LIBRARY_FILENAMES", driver(t, "for (;;) sleep(1);"))
	start := time.Now()
	found, ok := probe.Prober{Limit: time.Second}.Open(gpu.Options{})
	if !ok || len(found.Died) != 1 || !strings.HasSuffix(found.Died[0].Why, "libEGL_broken.so.0) does not answer") {
		t.Errorf("%v, %+v", ok, found)
	}
	if took := time.Since(start); took > 25*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestProbeIsKept: what a child found holds for the next process in the same environment, and only there. That a
// driver died is not kept.
func TestProbeIsKept(t *testing.T) {
	needGPU(t)
	folder := t.TempDir()
	records := func() int {
		all, _ := filepath.Glob(filepath.Join(folder, "*.probe"))
		return len(all)
	}
	p := probe.Prober{Folder: folder}
	for i, step := range []struct {
		name, value string
		records     int
	}{{"A", "1", 1}, {"A", "1", 1}, {"A", "2", 2}, {"GALLIUM_DRIVER", "virpipe", 2}} {
		t.Setenv(step.name, step.value)
		found, ok := p.Open(gpu.Options{})
		if !ok || records() != step.records || (len(found.Devices) == 0) != (len(found.Died) > 0) {
			t.Errorf("step %d: %v, %d records, want %d, %+v", i, ok, records(), step.records, found)
		}
	}
}
