package guest

import (
	"strings"
	"testing"
)

// TestCheck: what OpenGL would ignore is an error of one line.
func TestCheck(t *testing.T) {
	const glsl = "#version 430 core // imags\nuniform int images; uniform ivec2 size, stride;\n" +
		"layout(std140) uniform Block { int channels; };\nuniform int list[2];\nstruct S { int a; }; uniform S s;\n"
	for _, c := range []struct{ text, lines, want string }{
		{glsl, "uniforms.images = 1\nuniforms.stride = 1\nuniforms.\"s.a\" = 1\nuniforms.3 = 1\ndefines.A = 1", ""},
		{glsl, "uniforms.imags = 1", "uniforms.imags: x has no such name"},
		{glsl, "uniforms.image = 1", "uniforms.image: x has no such name"},
		{glsl, "uniforms.list = [1, 2]", "uniforms.list: it is an array in x"},
		{glsl, "uniforms.channels = 1", "uniforms.channels: it is in a block in x"},
		{glsl, "constants.3 = 1", "constants.3: the shader is GLSL, want [defines]"},
		{string(spirv), "constants.3 = 1\nuniforms.3 = 1", ""},
		{string(spirv), "defines.A = 1", "defines.A: the shader is SPIR-V, want [constants]"},
	} {
		i, err := ParseInterface("buffers.src.binding = 0\nbuffers.weight.binding = 1\nbuffers.dst.binding = 3\n" +
			"groups.x = 1\n" + c.lines)
		if err != nil {
			t.Fatal(err)
		}
		err = Shader{"x", []byte(c.text), i}.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.lines, err, c.want)
		}
	}
}
