package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// floors are the floors of ARCHITECTURE.md: a package imports only packages of lower floors.
var floors = [][]string{
	{"fault", "internal/grid", "internal/input"},
	{"conv", "internal/filekind", "internal/parallel", "internal/statistics", "internal/webpage", "shaders", "whole", "gpu/internal/egl", "gpu/internal/glfw", "gpu/internal/isa", "cpu/internal/guarded"},
	{"internal/chromium", "param", "npy", "machine", "cpu/internal/simd", "gpu/internal/programs", "gpu/internal/recipe", "gpu/internal/problems", "gpu/internal/paper"},
	{"filters", "stimuli", "checkpoint", "cpu", "gpu", "dataset"},
	{"compare", "figure", "tuning", "gpu/probe"},
	{"conv/convtest", "batch", "guest", "bench", "verify", "autotune", "tuning/report", "capi/internal/calls"},
	{"experiment"},
	{"experiment/page"},
	{"cmd/gpuconv", "capi"},
}

// standardOnly are the packages that import nothing but the standard library.
var standardOnly = []string{"conv", "fault", "shaders", "whole"}

// backendFree are the packages that are given a backend and never import one.
var backendFree = []string{"compare", "bench", "batch", "verify", "autotune", "conv/convtest"}

type listed struct {
	ImportPath, Dir  string
	Standard         bool
	GoFiles, Imports []string
	CgoFiles         []string

	TestImports, XTestImports []string
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-tags", "egl,glfw",
		"-json=ImportPath,Dir,GoFiles,CgoFiles,Imports,TestImports,XTestImports", "gpuconv/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// forTests are the packages that tests of every floor may import.
var forTests = []string{"conv/convtest", "gpu/internal/problems", "cpu/internal/guarded", "internal/chromium"}

// testedWith are the packages of other floors that tests of a package need. The packages above a backend judge it, and
// so does the reference of cpu. The examples of conv need a backend. A GPU makes the gratings of stimuli.
var testedWith = map[string][]string{
	"conv": {"cpu"},
	"cpu":  {"compare", "bench"},
	"gpu":  {"compare", "bench", "cpu", "stimuli"},
}

// TestFloorsOfTests: tests keep to the floors too, with the exceptions above.
func TestFloorsOfTests(t *testing.T) {
	unraced(t)
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, "gpuconv/")
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			imported, ours := strings.CutPrefix(path, "gpuconv/")
			if !ours || imported == name || slices.Contains(forTests, imported) ||
				slices.Contains(testedWith[name], imported) {
				continue
			}
			if floorOf(path) >= floorOf(p.ImportPath) {
				t.Errorf("tests of %s import %s, which is not on a lower floor", name, imported)
			}
		}
	}
}

func floorOf(path string) int {
	for i, floor := range floors {
		if slices.Contains(floor, strings.TrimPrefix(path, "gpuconv/")) {
			return i
		}
	}
	return -1
}

// TestFloors: packages keep to the floors.
func TestFloors(t *testing.T) {
	unraced(t)
	packages := list(t)
	if len(packages) < 12 {
		t.Fatalf("go list finds %d packages", len(packages))
	}
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, "gpuconv/")
		floor := floorOf(p.ImportPath)
		if floor < 0 {
			t.Errorf("%s has no floor: add it to ARCHITECTURE.md and here", name)
		}
		for _, imported := range p.Imports {
			ours := strings.HasPrefix(imported, "gpuconv/")
			switch {
			case ours && floorOf(imported) >= floor:
				t.Errorf("%s (floor %d) imports %s (floor %d): imports point down only", name, floor, imported,
					floorOf(imported))
			case !ours && slices.Contains(standardOnly, name) && strings.Contains(imported, "."):
				t.Errorf("%s imports %s: want the standard library only", name, imported)
			case slices.Contains(backendFree, name) && (imported == "gpuconv/cpu" || imported == "gpuconv/gpu"):
				t.Errorf("%s imports %s: it is to be handed a backend", name, imported)
			case imported == "encoding/csv" && name != "param":
				t.Errorf("%s imports %s: want param.Table, whose reader and writer are the only ones", name, imported)
			case name == "cmd/gpuconv" && strings.HasPrefix(imported, "gonum.org/"):
				t.Errorf("%s imports %s: it is wiring, want what computes on a floor below", name, imported)
			}
		}
	}
}

// onMainThread is the package that needs an init function: only during initialisation is the main goroutine certain to
// be on the main OS thread.
const onMainThread = "gpuconv/gpu/internal/glfw"

