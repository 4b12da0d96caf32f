//go:build cgo && !nogl

package gpu

import "testing"

// TestOwnMistake: an error has the shader's name as it is, the line and its text.
func TestOwnMistake(t *testing.T) {
	s := OwnShader{Name: "a$1b.comp", GLSL: "#version 430\nint a = b;\n"}
	e := s.mistake("0:2(9): error: `b' undeclared")
	if e.Log != "a$1b.comp:2(9): error: `b' undeclared" || e.File != s.Name || e.Line != 2 || e.Text != "int a = b;" {
		t.Errorf("%+v", e)
	}
}
