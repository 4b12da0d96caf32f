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

	"github.com/spf13/cobra"
)

// walkSource parses every Go file of the module that is not a test, for all platforms.
func walkSource(t *testing.T, look func(name string, file *ast.File)) {
	t.Helper()
	const root = "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err == nil {
			name, _ := filepath.Rel(root, path)
			look(filepath.ToSlash(name), file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// uses returns which of the functions a file names, by the paths of their packages.
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
		if name, ok := selected.X.(*ast.Ident); ok &&
			slices.Contains(functions[packages[name.Name]], selected.Sel.Name) {
			found = append(found, name.Name+"."+selected.Sel.Name)
		}
		return true
	})
	return found
}

// usedOnlyIn fails for each file that names one of the functions, unless allowed lists the file or its folder, with the
// reason.
func usedOnlyIn(t *testing.T, allowed map[string]string, functions map[string][]string, want string) {
	t.Helper()
	seen := 0
	walkSource(t, func(name string, file *ast.File) {
		found := uses(file, functions)
		if allowed[path.Dir(name)] != "" || allowed[name] != "" {
			seen += len(found)
			return
		}
		for _, function := range found {
			t.Errorf("%s calls %s: want %s", name, function, want)
		}
	})
	if seen < 4 {
		t.Errorf("%d calls are found where they may be: the test sees nothing", seen)
	}
}

// each calls f for each command that can be run, with its name as it is typed.
func each(cmd *cobra.Command, f func(cmd *cobra.Command, name string)) {
	for _, c := range cmd.Commands() {
		f(c, strings.TrimPrefix(c.CommandPath(), "gpuconv "))
		each(c, f)
	}
}