// TestHouseRules: the root has no Go files, and no file has an init function. No type, parameter or field is called
// context, which in Go means context.Context.
func TestHouseRules(t *testing.T) {
	unraced(t)
	for _, p := range list(t) {
		if p.ImportPath == "gpuconv" {
			t.Errorf("Go files at the root: %v", p.GoFiles)
		}
		for _, file := range slices.Concat(p.GoFiles, p.CgoFiles) {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil,
				parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" &&
					p.ImportPath != onMainThread {
					t.Errorf("%s/%s has an init function", p.ImportPath, file)
				}
			}
			for _, name := range declared(parsed) {
				if strings.EqualFold(name, "context") {
					t.Errorf("%s/%s declares %s: want another name, it is not a context.Context", p.ImportPath, file,
						name)
				}
			}
		}
	}
}

// declared names the types, parameters, results and fields that a file declares.
func declared(file *ast.File) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			names = append(names, n.Name.Name)
		case *ast.Field:
			for _, name := range n.Names {
				names = append(names, name.Name)
			}
		}
		return true
	})
	return names
}

// TestDeclared: declared finds each kind of declaration.
func TestDeclared(t *testing.T) {
	unraced(t)
	parsed, err := parser.ParseFile(token.NewFileSet(), "a.go",
		"package a; type A struct{ b, c int; D }; func f(g func(h int)) (i int) { var j func(k int); return j }", 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(declared(parsed), " "); got != "A b c g h i k" {
		t.Errorf("%s, want A b c g h i k", got)
	}
}

// starters are the files that start goroutines without package internal/parallel, with the reason.
var starters = map[string]string{
	"gpuconv/internal/parallel/parallel.go":   "it is the one place",
	"gpuconv/cpu/crew.go":                     "starts none in a run; what it calls catches panics",
	"gpuconv/gpu/thread.go":                   "hands panics to the caller",
	"gpuconv/gpu/internal/glfw/mainthread.go": "runs the whole program",
	"gpuconv/gpu/probe/child_linux.go":        "waits for the end of a process that may die",
	"gpuconv/cmd/gpuconv/main.go":             "waits for signals",
	"gpuconv/whole/disk.go":                   "makes a system call that has no error",
	"gpuconv/conv/convtest/contract.go":       "for tests",
	"gpuconv/conv/convtest/submit.go":         "for tests",
}

// TestGoroutines: internal/parallel starts all goroutines, so that a panic of any of them becomes an error. The test
// reads the files of all platforms.
func TestGoroutines(t *testing.T) {
	unraced(t)
	seen := map[string]bool{}
	walkSource(t, func(name string, file *ast.File) {
		if name = "gpuconv/" + name; starts(file) {
			seen[name] = true
			if starters[name] == "" {
				t.Errorf("%s starts a goroutine, whose panic would end the process: want package internal/parallel",
					name)
			}
		}
	})
	for name := range starters {
		if !seen[name] {
			t.Errorf("%s starts no goroutine, and is listed", name)
		}
	}
}

// starts reports whether a file starts goroutines by itself: with a go statement, or with a group that is not of
// internal/parallel.
func starts(file *ast.File) (found bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.ImportSpec:
			found = found || n.Path.Value == `"golang.org/x/sync/errgroup"`
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			found = found || ok && x.Name == "sync" && n.Sel.Name == "WaitGroup"
		}
		return true
	})
	return found
}

