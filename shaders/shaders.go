// Package shaders holds the GLSL of gpuconv: one compute shader per file, named after its algorithm or stage, and the
// parts that shaders share.
//
// A shader is a template. Before it is compiled, package gpu/internal/recipe inserts after its first line a #define
// line for each of its constants, then prelude.glsl, which all shaders share, and then the parts that it shares with a
// few others.
package shaders

import (
	"embed"
	"fmt"
)

//go:embed *.comp *.glsl
var files embed.FS

// Source returns the text of a shader, such as "direct". Its first line is its #version. A name without a file is an
// error.
func Source(name string) (string, error) {
	text, err := files.ReadFile(name + ".comp")
	if err != nil {
		return "", fmt.Errorf("shaders: no shader %q: %w", name, err)
	}
	return string(text), nil
}

// Part returns the text of a shared file, such as "prelude.glsl" or "fft.glsl". A name without a file is an error.
func Part(name string) (string, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("shaders: no part %q: %w", name, err)
	}
	return string(text), nil
}
