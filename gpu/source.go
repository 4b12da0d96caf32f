package gpu

import (
	"fmt"
	"strings"

	"gpuconv/shaders"
)

// programKey names a program: a shader and the constants it is compiled with. It
// is comparable.
type programKey struct {
	shader    string
	constants constants
}

// constants are one shader's, as a comparable struct.
type constants interface{ defines() []define }

// define is one #define line.
type define struct{ name, value string }

// bit writes a define that #if asks for.
func bit(set bool) string {
	if set {
		return "1"
	}
	return "0"
}

// number is the value of a uniform that stands for a bool.
func number(set bool) int {
	if set {
		return 1
	}
	return 0
}

// each writes the unrolled loop M(0) M(1) … M(n−1): GLSL has no way to ask for one.
func each(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "M(%d) ", i)
	}
	return strings.TrimSpace(b.String())
}

// source returns exactly what is compiled: the shader's #version line, the
// defines, the prelude (as source string 1 in the compiler's messages), what the shader
// shares with others (as 2) and the rest of the file under its own line numbers. edit, unless it is nil, returns
// what stands for the text of a file: see seam.
func (k programKey) source(edit func(file, text string) string) (string, error) {
	text, err := shaders.Source(k.shader)
	if err != nil {
		return "", err
	}
	prelude, err := shaders.Prelude()
	if err != nil {
		return "", err
	}
	part, err := k.part()
	if err != nil {
		return "", err
	}
	if edit != nil {
		text, prelude, part = edit(k.shader+".comp", text), edit("prelude.glsl", prelude), edit(k.partName(), part)
	}
	version, rest, _ := strings.Cut(text, "\n")
	var b strings.Builder
	fmt.Fprintln(&b, version)
	for _, d := range k.constants.defines() {
		fmt.Fprintf(&b, "#define %s %s\n", d.name, d.value)
	}
	b.WriteString("#line 1 1\n")
	b.WriteString(prelude)
	if part != "" {
		b.WriteString("#line 1 2\n")
		b.WriteString(part)
	}
	b.WriteString("#line 2 0\n")
	b.WriteString(rest)
	return b.String(), nil
}

// sharer are the constants of shaders that have a part in common.
type sharer interface {
	part() string // the file of package shaders
}

// partName names the file that the shader shares with others, "" if there is none.
func (k programKey) partName() string {
	if s, ok := k.constants.(sharer); ok {
		return s.part()
	}
	return ""
}

func (k programKey) part() (string, error) {
	if k.partName() == "" {
		return "", nil
	}
	return shaders.Part(k.partName())
}
