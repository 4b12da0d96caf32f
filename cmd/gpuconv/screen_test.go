package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestScreen: the output is the same however a text is cut into writes. Characters that steer a terminal are escaped.
func TestScreen(t *testing.T) {
	const text, want = "ü\x1b[2J\n\t画\u202e\xff🐭\x9b", "ü\\u001b[2J\n\t画\\u202e\\xff🐭\\x9b"
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		s := newScreen(&out)
		for part := range slices.Chunk([]byte(text), size) {
			if n, err := s.Write(part); n != len(part) || err != nil {
				t.Fatalf("%d of %d bytes written: %v", n, len(part), err)
			}
		}
		s.flush()
		if out.String() != want {
			t.Errorf("in pieces of %d bytes: %q, want %q", size, out.String(), want)
		}
	}
}

// TestPrintLine: what is printed is one line, whatever it contains.
func TestPrintLine(t *testing.T) {
	var out bytes.Buffer
	if err := printLine(newScreen(&out), "read  %s, %d", "a\ngpuconv: all is well\t\x1b", 3); err != nil {
		t.Fatal(err)
	}
	if want := `read  a\ngpuconv: all is well\t\u001b, 3` + "\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	if err := printLine(closedPipe{}, "text"); err == nil {
		t.Error("nobody learns that nothing is written")
	}
}

// TestScreenKeepsHalves: an incomplete character is written at the end.
func TestScreenKeepsHalves(t *testing.T) {
	var out bytes.Buffer
	s := newScreen(&out)
	fmt.Fprint(s, "a\xe2\x80")
	if out.String() != "a" {
		t.Errorf("%q is written at once, want a", out.String())
	}
	s.flush()
	s.flush()
	if want := `a\xe2\x80`; out.String() != want {
		t.Errorf("%q, want %s", out.String(), want)
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// TestScreenTellsErrors: a writer continues after an error, and gets that error once, at the end.
func TestScreenTellsErrors(t *testing.T) {
	s := newScreen(closedPipe{})
	if n, err := io.WriteString(s, "text"); n != 4 || err != nil {
		t.Errorf("%d bytes written, error %v", n, err)
	}
	s.out = io.Discard
	if io.WriteString(s, "more"); s.flush() == nil {
		t.Error("nobody learns that a part is missing")
	}
}

// past are functions that write to the terminal without a screen, by package or builtin, with the files that may call
// them. main.go gives stdout and stderr to screens, progress bars steer the cursor, and the writer of assembly is a
// program of its own.
var past = map[string][]string{
	"os.Stdout": {"cmd/gpuconv/main.go"}, "os.Stderr": {"cmd/gpuconv/main.go"},
	"fmt.Print": nil, "fmt.Printf": nil, "fmt.Println": nil, "builtin.print": nil, "builtin.println": nil,
	"log.Print": nil, "log.Printf": nil, "log.Println": nil, "log.Panic": nil, "log.Panicf": nil, "log.Panicln": nil,
	"log.Fatal": nil, "log.Fatalf": {"cpu/internal/simd/asm/main.go"}, "log.Fatalln": nil, "log.Default": nil,
	"slog.Default": nil, "slog.Info": nil, "slog.Warn": nil, "slog.Error": nil, "slog.Debug": nil,
	"syscall.Write": nil, "unix.Write": nil,
	"progressbar.OptionSetWriter": {"cmd/gpuconv/progress.go", "cmd/gpuconv/progress_bytes.go"},
	"progressbar.New":             nil, "progressbar.Default": nil, "progressbar.DefaultBytes": nil,
}

// lineWriters write lines that may contain a text from outside with its line breaks. The command uses printLine
// instead.
var lineWriters = []string{"fmt.Fprint", "fmt.Fprintf", "fmt.Fprintln"}

// TestOneScreen: only a screen prints, and the command prints lines with printLine.
func TestOneScreen(t *testing.T) {
	seen := map[string]bool{}
	walkSource(t, func(name string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			what := ""
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Obj == nil {
					what = x.Name + "." + n.Sel.Name
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && f.Obj == nil {
					what = "builtin." + f.Name
				}
			}
			if files, watched := past[what]; watched {
				seen[what] = true
				if !slices.Contains(files, name) {
					t.Errorf("%s uses %s, which writes past the screen: want a writer that it is handed", name, what)
				}
			}
			ofCommand := strings.HasPrefix(name, "cmd/gpuconv/") && name != "cmd/gpuconv/main.go"
			if ofCommand && slices.Contains(lineWriters, what) {
				t.Errorf("%s uses %s: want printLine", name, what)
			}
			return true
		})
	})
	for _, what := range []string{"os.Stdout", "os.Stderr", "progressbar.OptionSetWriter"} {
		if !seen[what] {
			t.Errorf("nothing uses %s: the test sees nothing", what)
		}
	}
}
