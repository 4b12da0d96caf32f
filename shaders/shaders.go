// Package shaders holds the GLSL of gpuconv: one compute shader per file, with
// the name of its algorithm. A file is a template: package gpu writes the
// constants that it names as #define lines behind its first line, and then
// prelude.glsl, which holds what every shader may call, and the parts that a few share.
package shaders

import (
	"embed"
	"fmt"
)

//go:embed *.comp *.glsl
var files embed.FS

// Source returns the text of the shader name, such as "direct", whose first line
// is its #version. It reports a name that there is no file for.
func Source(name string) (string, error) {
	text, err := files.ReadFile(name + ".comp")
	if err != nil {
		return "", fmt.Errorf("shaders: no shader %q: %w", name, err)
	}
	return string(text), nil
}

// Part returns the text of a file that shaders have in common, "prelude.glsl" or one of a few, such as "fft.glsl".
// It reports a name that there is no file for.
func Part(name string) (string, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("shaders: no part %q: %w", name, err)
	}
	return string(text), nil
}
