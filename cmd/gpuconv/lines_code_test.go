package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinesOfCode: no line of Go code is wider than mostColumns, where a tab is four, with the comment that follows it.
// Tables and generated files may have wider ones. So may strings that cannot be broken, and lines of a text that is
// printed or compared as it is written.
func TestLinesOfCode(t *testing.T) {
	unraced(t)
	refuseWide(t, 500, func(name string) bool { return filepath.Ext(name) == ".go" },
		func(_ string, text []byte) []proseLine { return wideCode(t, text) })
}

// wideCode returns the lines of a file of Go that are too wide.
func wideCode(t *testing.T, text []byte) []proseLine {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, "", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	rows, texts := tableRows(set, parsed), wholeTexts(text)
	var code []proseLine
	for i, line := range strings.Split(string(text), "\n") {
		if !rows[i+1] && !texts[i+1] {
			code = append(code, proseLine{i + 1, line})
		}
	}
	return wide(code)
}

// tableRows returns the lines of tables: of composite literals whose elements are on two or more lines, none of them on
// that of the opening brace.
func tableRows(set *token.FileSet, parsed *ast.File) map[int]bool {
	rows := map[int]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok || len(literal.Elts) < 2 {
			return true
		}
		last := literal.Elts[len(literal.Elts)-1]
		start, end := set.Position(literal.Elts[0].Pos()).Line, set.Position(last.Pos()).Line
		if set.Position(literal.Lbrace).Line < start && start < end {
			for line := start; line <= set.Position(last.End()).Line; line++ {
				rows[line] = true
			}
		}
		return true
	})
	return rows
}

// wholeTexts returns the lines of strings that cannot be broken, because they are raw or have no space, and that are
// too wide on a line of their own. It also returns lines that are nothing but one line of a text, up to its line break.
func wholeTexts(text []byte) map[int]bool {
	set := token.NewFileSet()
	file := set.AddFile("", set.Base(), len(text))
	var scan scanner.Scanner
	scan.Init(file, text, nil, 0)
	lines, whole := bytes.Split(text, []byte("\n")), map[int]bool{}
	for {
		at, kind, literal := scan.Scan()
		if kind == token.EOF {
			return whole
		}
		if kind != token.STRING {
			continue
		}
		first := file.Line(at)
		line := string(lines[first-1])
		indent := line[:len(line)-len(strings.TrimLeft(line, "\t"))] + "\t"
		unbreakable := literal[0] == '`' || !strings.Contains(literal, " ")
		for i, part := range strings.Split(literal, "\n") {
			alone := strings.Trim(strings.Replace(line, part, "", 1), "\t +,") == ""
			printed := alone && strings.HasSuffix(part, `\n"`) && proseLine{text: part}.columns() <= mostColumns
			if printed || unbreakable && (i > 0 || proseLine{text: indent + part + ","}.columns() > mostColumns) {
				whole[first+i] = true
			}
		}
	}
}

// TestWideCodeIsFound: TestLinesOfCode finds wide lines, and leaves out tables and texts.
func TestWideCodeIsFound(t *testing.T) {
	words, letters := strings.Repeat("a ", mostColumns/2), strings.Repeat("a", mostColumns)
	for body, want := range map[string]int{
		"f(1, 2, 3" + strings.Repeat(", 4", mostColumns/3) + ")": 1,
		"f(1) // " + words: 1,
		"\tf(" + strings.Repeat("1", mostColumns-11) + ")":                   0,
		"\tf(" + strings.Repeat("1", mostColumns-10) + ")":                   1,
		"f(\"" + words + "\")":                                               1,
		"f(\"" + letters + "\")":                                             0,
		"f(g(1), \"" + letters[:mostColumns-12] + "\")":                      1, // it fits on a line of its own
		"f(`" + words + "`)":                                                 0,
		"f(`a\n" + words + "`)":                                              0,
		"f(\n\t\"" + words[:mostColumns-5] + "\\n\")":                        1, // more than a string
		"f(\n\t\"" + words[:mostColumns-5] + "\\n\"+\n\"\")":                 0,
		"f(\n\t\"" + words + "\\n\"+\n\"\")":                                 1,
		"x := []string{\n\"" + words + "\",\n\"\",\n}":                       0,
		"x := []string{\n\"" + words + "\",\n}":                              1,
		"x := []string{\"" + words + "\", \"\"}":                             1,
		"x := []string{\"" + words + "\",\n\"\",\n\"\"}":                     1,
		"x := map[string]int{\n\"" + words + "\": f(\n1),\n\"\": f(\n2),\n}": 0,
	} {
		text := "package p\n\nfunc g() {\n\t" + body + "\n}\n"
		if got := wideCode(t, []byte(text)); len(got) != want {
			t.Errorf("%s: %d wide lines, want %d", text, len(got), want)
		}
	}
}
