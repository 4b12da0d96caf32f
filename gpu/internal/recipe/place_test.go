package recipe

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// borrowed lists the files that use what the files of another algorithm declare, and why.
var borrowed = map[string]string{
	"direct_soft.go uses direct":     "direct's limits are the general ones",
	"direct_small.go uses direct":    "direct's limits are the general ones",
	"direct_shared.go uses direct":   "direct's limits are the general ones",
	"depthwise.go uses direct":       "direct's limits are the general ones",
	"depthwise.go uses direct_small": "it is worth less where that takes a problem",
	"winograd.go uses igemm":         "its second stage is igemm's shader",
}

// TestOnePlace: an algorithm is a shader, files of its name, and a row of the table. No other code, here or in package
// gpu, has its name or uses what its files declare, except for what is borrowed.
func TestOnePlace(t *testing.T) {
	own := parsed(t, ".")
	found := map[string]bool{}
	for _, u := range own.foreign() {
		if !u.inTable {
			found[u.String()] = true
		}
	}
	for _, dir := range []string{".", filepath.Join("..", "..")} {
		for _, u := range parsed(t, dir).named() {
			if !u.inTable {
				t.Errorf("%s: %q has places of its own: its files and its row", u.file, u.algorithm)
			}
		}
	}
	for use := range found {
		if borrowed[use] == "" {
			t.Errorf("%s: an algorithm is used by its files and its row alone", use)
		}
	}
	for use := range borrowed {
		if !found[use] {
			t.Errorf("%s: no more, take it off the list", use)
		}
	}
}

// TestPlaces: each algorithm has all its places: a shader, a file, and one row that uses what the file declares.
func TestPlaces(t *testing.T) {
	own := parsed(t, ".")
	rows, names := map[string]bool{}, map[string]int{}
	for _, u := range own.foreign() {
		rows[u.algorithm] = rows[u.algorithm] || u.inTable
	}
	for _, u := range own.named() {
		names[u.algorithm]++
	}
	for _, name := range AlgorithmNames() {
		shaders, err := filepath.Glob(filepath.Join("..", "..", "..", "shaders", name+"*.comp"))
		if err != nil || len(shaders) == 0 || own.files[name+".go"] == nil || !rows[name] || names[name] != 1 {
			t.Errorf("%s: %d shaders, file %v, row %v, named %d times outside its files",
				name, len(shaders), own.files[name+".go"] != nil, rows[name], names[name])
		}
	}
}

// use is a place that knows an algorithm.
type use struct {
	file, algorithm string
	inTable         bool // it is in the function algorithms
}

func (u use) String() string { return u.file + " uses " + u.algorithm }

// code is the files of a package, by name.
type code struct {
	set   *token.FileSet
	files map[string]*ast.File
}

// parsed returns the code of a folder, without tests.
func parsed(t *testing.T, dir string) code {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	all := code{token.NewFileSet(), map[string]*ast.File{}}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if all.files[name], err = parser.ParseFile(all.set, name, text, parser.SkipObjectResolution); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// algorithmOf returns the algorithm that a file belongs to by its name, the longest that fits. A shared file has "".
func algorithmOf(file string) (longest string) {
	for _, name := range AlgorithmNames() {
		rest, ok := strings.CutPrefix(file, name)
		if ok && strings.ContainsAny(rest[:1], "_.") && len(name) > len(longest) {
			longest = name
		}
	}
	return longest
}

// foreign lists the places where a file uses what the files of another algorithm declare.
func (c code) foreign() (all []use) {
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: nothing{}, Error: func(error) {}} // names of this package need no imports
	var trees []*ast.File
	for _, f := range c.files {
		trees = append(trees, f)
	}
	pkg, _ := config.Check("recipe", c.set, trees, &info)
	for identifier, object := range info.Uses {
		if object.Parent() != pkg.Scope() {
			continue
		}
		file := c.set.Position(identifier.Pos()).Filename
		owner := algorithmOf(c.set.Position(object.Pos()).Filename)
		if owner != "" && owner != algorithmOf(file) {
			all = append(all, use{file, owner, inTable(c.files[file], identifier)})
		}
	}
	return all
}

// named lists the strings that are the name of an algorithm, in files that don't belong to it.
func (c code) named() (all []use) {
	for file, tree := range c.files {
		ast.Inspect(tree, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err == nil && slices.Contains(AlgorithmNames(), text) && algorithmOf(file) != text {
				all = append(all, use{file, text, inTable(tree, literal)})
			}
			return true
		})
	}
	return all
}

// inTable reports whether a node is in the function algorithms.
func inTable(file *ast.File, n ast.Node) bool {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "algorithms" && f.Pos() <= n.Pos() && n.End() <= f.End() {
			return true
		}
	}
	return false
}

// nothing imports no package.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	return nil, errors.New(fmt.Sprint("not imported: ", path))
}
