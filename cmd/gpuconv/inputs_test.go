package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// openers are the functions that open a file by its name, by the paths of their packages.
var openers = map[string][]string{
	"os":                    {"Open", "OpenFile", "ReadFile", "DirFS", "OpenRoot", "OpenInRoot", "Create"},
	"io/ioutil":             {"ReadFile", "ReadDir"},
	"syscall":               {"Open", "Openat"},
	"golang.org/x/sys/unix": {"Open", "Openat", "Openat2"},
	"archive/zip":           {"OpenReader"},
	"golang.org/x/exp/mmap": {"Open"},
	"text/template":         {"ParseFiles", "ParseGlob"},
	"html/template":         {"ParseFiles", "ParseGlob"},
	"net/http":              {"Dir", "ServeFile", "FileServer"},
	"debug/elf":             {"Open"},
}

// openFiles are the packages and files that open files by themselves, with the reason.
var openFiles = map[string]string{
	"internal/input":  "it is the opener",
	"whole":           "it writes",
	"dataset/part.go": "it continues the part of a download: it reads and writes it",
}

// TestInputsAreOpened: package input opens every file that is read. It refuses files without an end, bounds the others,
// and stops reading when the context is done.
func TestInputsAreOpened(t *testing.T) {
	unraced(t)
	usedOnlyIn(t, openFiles, openers, "package input to open what is read, package whole what is written")
}

// opens returns which of the openers a file names.
func opens(file *ast.File) []string { return uses(file, openers) }

// TestOpens: TestInputsAreOpened finds what it looks for.
func TestOpens(t *testing.T) {
	for source, want := range map[string]string{
		`import "os"; var _, _ = os.ReadFile("x")`:                        "os.ReadFile",
		`import "os"; var read = os.ReadFile`:                             "os.ReadFile",
		`import system "os"; var _, _ = system.Open("x")`:                 "system.Open",
		`import "gpuconv/npy"; var _, _ = npy.Open("x")`:                  "",
		`import "os"; func f(os struct{Stat int}) int { return os.Stat }`: "",
		`import "os"; var _, _ = os.Stat("x")`:                            "",
		`import "archive/zip"; var _, _ = zip.OpenReader("x")`:            "zip.OpenReader",
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a; "+source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(opens(parsed), " "); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
