package main

import (
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// mostColumns is the largest width of prose: of documents, and of comments in Go and in shaders.
const mostColumns = 120

// TestLines: no line of prose is wider than mostColumns. Tables, code in documents, generated files and the contents of
// testdata are not prose. Neither are comments that follow code on their line.
func TestLines(t *testing.T) {
	unraced(t)
	tooWide := func(name string, text []byte) []proseLine { return wide(proseOf(name)(string(text))) }
	refuseWide(t, 100, func(name string) bool { return proseOf(name) != nil }, tooWide)
}

// refuseWide reports the lines that tooWide returns for the tracked files that are asked for. Generated files and
// testdata are left out. It fails if it sees fewer than fewest files.
func refuseWide(t *testing.T, fewest int, asked func(string) bool, tooWide func(string, []byte) []proseLine) {
	t.Helper()
	root := filepath.Join("..", "..")
	seen := 0
	for _, name := range trackedFiles(t, root) {
		if !asked(name) || strings.Contains(name, "testdata/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if generated.Match(text) {
			continue
		}
		for _, line := range tooWide(name, text) {
			t.Errorf("%s:%d is %d columns wide, want at most %d", name, line.number, line.columns(), mostColumns)
		}
	}
	if seen < fewest {
		t.Errorf("only %d files were seen, want at least %d", seen, fewest)
	}
}

// generated is Go's mark of generated files.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// proseLine is a line of prose of a file.
type proseLine struct {
	number int // the first is 1
	text   string
}

// columns counts characters; a tab is four.
func (l proseLine) columns() int {
	return utf8.RuneCountInString(strings.ReplaceAll(l.text, "\t", "    "))
}

func wide(lines []proseLine) (all []proseLine) {
	for _, l := range lines {
		if l.columns() > mostColumns {
			all = append(all, l)
		}
	}
	return all
}

// proseOf returns the function that finds the prose of a file, or nil for files without prose.
func proseOf(name string) func(text string) []proseLine {
	switch filepath.Ext(name) {
	case ".go":
		return goProse
	case ".comp", ".glsl":
		return shaderProse
	case ".md":
		return markdownProse
	}
	return nil
}

// goProse returns the comments that are alone on their lines.
func goProse(text string) (all []proseLine) {
	set := token.NewFileSet()
	file := set.AddFile("", set.Base(), len(text))
	var scan scanner.Scanner
	scan.Init(file, []byte(text), nil, scanner.ScanComments)
	lines := strings.Split(text, "\n")
	for {
		at, kind, literal := scan.Scan()
		switch {
		case kind == token.EOF:
			return all
		case kind != token.COMMENT:
			continue
		}
		first := file.Line(at)
		for i := range strings.Count(literal, "\n") + 1 {
			line := lines[first+i-1]
			if start := strings.TrimSpace(line); i > 0 ||
				strings.HasPrefix(start, "//") && !directive.MatchString(start) || strings.HasPrefix(start, "/*") {
				all = append(all, proseLine{first + i, line})
			}
		}
	}
}

// directive matches a comment for tools.
var directive = regexp.MustCompile(`^//(go:|line |export |nolint)`)

// shaderProse returns the comments that are alone on their lines. Shaders have only // comments.
func shaderProse(text string) (all []proseLine) {
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "//") {
			all = append(all, proseLine{i + 1, line})
		}
	}
	return all
}

// markdownProse returns the lines outside tables and code. It leaves out a line that is a single link or picture,
// because that cannot be broken.
func markdownProse(text string) (all []proseLine) {
	code := false
	for i, line := range strings.Split(text, "\n") {
		start := strings.TrimSpace(line)
		if strings.HasPrefix(start, "```") {
			code = !code
		}
		if !code && !strings.HasPrefix(start, "|") && !strings.HasPrefix(start, "<") && !unbroken.MatchString(start) {
			all = append(all, proseLine{i + 1, line})
		}
	}
	return all
}

// unbroken matches a line without a space outside brackets.
var unbroken = regexp.MustCompile(`^([-*] )?!?\[[^\]]*\]\(\S*\)\S*$|^\S*$`)

// mostLines is the largest number of lines of a Go file: one idea a file.
const mostLines = 450

// TestFileLines: no Go file that people write is longer than mostLines.
func TestFileLines(t *testing.T) {
	unraced(t)
	root := filepath.Join("..", "..")
	seen := 0
	for _, name := range trackedFiles(t, root) {
		if filepath.Ext(name) != ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if lines := strings.Count(string(text), "\n"); lines > mostLines && !generated.Match(text) {
			t.Errorf("%s has %d lines, want at most %d: split it into files of one idea", name, lines, mostLines)
		}
	}
	if seen < 100 {
		t.Errorf("only %d files were seen", seen)
	}
}

// TestProseIsFound: TestLines looks at prose and at nothing else.
func TestProseIsFound(t *testing.T) {
	long := strings.Repeat("a ", mostColumns/2+1)
	for text, want := range map[string]int{
		"package a\n\n// " + long + "\nvar b int\n":              1,
		"package a\n\n/* a\n" + long + "\n*/\nvar b int\n":       1,
		"package a\n\nvar b int // " + long + "\n":               0,
		"package a\n\nvar b = `\n// " + long + "`\n":             0,
		"package a\n\n//go:generate " + long + "\n":              0,
		"package a\n\n\t// " + strings.Repeat("ä ", 56) + "\n":   0,
		"package a\n\n\t// " + strings.Repeat("ä ", 56) + "aa\n": 1,
	} {
		if _, err := parser.ParseFile(token.NewFileSet(), "a.go", text, 0); err != nil {
			t.Fatal(err)
		}
		if got := wide(goProse(text)); len(got) != want {
			t.Errorf("%q: %d wide lines, want %d", text, len(got), want)
		}
	}
	if got := wide(markdownProse(long + "\n| " + long + "|\n```\n" + long + "\n```\n[" + long + "](b)\n- " + long +
		"\n")); len(got) != 2 || got[1].number != 7 {
		t.Errorf("%v", got)
	}
	if got := wide(shaderProse("\t// " + long + "\nint a; // " + long + "\n")); len(got) != 1 || got[0].number != 1 {
		t.Errorf("%v", got)
	}
}
