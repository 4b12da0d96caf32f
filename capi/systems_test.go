package main

import (
	"debug/macho"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestWindows builds libgpuconv.dll if MinGW is installed, and runs the programs of TestLibrary if Wine is.
func TestWindows(t *testing.T) {
	const gcc = "x86_64-w64-mingw32-gcc"
	onlyWith(t, gcc)
	folder := filepath.Join(t.TempDir(), "two words")
	library(t, folder, "CC="+gcc, "GOOS=windows", "GOARCH=amd64")
	dll := filepath.Join(folder, "libgpuconv.dll")
	exported := regexp.MustCompile(`(?m)^\s*\[ *\d+\] (?:\+base\[ *\d+\] +[0-9a-f]+ )?(\w+)$`)
	got := names(exported, command(t, nil, "x86_64-w64-mingw32-objdump", "-p", dll))
	got = slices.DeleteFunc(got, func(name string) bool { return strings.HasPrefix(name, "go") })
	if want := functions(t); !slices.Equal(got, want) {
		t.Errorf("the library shows %q, want %q", got, want)
	}
	var programs []string
	for _, source := range []string{filepath.Join("testdata", "misuse.c"), document(t, folder)} {
		program := filepath.Join(folder, strings.TrimSuffix(filepath.Base(source), ".c")+".exe")
		command(t, nil, gcc, "-std=c11", "-Wall", "-Wextra", "-Werror", "-I"+folder, source, dll, "-static",
			"-lpthread", "-o", program)
		programs = append(programs, program)
	}
	wine := "/usr/lib/wine/wine64" // Debian has no other
	if _, err := os.Stat(wine); err != nil {
		t.Skip("built, but not run: Wine is not installed: apt-get install wine64")
	}
	prefix := t.TempDir()
	environment := []string{"WINEPREFIX=" + prefix, "WINEDEBUG=-all", "DISPLAY="}
	command(t, environment, wine, "wineboot", "--init")
	defer command(t, environment, "/usr/lib/wine/wineserver", "--wait")
	random := filepath.Join(prefix, "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(random); err != nil {
		command(t, nil, gcc, "-shared", filepath.Join("testdata", "windows", "prng.c"), "-ladvapi32", "-o", random)
	}
	for i, want := range []string{"", printed(t)} {
		if got := strings.ReplaceAll(command(t, environment, wine, programs[i]), "\r\n", "\n"); got != want {
			t.Errorf("%s prints\n%swant\n%s", filepath.Base(programs[i]), got, want)
		}
	}
}

// TestDarwin links libgpuconv.dylib if a C compiler for macOS is here: GPUCONV_ZIG names Zig's. The stubs beside the
// test stand for the two libraries of macOS that Zig does not describe.
func TestDarwin(t *testing.T) {
	zig := os.Getenv("GPUCONV_ZIG")
	if zig == "" {
		zig = "zig"
	}
	onlyWith(t, zig)
	folder := t.TempDir()
	stubs, err := filepath.Abs(filepath.Join("testdata", "darwin"))
	if err != nil {
		t.Fatal(err)
	}
	library(t, folder, "CC="+zig+" cc -target aarch64-macos", "GOOS=darwin", "GOARCH=arm64",
		"CGO_LDFLAGS=-L"+stubs+" -F"+stubs)
	file, err := macho.Open(filepath.Join(folder, "libgpuconv.dylib"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var got []string
	for _, symbol := range file.Symtab.Syms {
		if name := strings.TrimPrefix(symbol.Name, "_"); strings.HasPrefix(name, "gpuconv_") && symbol.Sect != 0 {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	if want := functions(t); !slices.Equal(got, want) {
		t.Errorf("the library shows %q, want %q", got, want)
	}
}

func onlyWith(t *testing.T, compiler string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles everything for another system")
	}
	if runtime.GOOS != "linux" {
		t.Skip("it crosses from Linux")
	}
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skipf("%s is not installed", compiler)
	}
}

// library builds the library into a folder.
func library(t *testing.T, folder string, environment ...string) {
	t.Helper()
	command(t, environment, filepath.Join("..", "scripts", "library"), folder)
}

// document writes the program of docs/c.md into a folder, and returns its path.
func document(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(folder, "edges.c")
	if err := os.WriteFile(path, []byte(between(t, "```c\n", "```")), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// printed returns what docs/c.md says that its program prints.
func printed(t *testing.T) string {
	t.Helper()
	return between(t, "$ ./edges\n", "```")
}

// between returns what docs/c.md has between two texts.
func between(t *testing.T, start, end string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, filepath.Join("..", "docs", "c.md")), start)
	text, _, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("docs/c.md has no text between %q and %q", start, end)
	}
	return text
}
