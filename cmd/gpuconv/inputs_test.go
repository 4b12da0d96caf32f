package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
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

// openFiles are the packages and files that open by themselves, and why.
var openFiles = map[string]string{
	"internal/input":  "it is the opener",
	"whole":           "it writes",
	"dataset/part.go": "it writes and reads on in the part of a download",
}

// TestInputsAreOpened: every file that is read is opened by package input, which refuses what has no end, bounds the
// rest, and ends reading when the context is done.
func TestInputsAreOpened(t *testing.T) {
	seen, root := 0, filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error { // files of every platform
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, file)
		name, found := filepath.ToSlash(name), opens(parsed)
		if openFiles[path.Dir(name)] != "" || openFiles[name] != "" {
			seen += len(found)
			return nil
		}
		for _, function := range found {
			t.Errorf("%s calls %s: want package input to open what is read, package whole what is written", name, function)
		}
		return nil
	})
	if err != nil || seen < 4 {
		t.Errorf("%d calls are found where files are opened (%v), want those of packages input and whole", seen, err)
	}
}

// opens returns what a file names of openers.
func opens(file *ast.File) []string { return uses(file, openers) }

// uses returns what a file names of functions, by the paths of their packages.
func uses(file *ast.File, functions map[string][]string) (found []string) {
	packages := map[string]string{} // by the name that the file gives them
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		packages[name] = imported
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selected, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if name, ok := selected.X.(*ast.Ident); ok && slices.Contains(functions[packages[name.Name]], selected.Sel.Name) {
			found = append(found, name.Name+"."+selected.Sel.Name)
		}
		return true
	})
	return found
}

// TestOpens: TestInputsAreOpened sees what it is for.
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
