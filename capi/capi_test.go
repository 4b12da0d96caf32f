package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var writeABI = flag.Bool("abi", false, "write testdata/abi.txt anew from gpuconv.h")

// TestABI: gpuconv.h declares what testdata/abi.txt lists. A changed line breaks existing programs.
func TestABI(t *testing.T) {
	got := declarations(read(t, "gpuconv.h"))
	golden := filepath.Join("testdata", "abi.txt")
	if *writeABI {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, golden); got != want {
		t.Errorf("the interface has changed: add at the ends of structs and enums only, raise GPUCONV_ABI, then run "+
			"go test ./capi -run ABI -abi, and look at the difference\n%s", got)
	}
}

var (
	comments = regexp.MustCompile(`(?s)/\*.*?\*/`)
	blanks   = regexp.MustCompile(`[ \t]+`)
)

// declarations returns a header without comments and empty lines.
func declarations(header string) string {
	var kept []string
	for line := range strings.Lines(comments.ReplaceAllString(header, "")) {
		if line = strings.TrimSpace(blanks.ReplaceAllString(line, " ")); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n") + "\n"
}

var (
	declared = regexp.MustCompile(`(?m)^[a-z].*?\*?(gpuconv_\w+)\([^;]*\)?`)
	shown    = regexp.MustCompile(`(?m)^\t\t(gpuconv_\w+);`)
)

// functions returns the sorted functions of gpuconv.h.
func functions(t *testing.T) []string {
	t.Helper()
	return names(declared, comments.ReplaceAllString(read(t, "gpuconv.h"), ""))
}

func names(pattern *regexp.Regexp, text string) (all []string) {
	for _, found := range pattern.FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	slices.Sort(all)
	return all
}

// TestMap: the library shows the functions of the header.
func TestMap(t *testing.T) {
	want, got := functions(t), names(shown, read(t, "gpuconv.map"))
	if len(want) < 14 || !slices.Equal(got, want) {
		t.Errorf("gpuconv.map shows %q, want the functions of gpuconv.h, %q", got, want)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestLibrary builds the library, and C programs that use it with sanitizers.
func TestLibrary(t *testing.T) {
	onlyWith(t, "gcc")
	folder := t.TempDir()
	library(t, folder)
	t.Run("symbols", func(t *testing.T) {
		var got []string
		for line := range strings.Lines(command(t, nil, "nm", "-D", "--defined-only",
			filepath.Join(folder, "libgpuconv.so"))) {
			if fields := strings.Fields(line); fields[1] != "A" { // the name of the version
				got = append(got, strings.TrimSuffix(fields[2], "@@GPUCONV_1"))
			}
		}
		if want := functions(t); !slices.Equal(got, want) {
			t.Errorf("the library shows %q, want %q", got, want)
		}
	})
	t.Run("misuse", func(t *testing.T) {
		program := compile(t, folder, filepath.Join("testdata", "misuse.c"))
		// The test compares handlers of signals, so the sanitizer must not install some.
		out := command(t, []string{"ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_sigfpe=0"}, program)
		if out != "" {
			t.Errorf("it prints %s", out)
		}
	})
	t.Run("document", func(t *testing.T) {
		if got, want := command(t, nil, compile(t, folder, document(t, t.TempDir()))), printed(t); got != want {
			t.Errorf("it prints\n%swant\n%s", got, want)
		}
	})
	t.Run("R", func(t *testing.T) {
		if _, err := exec.LookPath("Rscript"); err != nil {
			t.Skip("R is not installed: apt-get install r-base-core")
		}
		here := t.TempDir()
		for name, start := range map[string]string{"convolve.c": "```c\n/* convolve.c */\n", "edges.r": "```r\n"} {
			path := filepath.Join(here, name)
			if err := os.WriteFile(path, []byte(between(t, start, "```")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		command(t, []string{"PKG_CPPFLAGS=-I" + folder, "PKG_LIBS=-L" + folder + " -lgpuconv -Wl,-rpath," + folder},
			"sh", "-c", "cd '"+here+"' && R CMD SHLIB convolve.c")
		got := command(t, nil, "sh", "-c", "cd '"+here+"' && Rscript edges.r")
		if want := between(t, "$ Rscript edges.r\n", "```"); strings.ReplaceAll(got, " \n", "\n") != want {
			t.Errorf("it prints\n%swant\n%s", got, want)
		}
	})
}

// compile compiles a C program that uses the library, with sanitizers.
func compile(t *testing.T, library, source string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	command(t, nil, "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-fsanitize=address,undefined",
		"-fno-sanitize-recover=all", "-I"+library, source, "-L"+library, "-lgpuconv", "-lpthread",
		"-Wl,-rpath,"+library, "-o", program)
	return program
}

// command runs a command, and returns what it prints to stdout and stderr.
func command(t *testing.T, environment []string, name string, arguments ...string) string {
	t.Helper()
	run := exec.Command(name, arguments...)
	run.Env = append(os.Environ(), environment...)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}
