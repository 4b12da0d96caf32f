package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestPlatforms: every package and every test passes the type checks for Linux on an ARM processor. That takes a tenth
// of the time of a build. The target "builds" of the Makefile builds for this processor and for other systems.
func TestPlatforms(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads all of the standard library")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	ours := func(file string) bool { return strings.HasPrefix(file, root+string(filepath.Separator)) }
	for _, platform := range []string{"linux/arm64"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			goos, goarch, _ := strings.Cut(platform, "/")
			all, err := packages.Load(&packages.Config{
				Mode: packages.NeedName | packages.NeedCompiledGoFiles | packages.NeedSyntax | packages.NeedTypes |
					packages.NeedTypesSizes | packages.NeedImports | packages.NeedDeps,
				Env:   append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch),
				Tests: true,
				ParseFile: func(fset *token.FileSet, name string, text []byte) (*ast.File, error) {
					file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
					if file != nil && !ours(name) {
						dropBodies(file)
					}
					return file, err
				},
			}, "gpuconv/...")
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			packages.Visit(all, nil, func(p *packages.Package) {
				if !slices.ContainsFunc(p.CompiledGoFiles, ours) {
					return // functions without bodies
				}
				seen++
				for _, e := range p.Errors {
					t.Errorf("%s: %v", p.PkgPath, e)
				}
			})
			if seen < 60 {
				t.Errorf("%d packages, with those for tests", seen)
			}
		})
	}
}

// dropBodies removes the bodies of functions: of other modules only declarations matter.
func dropBodies(file *ast.File) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			f.Body = nil
		}
	}
}
