package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// CI runs the tests in two halves: full, as a part of make test, and race, with the race detector, as a part of make
// thorough. What one half leaves out, the other runs. The tests below hold this.

// after returns the rest of a line of the Makefile after a pattern. Lines that end with $\ are joined with the next.
func after(t *testing.T, pattern string) string {
	t.Helper()
	text, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^` + pattern + `((?:.*\$\\\n)*.*)\n`).FindStringSubmatch(string(text))
	if found == nil {
		t.Fatalf("the Makefile has no %s", pattern)
	}
	return strings.ReplaceAll(found[1], "$\\\n", "")
}

// TestFullRunsAll: the full half runs all tests of all packages, except those of gpu that make hardware runs. No other
// flag or variable, such as -short, -run or GOFLAGS, may leave out a test; time limits may change. CI runs both
// targets, and these all their parts.
func TestFullRunsAll(t *testing.T) {
	unraced(t)
	parts := map[string]string{"test: check": " full python", "thorough: builds": " glfw race hardware"}
	for target, want := range parts {
		if got := after(t, target); got != want {
			t.Errorf("the Makefile has %s%s, want %s%s", target, got, target, want)
		}
	}
	const flavour = "-trimpath -buildmode=pie" // leaves out no test
	if got := after(t, `flavour := `); got != flavour {
		t.Errorf("make test has GOFLAGS %q, want %q", got, flavour)
	}
	const command = "go test -tags $(TAGS) -vet=off "
	limit := regexp.MustCompile(` -timeout \d+m `)
	for pattern, want := range map[string]string{
		`full: setup\n\t`:             "CGO_ENABLED=1 " + command + "-skip '$(HARDWARE)' $(longest) ./...",
		`hardware: setup.*\n\t`:       "CGO_ENABLED=1 " + command + "-run '$(HARDWARE)' -skip TestShaderMutants ./gpu",
		`hardware: setup.*\n\t.*\n\t`: "CGO_ENABLED=1 GALLIVM_PERF=nopt " + command + "-run TestShaderMutants ./gpu",
	} {
		if recipe := limit.ReplaceAllString(after(t, pattern), " "); recipe != want {
			t.Errorf("%s runs %q, want %q: nothing would run what another flag leaves out", pattern, recipe, want)
		}
	}
	left := regexp.MustCompile(strings.NewReplacer("$$", "$", "\t", "").Replace(after(t, "HARDWARE := ")))
	eachGoFile(t, func(name string, file *ast.File) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && strings.HasSuffix(name, "_test.go") && left.MatchString(f.Name.Name) && path.Dir(name) != "gpu" {
				t.Errorf("%s: nothing runs %s: make full leaves out tests of this name", name, f.Name.Name)
			}
		}
	})
}

// TestRaceHalf: each package that starts goroutines, locks or uses unsafe, or whose tests do, is tested under the race
// detector. GLFW's tests need a tag and a display, and make glfw runs them.
func TestRaceHalf(t *testing.T) {
	unraced(t)
	listed := strings.Fields(after(t, "CONCURRENT :=") + " " + after(t, "longest :="))
	recipe := after(t, `race: setup\n\t`)
	if !strings.HasSuffix(recipe, " -race -short -vet=off -timeout 30m $(CONCURRENT)") {
		t.Errorf("make race runs %q, want all tests of CONCURRENT", recipe)
	}
	raced := func(folder string) bool {
		return slices.ContainsFunc(listed, func(pattern string) bool {
			parent, below := strings.CutSuffix(pattern, "/...")
			return "./"+folder == parent || below && strings.HasPrefix("./"+folder, parent+"/")
		})
	}
	seen := map[string]bool{"gpu/internal/glfw": true}
	eachGoFile(t, func(name string, file *ast.File) {
		if folder := path.Dir(name); !seen[folder] && shares(file) {
			seen[folder] = true
			if !raced(folder) {
				t.Errorf("%s shares memory between goroutines: add ./%s to CONCURRENT in the Makefile", name, folder)
			}
		}
	})
	if len(seen) < 20 {
		t.Errorf("%d packages share memory: want more than that", len(seen))
	}
}

// shares reports whether a file starts a goroutine, or imports unsafe or what starts or serves several goroutines:
// batch.Await may leave one running after it returns.
func shares(file *ast.File) (found bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.ImportSpec:
			found = found || slices.Contains([]string{`"sync"`, `"sync/atomic"`, `"unsafe"`,
				`"golang.org/x/sync/errgroup"`, `"gpuconv/internal/parallel"`, `"gpuconv/batch"`}, n.Path.Value)
		}
		return true
	})
	return found
}

// TestUnraced: a test that the race half leaves out starts no goroutine and sends no signal, and neither do the
// functions of test files that it calls; what these call is not looked at. No test is left out of the full half because
// it lacks the race detector.
func TestUnraced(t *testing.T) {
	unraced(t)
	// These kill gpuconv, which then reports no race. TestInterrupt and TestResumeInterrupted do the same with signals.
	allowed := []string{"TestKilled", "TestResumeKilled", "TestResumeStopped", "TestResumeCompletedMeanwhile"}
	shared, left, calls := map[string]bool{}, []string{}, map[string][]string{} // by folder and name of a function
	eachGoFile(t, func(name string, file *ast.File) {
		if !strings.HasSuffix(name, "_test.go") {
			return
		}
		folder := path.Dir(name) + ": "
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			function := folder + f.Name.Name
			ast.Inspect(f.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					shared[function] = true
				case *ast.CallExpr:
					if called, ok := n.Fun.(*ast.Ident); ok && called.Name == "unraced" {
						left = append(left, function)
					} else if ok {
						calls[function] = append(calls[function], folder+called.Name)
					}
				case *ast.SelectorExpr:
					calls[function] = append(calls[function], folder+n.Sel.Name)
					if n.Sel.Name == "Signal" || n.Sel.Name == "Go" {
						shared[function] = true
					}
				case *ast.IfStmt:
					if not, ok := n.Cond.(*ast.UnaryExpr); ok && not.Op == token.NOT {
						if x, ok := not.X.(*ast.Ident); ok && x.Name == "raceEnabled" {
							t.Errorf("%s depends on the race detector: make full would not run it", function)
						}
					}
				}
				return true
			})
		}
	})
	for _, function := range left {
		_, name, _ := strings.Cut(function, ": ")
		for _, called := range append(calls[function], function) {
			if shared[called] && !slices.Contains(allowed, name) {
				t.Errorf("%s: %s shares memory or sends signals: want it under the race detector too", function, called)
			}
		}
	}
	if len(left) < 50 {
		t.Errorf("%d tests are left out: want more than that", len(left))
	}
	for _, name := range racedScripts {
		if !slices.Contains(scriptNames(t), name) {
			t.Errorf("there is no script %s", name)
		}
	}
}

// eachGoFile parses all Go files of the repository.
func eachGoFile(t *testing.T, look func(name string, file *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	for _, name := range trackedFiles(t, root) {
		if !strings.HasSuffix(name, ".go") || strings.Contains(name, "testdata/") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		look(name, file)
	}
}
