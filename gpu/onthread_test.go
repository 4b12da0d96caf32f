package gpu

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// TestOnThread: tests change fields of a device only on its thread: while it is opened, or through do and meddle. Plans
// read the fields there.
func TestOnThread(t *testing.T) {
	paths, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, path := range paths {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		var around []ast.Node // the nodes around the current one
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil {
				around = around[:len(around)-1]
				return true
			}
			around = append(around, n)
			if assigned, ok := n.(*ast.AssignStmt); ok && slices.ContainsFunc(assigned.Lhs, ofDevice) {
				if seen++; !onThread(around) {
					t.Errorf("%v: a device is changed from another goroutine", set.Position(n.Pos()))
				}
			}
			return true
		})
	}
	if seen < 10 {
		t.Errorf("tests change devices in %d places: does this test still see them?", seen)
	}
}

// ofDevice reports whether an expression is a field of a device that plans read on its thread, or a part of one.
func ofDevice(e ast.Expr) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	return slices.Contains([]string{"seam", "profile", "options", "binaries"}, s.Sel.Name) || ofDevice(s.X)
}

// onThread reports whether a node is inside a function that runs on a device's thread: the argument of a function that
// runs it there, or one that breaks a plan there.
func onThread(around []ast.Node) bool {
	for i, n := range around {
		if f, ok := n.(*ast.FuncDecl); ok && takesPlan(f.Type) {
			return true
		}
		f, ok := n.(*ast.FuncLit)
		if !ok {
			continue
		}
		call, ok := around[i-1].(*ast.CallExpr)
		if takesPlan(f.Type) || ok && slices.Contains([]string{"do", "meddle", "openTest", "open"}, called(call)) {
			return true
		}
	}
	return false
}

// called is the name of the function that is called.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// takesPlan reports whether a function has a plan as its first parameter: flightMutants runs those on the thread.
func takesPlan(f *ast.FuncType) bool {
	if len(f.Params.List) == 0 {
		return false
	}
	star, ok := f.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	name, ok := star.X.(*ast.Ident)
	return ok && name.Name == "plan"
}
