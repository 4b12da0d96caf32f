//go:build unix

package guest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
)

// located are the uniforms of testdata/naive.comp as OpenGL's SPIR-V needs them, by location and without bool.
const located = `layout(location = 0) uniform int images;
layout(location = 1) uniform int channels;
layout(location = 2) uniform int filters;
layout(location = 3) uniform ivec2 src_size;
layout(location = 4) uniform ivec2 kernel;
layout(location = 5) uniform ivec2 dst_size;
layout(location = 6) uniform ivec2 stride;
layout(location = 7) uniform ivec2 dilation;
layout(location = 8) uniform ivec2 padding;
layout(location = 9) uniform int relu;
`

// compiled returns testdata/naive.comp as SPIR-V, with a text replaced by another. glslang compiles it.
func compiled(t *testing.T, before, after string) Shader {
	t.Helper()
	glslang, err := exec.LookPath("glslangValidator")
	if err != nil && os.Getenv("GPUCONV_REQUIRE_GPU") == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	naive, err := os.ReadFile("testdata/naive.comp")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(naive), "uniform int")
	_, body, _ := strings.Cut(rest, "uniform bool relu;\n")
	text := strings.Replace(head, "local_size_x = LOCAL", "local_size_x_id = 7", 1) + located +
		strings.Replace(body, "relu ?", "relu != 0 ?", 1)
	if strings.Count(text, before) != 1 {
		t.Fatalf("%q is not in the shader once", before)
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "naive.comp"), filepath.Join(dir, "naive.spv")
	if err := os.WriteFile(from, []byte(strings.Replace(text, before, after, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(glslang, "-G", "-o", to, from).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	binary, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	i, err := ParseInterface(`
		accepts = ["padding_mode == 'zeros'", "groups == 1", "activation != 'energy'"]
		buffers = { src.binding = 0, weight.binding = 1, bias.binding = 2, dst.binding = 3 }
		uniforms.0 = "N"
		uniforms.1 = "C"
		uniforms.2 = "K"
		uniforms.3 = ["H", "W"]
		uniforms.4 = ["KH", "KW"]
		uniforms.5 = ["H_out", "W_out"]
		uniforms.6 = ["stride_h", "stride_w"]
		uniforms.7 = ["dilation_h", "dilation_w"]
		uniforms.8 = ["pad_top", "pad_left"]
		uniforms.9 = "activation == 'relu'"
		constants.7 = "32 * KW"
		groups.x = "ceil(N * C_out * H_out * W_out / local_x)"`)
	if err != nil {
		t.Fatal(err)
	}
	s := Shader{"naive.spv", binary, i}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSPIRV: SPIR-V computes what its GLSL does, with specialization constants and uniforms by location, and its bugs
// are found. A driver without GL_ARB_gl_spirv refuses it and says so.
func TestSPIRV(t *testing.T) {
	d := device(t)
	intact := compiled(t, "sum = bias[filt]", "sum = bias[filt]")
	out := tried(t, Open(d, intact, true), problem())
	if errors.Is(out.Err, conv.ErrUnsupported) && strings.Contains(out.Why(), "it has no GL_ARB_gl_spirv, want GLSL") {
		t.Skipf("%v has no GL_ARB_gl_spirv", d.Info())
	}
	if out.Status() != compare.Passed {
		t.Errorf("%v", out)
	}
	broken := compiled(t, " * dilation - padding", " - padding")
	if out := tried(t, Open(d, broken, true), problem()); out.Status() != compare.Failed {
		t.Errorf("without dilation: %v", out)
	}
}
