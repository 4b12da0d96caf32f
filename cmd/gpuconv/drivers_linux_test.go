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
	"syscall"
	"testing"
	"time"

	"gpuconv/gpu"
	"gpuconv/gpu/probe"
	"gpuconv/verify"
)

// mesaVendor is the file by which Mesa announces itself to GLVND's libEGL on Debian, Ubuntu and Fedora.
const mesaVendor = "/usr/share/glvnd/egl_vendor.d/50_mesa.json"

// vendor writes the file by which a vendor of EGL names its library.
func vendor(t *testing.T, library string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vendor.json")
	text, err := json.Marshal(map[string]any{"file_format_version": "1.0.0",
		"ICD": map[string]string{"library_path": library}})
	if err == nil {
		err = os.WriteFile(path, text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// driver builds a library that runs the given code when it is loaded. It returns its vendor's file.
func driver(t *testing.T, body string) string {
	t.Helper()
	dir := t.TempDir()
	source, library := filepath.Join(dir, "driver.c"), filepath.Join(dir, "libEGL_broken.so.0")
	text := "#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n__attribute__((constructor)) static void " +
		"start(void) { " + body + " }\n"
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

// needMesa skips a test on machines without Mesa's vendor file. It fails the test if a GPU is required, as in CI.
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

// TestReportsBeforeDrivers: verify begins its reports before it opens a device. So they are there, and can be read, if
// it is killed, or stopped, while a driver loads.
func TestReportsBeforeDrivers(t *testing.T) {
	needMesa(t)
	slow := driver(t, "for (int i = 0; i < 60 && getppid() != 1; i++) sleep(1);")
	for name, c := range map[string]struct {
		signal os.Signal
		want   string
	}{
		"killed":     {os.Kill, verify.Running + ": no case was run"},
		"terminated": {syscall.SIGTERM, "interrupted: no case was run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := program(t, strings.Fields("verify --quick --json v.json --jsonl v.jsonl --junit v.xml")...)
			cmd.Dir, cmd.Env = t.TempDir(), append(cmd.Env, "__EGL_VENDOR_LIBRARY_FILENAMES="+slow, graceVariable+"=1m")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			waitFor(t, filepath.Join(cmd.Dir, "v.jsonl"), ended) // the last one that is begun
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			<-ended
			if _, message := readJUnit(t, filepath.Join(cmd.Dir, "v.xml")); message != c.want {
				t.Errorf("JUnit says %q, want %q", message, c.want)
			}
			cases, end := readLines(t, filepath.Join(cmd.Dir, "v.jsonl"))
			if cases != 0 || end != (c.signal != os.Kill) {
				t.Errorf("%d lines of cases, end %v", cases, end)
			}
			if text, err := os.ReadFile(filepath.Join(cmd.Dir, "v.json")); err != nil || !json.Valid(text) {
				t.Errorf("%v, %s", err, text)
			}
		})
	}
}

// TestBrokenDrivers: info names a driver that dies or cannot be loaded. --backend auto takes the CPU and says why, and
// --backend gpu fails with an error of one line.
func TestBrokenDrivers(t *testing.T) {
	unraced(t)
	needMesa(t)
	const files = "__EGL_VENDOR_LIBRARY_FILENAMES="
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte("not JSON"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ variable, want string }{
		"server": {"GALLIUM_DRIVER=virpipe",
			`surfaceless.*: the driver \(libEGL_mesa\.so\.0, GALLIUM_DRIVER=virpipe\) died of SIGABRT: .+`},
		"other":   {files + vendor(t, "libm.so.6"), `vendor\.json: libm\.so\.6 is not a driver of EGL: it has no __egl_Main`},
		"names":   {files + "::" + broken, `(egl|passed over): /\S*broken\.json: invalid character 'o' in literal`},
		"text":    {files + broken, `broken\.json: invalid character 'o' in literal`},
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

// TestNoVendor: if libEGL finds no driver's file, the errors say where it looked.
func TestNoVendor(t *testing.T) {
	unraced(t)
	needMesa(t)
	none := t.TempDir()
	want := "egl: no driver is installed: no file for one in " + none + " ("
	for _, args := range [][]string{{"info"}, {"run", "--backend", "gpu", "--orientations", "0", "--output", "out"}} {
		out, stderr, _ := with(t, []string{"__EGL_VENDOR_LIBRARY_DIRS=" + none}, args...)
		if !strings.Contains(out+stderr, want) {
			t.Errorf("%q: %s%s, want %s", args, out, stderr, want)
		}
	}
}

// TestOneBrokenDriver: a broken driver is passed over, and one that works is taken.
func TestOneBrokenDriver(t *testing.T) {
	unraced(t)
	needMesa(t)
	for name, file := range map[string]string{"missing": vendor(t, "libEGL_none.so.0"),
		"abort": driver(t, "abort();")} {
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

// hanging is the code of a driver that never answers. First it signals that it was asked.
const hanging = `fclose(fopen(getenv("ASKED"), "w")); for (;;) sleep(1);`

// asked waits until a hanging driver is asked.
func asked(t *testing.T, mark string) {
	t.Helper()
	for range 600 {
		if _, err := os.Stat(mark); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the driver is not asked")
}

// TestHangingDriver: a driver that does not answer is killed with its process.
func TestHangingDriver(t *testing.T) {
	needGPU(t)
	t.Setenv("ASKED", filepath.Join(t.TempDir(), "asked"))
	t.Setenv("__EGL_VENDOR_LIBRARY_FILENAMES", driver(t, hanging))
	start := time.Now()
	found, ok, err := probe.Prober{Limit: time.Second}.Open(t.Context(), gpu.Options{})
	if err != nil || !ok || len(found.Died) != 1 ||
		!strings.HasSuffix(found.Died[0].Why, "libEGL_broken.so.0) does not answer") {
		t.Errorf("%v, %v, %+v", ok, err, found)
	}
	if took := time.Since(start); took > 25*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestInterruptedProbe: an interrupt ends the wait for a driver that does not answer, and ends that driver's process.
func TestInterruptedProbe(t *testing.T) {
	needGPU(t)
	broken := driver(t, hanging)
	for _, args := range [][]string{{"info"}, {"info", "--problem", "512,1,48,64,6,7,3,1,1"},
		{"run", "--orientations", "0", "--output", "out"}} {
		mark := filepath.Join(t.TempDir(), "asked")
		cmd := program(t, args...)
		cmd.Env = append(cmd.Env, "ASKED="+mark, "__EGL_VENDOR_LIBRARY_FILENAMES="+broken)
		cmd.Dir = t.TempDir()
		var errs strings.Builder
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		asked(t, mark)
		cmd.Process.Signal(os.Interrupt)
		slow := time.AfterFunc(20*time.Second, func() { t.Errorf("%q continues", args); cmd.Process.Kill() })
		cmd.Wait()
		slow.Stop()
		if cmd.ProcessState.ExitCode() != 1 || errs.String() != "gpuconv: interrupted; nothing was written\n" {
			t.Errorf("%q: %v, %s", args, cmd.ProcessState, &errs)
		}
	}
}

// TestNoChild: if the process that tries drivers ends before it asks one, info says so and continues.
func TestNoChild(t *testing.T) {
	needGPU(t)
	text, err := os.ReadFile(driver(t, `if (getenv("GPUCONV_PROBE")) { fputs("no\n", stderr); _exit(3); }`))
	if err != nil {
		t.Fatal(err)
	}
	library := regexp.MustCompile(`"library_path":"(.*?)"`).FindStringSubmatch(string(text))[1]
	out, stderr, ok := with(t, []string{"LD_PRELOAD=" + library}, "info")
	if want := "OpenGL    none: no OpenGL 4.3 device answers the request; trying drivers: the process ended with " +
		"exit code 3: no\n"; !ok || stderr != "" || !strings.Contains(out, want) {
		t.Errorf("%v, %s%s, want %s", ok, out, stderr, want)
	}
}

// TestChildAlone: a child that somebody starts by hand ends when its stdin does. It leaves the other processes of its
// group alone.
func TestChildAlone(t *testing.T) {
	needGPU(t)
	child := program(t)
	shell := exec.Command("sh", "-c", `"$0" </dev/null; echo alive`, child.Path)
	shell.Env = append(child.Env, `GPUCONV_PROBE={"device":"any"}`)
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if out, err := shell.Output(); err != nil || !strings.HasSuffix(string(out), "alive\n") {
		t.Errorf("%q, %v", out, err)
	}
}

// TestProbeIsKept: what a child found is kept for the next process in the same environment, and only for that one. That
// a driver died is not kept.
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
		found, ok, err := p.Open(t.Context(), gpu.Options{})
		if err != nil || !ok || records() != step.records || (len(found.Devices) == 0) != (len(found.Died) > 0) {
			t.Errorf("step %d: %v, %v, %d records, want %d, %+v", i, ok, err, records(), step.records, found)
		}
	}
}

// TestProbeIsRenewed: a record is valid until a missing library appears, or until devices are listed.
func TestProbeIsRenewed(t *testing.T) {
	needMesa(t)
	library := filepath.Join(t.TempDir(), "libEGL_late.so.0")
	t.Setenv("__EGL_VENDOR_LIBRARY_FILENAMES", vendor(t, library)+":"+mesaVendor)
	folder := t.TempDir()
	p := probe.Prober{Folder: folder}
	open := func(want string) {
		t.Helper()
		found, ok, err := p.Open(t.Context(), gpu.Options{})
		if err != nil || !ok || len(found.Devices) == 0 || len(found.PassedOver()) != 1 ||
			!strings.Contains(found.PassedOver()[0].Why, want) {
			t.Errorf("%v, %v, %+v, want %s", ok, err, found, want)
		}
	}
	open("No such file")
	if err := os.WriteFile(library, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	open("file too short")
	if _, ok, err := p.Devices(t.Context(), gpu.DefaultProvider); err != nil || !ok {
		t.Errorf("%v, %v", ok, err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) > 0 {
		t.Errorf("%q are kept", left)
	}
}

// TestEnvironmentStays: a vendor that dies is left out in later children and in this process. Other processes that this
// one starts are not affected.
func TestEnvironmentStays(t *testing.T) {
	needMesa(t)
	files := driver(t, "abort();") + ":" + mesaVendor
	t.Setenv("__EGL_VENDOR_LIBRARY_FILENAMES", files)
	found, ok, err := probe.Prober{}.Open(t.Context(), gpu.Options{})
	if err != nil || !ok || len(found.Devices) != 1 || len(found.Died) != 1 {
		t.Errorf("%v, %v, %+v", ok, err, found)
	}
	if got := os.Getenv("__EGL_VENDOR_LIBRARY_FILENAMES"); got != files {
		t.Errorf("the environment has %s, want %s", got, files)
	}
}

// TestLimitedAddresses: if address space is limited (ulimit -v), so that drivers die or do not open, info and --backend
// auto continue with the CPU. When each thread had a pool of memory, 1.75 GB were too few for every second run. Now
// they are too few for one run in ten, in which 355 to 364 MB are left and 370 needed.
func TestLimitedAddresses(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes terabytes of addresses; make test runs it without one too")
	}
	path := program(t).Path
	for _, line := range []string{"info", "run --orientations 0 --output a", "run --orientations 0 --output b",
		"run --backend cpu --orientations 0 --output c", "run --backend cpu --orientations 0 --output d"} {
		shell := exec.Command("sh", "-c", `ulimit -v 1800000; exec "$0" `+line, path)
		shell.Env = append(os.Environ(), cacheVariable+"=off", "GOMAXPROCS=2") // each thread takes 8 MB of addresses
		shell.Dir = t.TempDir()
		out, err := shell.CombinedOutput()
		if err != nil || strings.Contains(string(out), "goroutine ") {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
}
