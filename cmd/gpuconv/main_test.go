package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gpuconv/gpu"

	"github.com/rogpeppe/go-internal/testscript"
)

// graceVariable sets how long the program may take to stop, for tests on a busy machine.
const graceVariable = "TEST_GRACE"

// leaseVariable sets how long a folder belongs to a process that does nothing.
const leaseVariable = "TEST_LEASE"

// TestMain runs the test binary as the program gpuconv if it is started under that name, as scripts and tests do.
func TestMain(m *testing.M) {
	if _, chosen := os.LookupEnv(cacheVariable); !chosen { // tests leave the user's cache alone
		os.Setenv(cacheVariable, "off")
	}
	testscript.Main(m, map[string]func(){"gpuconv": func() {
		if longer, err := time.ParseDuration(os.Getenv(graceVariable)); err == nil {
			grace = longer
		}
		if shorter, err := time.ParseDuration(os.Getenv(leaseVariable)); err == nil {
			lease = shorter
		}
		main()
	}})
}

// unraced skips a test under the race detector, which makes a start of gpuconv six times slower. It is for tests of
// texts, numbers, files and the source that add no goroutines to those of the scripts in racedScripts and of the tests
// that remain. make full runs them.
func unraced(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("make full runs it, without the race detector")
	}
}

// racedScripts are the scripts that run under the race detector too: those of jobs with several goroutines.
var racedScripts = []string{"benchgpu", "check", "keep", "leftovers", "memory", "resume", "shards", "verifygpu"}

// TestScripts runs the scripts of testdata. script_test.go explains the commands that they add to those of testscript.
func TestScripts(t *testing.T) {
	var files []string
	for _, name := range scriptNames(t) {
		if !raceEnabled || slices.Contains(racedScripts, name) {
			files = append(files, filepath.Join("testdata", name+".txtar"))
		}
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(environment(t), e.Vars...)
			return nil
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "refuses": refuses, "folder": folder,
			"shape": shape, "near": near, "pixels": pixels, "array": array, "values": values, "convolved": convolved, "png": pngs, "field": field,
		},
	})
}

// environment is the environment of the program. It is the user's, which has what drivers need and GPUCONV_REQUIRE_GPU.
// It includes the driver's cache of shaders, so that not every script compiles them, but not gpuconv's own cache. It
// tells the race detector not to sleep for a second at the end of each process.
func environment(t *testing.T) []string {
	t.Helper()
	vars := append(os.Environ(), cacheVariable+"=off")
	if cache, err := os.UserCacheDir(); err == nil {
		vars = append(vars, "XDG_CACHE_HOME="+cache)
	}
	if os.Getenv("GORACE") == "" {
		vars = append(vars, "GORACE=atexit_sleep_ms=0")
	}
	return vars
}

// opened returns why no device of a kind can be opened, or nil if one can.
func opened(options gpu.Options) func() error {
	return sync.OnceValue(func() error {
		d, err := gpu.Open(options)
		if err == nil {
			err = d.Close()
		}
		return err
	})
}

var (
	anyDevice = opened(gpu.Options{})
	hardware  = opened(gpu.Options{Device: gpu.Hardware()})
)

// condition tells scripts what this machine and this build have. A missing GPU is an error if GPUCONV_REQUIRE_GPU=1.
func condition(name string) (bool, error) {
	switch name {
	case "gpu":
		err := anyDevice()
		if err != nil && os.Getenv("GPUCONV_REQUIRE_GPU") == "1" {
			return false, fmt.Errorf("GPUCONV_REQUIRE_GPU=1, and %w", err)
		}
		return err == nil, nil
	case "hardware":
		return hardware() == nil, nil
	case "glfw":
		return slices.Contains(gpu.Providers(), gpu.GLFW), nil
	case "display":
		return os.Getenv("DISPLAY") != "" || os.Getenv("GPUCONV_REQUIRE_GPU") == "1", nil
	case "opengl":
		return !errors.Is(anyDevice(), gpu.ErrUnavailable), nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// needGPU skips a test if there is no GPU, or fails it if GPUCONV_REQUIRE_GPU=1.
func needGPU(tb testing.TB) {
	tb.Helper()
	if ok, err := condition("gpu"); err != nil {
		tb.Fatal(err)
	} else if !ok {
		tb.Skipf("no GPU: %v", anyDevice())
	}
}

// program returns a command that starts gpuconv in a process of its own.
func program(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("gpuconv", args...) // testscript.Main has put it into PATH
	if cmd.Err != nil {
		t.Fatal(cmd.Err)
	}
	cmd.Env = append(os.Environ(), cacheVariable+"=off")
	if os.Getenv("GORACE") == "" {
		cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0")
	}
	return cmd
}

// errorLine returns the only line on stderr that is not a log line. The test fails if there are several.
func errorLine(t testing.TB, stderr string) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "time=") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	if len(lines) != 1 {
		t.Fatalf("stderr has %d lines, want one error:\n%s", len(lines), stderr)
	}
	return lines[0]
}

// unixOnly skips a test on systems without signals.
func unixOnly(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted there")
	}
}

// panicking is a stdout that panics.
type panicking struct{}

func (panicking) Write(text []byte) (int, error) {
	if len(text) > 0 {
		panic("boom")
	}
	return 0, nil
}

// TestPanicIsALine: a panic is one line on stderr and exit code 1, without a traceback.
func TestPanicIsALine(t *testing.T) {
	var stderr bytes.Buffer
	code := execute(t.Context(), []string{"version"}, panicking{}, &stderr)
	if line := errorLine(t, stderr.String()); code != exitFailed ||
		!strings.HasPrefix(line, "gpuconv: internal error: boom, in gpuconv.panicking.Write (main_test.go:") {
		t.Errorf("code %d, %q", code, line)
	}
}
