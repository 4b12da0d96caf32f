package recipe

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gpuconv/conv"
	"gpuconv/shaders"
)

// Key names a program: a shader, and the constants that it is compiled with. It is comparable.
type Key struct {
	Shader    string // its file in package shaders, without .comp
	Constants Constants
}

// Constants are what one shader is compiled with, as a comparable struct.
type Constants interface{ Defines() []Define }

// Define is one #define line.
type Define struct{ Name, Value string }

// bit is the value of a define that #if reads.
func bit(set bool) string {
	if set {
		return "1"
	}
	return "0"
}

// number is the value of a uniform that is a bool.
func number(set bool) int {
	if set {
		return 1
	}
	return 0
}

// each writes the unrolled loop M(0) M(1) … M(n−1). GLSL cannot ask a compiler to unroll a loop.
func each(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "M(%d) ", i)
	}
	return strings.TrimSpace(b.String())
}

// sourceMode says how source() of the prelude continues images beyond their edges.
func sourceMode(m conv.PaddingMode) Define { return Define{"SOURCE_MODE", fmt.Sprint(int(m))} }

// sourceBinding says where pixel.glsl finds the images.
func sourceBinding(binding int) Define { return Define{"SOURCE_BINDING", fmt.Sprint(binding)} }

// Source returns exactly what is compiled: the shader's #version line, the defines, the prelude (source string 1 in the
// compiler's messages), what the shader shares with others (strings 2 and up), and the rest of the file under its own
// line numbers. edit, if it is not nil, gets each file's text and returns the text to use instead.
func (k Key) Source(edit func(file, text string) string) (string, error) {
	if edit == nil {
		edit = func(_, text string) string { return text }
	}
	text, err := shaders.Source(k.Shader)
	if err != nil {
		return "", err
	}
	version, rest, _ := strings.Cut(edit(k.Shader+".comp", text), "\n")
	var b strings.Builder
	fmt.Fprintln(&b, version)
	for _, d := range k.Constants.Defines() {
		fmt.Fprintf(&b, "#define %s %s\n", d.Name, d.Value)
	}
	for i, name := range append([]string{"prelude.glsl"}, k.includes()...) {
		part, err := shaders.Part(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "#line 1 %d\n%s", i+1, edit(name, part))
	}
	fmt.Fprintf(&b, "#line 2 0\n%s", rest)
	return b.String(), nil
}

// place is how compilers name a line: the number of a source string, and the line in it. Mesa writes 1:12(5), glslang
// 1:12 and NVIDIA's 1(12).
var place = regexp.MustCompile(`(^|\s)(\d+)([:(]\d+)`)

// Locate names the files, such as prelude.glsl, in a compiler's message about the key's source.
func (k Key) Locate(message string) string {
	files := append([]string{k.Shader + ".comp", "prelude.glsl"}, k.includes()...)
	return place.ReplaceAllStringFunc(message, func(found string) string {
		part := place.FindStringSubmatch(found)
		if n, err := strconv.Atoi(part[2]); err == nil && n < len(files) {
			return part[1] + files[n] + part[3]
		}
		return found
	})
}

// Mistake returns the file and line of the first mistake in a message that Locate has returned, and the text of that
// line. edit is as for Source. If the message names no line, file is "".
func (k Key) Mistake(message string, edit func(file, text string) string) (file string, line int, text string) {
	found := located.FindStringSubmatch(message)
	if found == nil {
		return "", 0, ""
	}
	whole, err := shaders.Part(found[1])
	if name, stage := strings.CutSuffix(found[1], ".comp"); stage {
		whole, err = shaders.Source(name)
	}
	if line, _ = strconv.Atoi(found[2]); err != nil {
		return found[1], line, ""
	}
	if edit != nil {
		whole = edit(found[1], whole)
	}
	if lines := strings.Split(whole, "\n"); line >= 1 && line <= len(lines) {
		text = lines[line-1]
	}
	return found[1], line, strings.TrimSpace(text)
}

// located matches the name of a file and the number of a line, as Locate writes them.
var located = regexp.MustCompile(`([\w]+\.(?:comp|glsl))[:(](\d+)`)

// sharer is implemented by the constants of a shader that includes shared files besides the prelude.
type sharer interface {
	Includes() []string // files of package shaders
}

// includes names the files of package shaders that the shader includes, in their order.
func (k Key) includes() []string {
	if s, ok := k.Constants.(sharer); ok {
		return s.Includes()
	}
	return nil
}

// allInside is the padding mode of shaders whose taps are all inside the image.
const allInside = conv.Symmetric + 1
