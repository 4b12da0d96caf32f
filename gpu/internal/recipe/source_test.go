package recipe

import (
	"fmt"
	"strings"
	"testing"
)

// TestSource: a compiler's line numbers are those of the file, and the defines are before what uses them.
func TestSource(t *testing.T) {
	for _, key := range []Key{
		{"direct", directConstants{localSize: 64, positions: 4, vectors: 2}},
		{"direct_soft", softConstants{filters: 2, channels: 1, tapsH: 3, kernelW: 3, rows: 2, segments: 1, stride: [2]int{1, 1}, dilation: [2]int{1, 1}}},
		{"direct_small", smallConstants{slide: slide{2, 3, 3, 3, 0, 1, 1, finish{}}, lanes: 64, weights: 10}},
		{"depthwise", depthwiseConstants{slide: slide{2, 1, 3, 3, 0, 1, 1, finish{}}, lanes: 64}},
		{"direct_shared", sharedConstants{slide: slide{2, 3, 3, 3, 0, 1, 1, finish{}}, lanesW: 8, lanesH: 2, strideW: 1, dilation: 1, tileH: 6, phase: 10}},
		{"pool", poolConstants{localSize: 64}},
	} {
		source, err := key.Source(nil)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(source, "\n")
		if lines[0] != "#version 430 core" || !strings.HasPrefix(lines[1], "#define ") {
			t.Errorf("%s begins %q, %q", key.Shader, lines[0], lines[1])
		}
		if !strings.Contains(source, "\n#line 2 0\n// "+key.Shader+":") {
			t.Errorf("%s: line 2 of the file does not follow #line 2 0", key.Shader)
		}
	}
	if _, err := (Key{Shader: "missing"}).Source(nil); err == nil {
		t.Error("a shader that does not exist has a source")
	}
}

// TestMistake: the first line that a message names is found in its file, as it is compiled.
func TestMistake(t *testing.T) {
	key := Key{"direct_small", smallConstants{slide: slide{2, 3, 3, 3, 0, 1, 1, finish{}}, lanes: 64, weights: 10}}
	edit := func(file, text string) string {
		return strings.Replace(text, "\n", "\n  a mistake in "+file+" ;\n", 1) // line 2
	}
	for message, want := range map[string]string{
		"0:2(15): error: `a' undeclared 0:3(1): error": "direct_small.comp 2 a mistake in direct_small.comp ;",
		"ERROR: 1:2: 'a' : undeclared":                 "prelude.glsl 2 a mistake in prelude.glsl ;",
		"2(2) : error C1503: undefined":                "slide.glsl 2 a mistake in slide.glsl ;",
		"0:99999(1): error: unexpected end of file":    "direct_small.comp 99999 ",
		"a log without places":                         " 0 ",
	} {
		file, line, text := key.Mistake(key.Locate(message), edit)
		if got := fmt.Sprint(file, " ", line, " ", text); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}

// TestLocate: messages of compilers name files in place of the numbers of source strings.
func TestLocate(t *testing.T) {
	key := Key{"direct_small", smallConstants{slide: slide{2, 3, 3, 3, 0, 1, 1, finish{}}, lanes: 64, weights: 10}}
	for message, want := range map[string]string{
		"0:57(15): error: `a' undeclared": "direct_small.comp:57(15): error: `a' undeclared",
		"ERROR: 1:7: 'a' : undeclared":    "ERROR: prelude.glsl:7: 'a' : undeclared",
		"2(31) : error C1503: undefined":  "slide.glsl(31) : error C1503: undefined",
		"error: 3:1 and 9:12(5)":          "error: column.glsl:1 and 9:12(5)",
		"a log without places":            "a log without places",
	} {
		if got := key.Locate(message); got != want {
			t.Errorf("%q is %q, want %q", message, got, want)
		}
	}
}