// TestExecutables: each file whose first line names an interpreter is executable, as the documents say.
func TestExecutables(t *testing.T) {
	unraced(t)
	unixOnly(t)
	for _, folder := range []string{".ci", "bench", "docs", "scripts"} {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil || !bytes.HasPrefix(text, []byte("#!")) {
				return err
			}
			info, err := d.Info()
			if err == nil && info.Mode()&0o111 == 0 {
				t.Errorf("%s starts with #! and is not executable", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestErrorsAreNotCut: no package removes a part of the text of an error. Errors have fields for that, and package
// fault formats them. The command line does not write a flag and its value into a text either; flagError does.
func TestErrorsAreNotCut(t *testing.T) {
	unraced(t)
	for _, p := range list(t) {
		for _, file := range slices.Concat(p.GoFiles, p.CgoFiles) {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil,
				parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, function := range cutsErrors(parsed) {
				t.Errorf("%s/%s calls strings.%s on the text of an error", p.ImportPath, file, function)
			}
			if p.ImportPath != "gpuconv/cmd/gpuconv" {
				continue
			}
			for _, text := range writesFlags(parsed) {
				t.Errorf("%s/%s makes an error of %s: want refused, misread or failed", p.ImportPath, file, text)
			}
		}
	}
}

// cutsErrors returns the functions of package strings that a file calls on the result of a method Error and that return
// a part of it. The text may be in a variable.
func cutsErrors(file *ast.File) (found []string) {
	for _, d := range file.Decls {
		texts := map[string]bool{}
		ast.Inspect(d, func(n ast.Node) bool {
			if set, ok := n.(*ast.AssignStmt); ok && len(set.Lhs) == len(set.Rhs) {
				for i, to := range set.Lhs {
					if name, ok := to.(*ast.Ident); ok && isErrorText(set.Rhs[i]) {
						texts[name.Name] = true
					}
				}
			}
			return true
		})
		found = append(found, cutsOf(d, texts)...)
	}
	return found
}

// isErrorText reports whether an expression calls a method Error.
func isErrorText(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) != 0 {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	return ok && method.Sel.Name == "Error"
}

// cutsOf does the same for one declaration. texts has the names of variables that hold texts of errors.
func cutsOf(d ast.Decl, texts map[string]bool) (found []string) {
	ast.Inspect(d, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		function, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(function.Sel.Name, "Cut") && !strings.HasPrefix(function.Sel.Name, "Trim") {
			return true
		}
		name, isName := call.Args[0].(*ast.Ident)
		if isErrorText(call.Args[0]) || isName && texts[name.Name] {
			found = append(found, function.Sel.Name)
		}
		return true
	})
	return found
}

// aFlag begins a text that flagError should format: --flag: or --flag value:
var aFlag = regexp.MustCompile(`^"--([\w-]+|%s)( %\w)?: `)

// writesFlags returns the texts of errors that begin with a flag.
func writesFlags(file *ast.File) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		function, ok := call.Fun.(*ast.SelectorExpr)
		text, isText := call.Args[0].(*ast.BasicLit)
		if ok && isText && (function.Sel.Name == "Errorf" || function.Sel.Name == "New") &&
			aFlag.MatchString(text.Value) {
			found = append(found, text.Value)
		}
		return true
	})
	return found
}

// TestCutsAreFound: TestErrorsAreNotCut finds what it looks for.
func TestCutsAreFound(t *testing.T) {
	for body, want := range map[string][]string{
		`strings.TrimPrefix(err.Error(), "npy: ")`:             {"TrimPrefix"},
		`strings.CutSuffix(f().Error(), "allowed")`:            {"CutSuffix"},
		`strings.TrimPrefix(text, "npy: ")`:                    nil,
		`s := err.Error(); s = strings.TrimPrefix(s, "npy: ")`: {"TrimPrefix"},
		`var s string; s = err.Error(); strings.Fields(s)`:     nil,
		`strings.Contains(err.Error(), "npy: ")`:               nil,
		`g(strings.TrimSpace(err.Error()), strings.Trim("a"))`: {"TrimSpace"},
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a\nfunc h() { "+body+" }\n",
			parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := cutsErrors(parsed); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	for body, want := range map[string]int{
		`errors.New("--input: want a file")`:       1,
		`fmt.Errorf("--%s %q: want a file", a, b)`: 1,
		`fmt.Errorf("--a and --b: want one")`:      0,
		`misread("a", b, errors.New("want --b"))`:  0,
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a\nfunc h() { "+body+" }\n",
			parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := writesFlags(parsed); len(got) != want {
			t.Errorf("%s: %q, want %d", body, got, want)
		}
	}
}

// TestCommandFiles: each file of the command line is named after a verb, or has flags that several verbs share. The
// exceptions are few and form the frame. Everything else is in packages of lower floors.
func TestCommandFiles(t *testing.T) {
	unraced(t)
	seen := 0
	frame := []string{"main", "root", "root_man", "help", "completion", "root_shipped", "errors", "progress",
		"progress_bytes", "screen", "cache", "program"}
	for _, p := range list(t) {
		if p.ImportPath != "gpuconv/cmd/gpuconv" {
			continue
		}
		for _, file := range slices.Concat(p.GoFiles, p.CgoFiles) {
			seen++
			name := strings.TrimSuffix(file, ".go")
			kind, rest, _ := strings.Cut(name, "_")
			verb, _, _ := strings.Cut(rest, "_")
			isVerb := slices.ContainsFunc(newRoot().Commands(), func(c *cobra.Command) bool { return c.Name() == verb })
			if !slices.Contains(frame, name) && kind != "flags" && !(kind == "cmd" && isVerb) {
				t.Errorf("%s: want cmd_VERB.go, or flags_*.go for flags of several verbs", file)
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d files of the command", seen)
	}
}
