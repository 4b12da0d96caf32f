//go:build unix

package guest

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu"
)

func TestMain(m *testing.M) {
	Child()
	os.Exit(m.Run())
}

// naive returns the shader of testdata with some texts replaced by others, and with the interface of the example, in
// which texts are replaced, too.
func naive(t *testing.T, replacements ...string) (Shader, string) {
	t.Helper()
	text, err := os.ReadFile("testdata/naive.comp")
	if err != nil {
		t.Fatal(err)
	}
	shader, described := string(text), Example
	for i := 0; i < len(replacements); i += 2 {
		before := shader + described
		shader = strings.Replace(shader, replacements[i], replacements[i+1], 1)
		described = strings.Replace(described, replacements[i], replacements[i+1], 1)
		if shader+described == before {
			t.Fatalf("neither file has %q", replacements[i])
		}
	}
	i, err := ParseInterface(described)
	if err != nil {
		t.Fatal(err)
	}
	return Shader{"naive.comp", []byte(shader), i}, described
}

// device opens a device for the test, or skips it.
func device(t *testing.T) *gpu.Device {
	t.Helper()
	d, err := gpu.Open(gpu.Options{})
	if err != nil && os.Getenv("GPUCONV_REQUIRE_GPU") == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// problem is one that a shader can get wrong in many ways.
func problem() conv.Problem {
	p := conv.Problem{Src: conv.Shape{3, 3, 11, 9}, Weight: conv.Shape{6, 3, 3, 2}, Bias: true}
	p.Stride, p.Dilation, p.Padding = [2]int{2, 1}, [2]int{1, 2}, conv.Padding{Top: 1, Left: 2, Bottom: 2}
	return p
}

func tried(t *testing.T, b conv.Backend, p conv.Problem) compare.Outcome {
	t.Helper()
	c, err := compare.Random("guest", p)
	if err != nil {
		t.Fatal(err)
	}
	trial, err := compare.NewTrial(cpu.Reference{}, c)
	if err != nil {
		t.Fatal(err)
	}
	return trial.Run(b, compare.Options{Relations: compare.Relations()[:3]})
}

// TestLayoutsOfShader: a shader that wants its buffers in other orders, and weights as vec4s, gets them like that.
func TestLayoutsOfShader(t *testing.T) {
	d := device(t)
	hwio := []string{"((filt * channels + c) * kernel.x + u) * kernel.y + v",
		"((u * kernel.y + v) * channels + c) * filters + filt", `layout = "OIHW"`, `layout = "HWIO"`}
	nhwc := []string{"((image * channels + c) * src_size.x + from.x) * src_size.y + from.y",
		"((image * src_size.x + from.x) * src_size.y + from.y) * channels + c", `layout = "NCHW"`, `layout = "NHWC"`}
	packed := []string{"float weight[]", "vec4 weight[]",
		"weight[((filt * channels + c) * kernel.x + u) * kernel.y + v]",
		"weight[((filt / 4 * channels + c) * kernel.x + u) * kernel.y + v][filt % 4]", `layout = "OIHW"`,
		`layout = "OIHW4o"`}
	for name, replaced := range map[string][]string{"plain": nil, "HWIO": hwio, "NHWC": nhwc, "OIHW4o": packed} {
		shader, _ := naive(t, replaced...)
		if out := tried(t, Open(d, shader, true), problem()); out.Status() != compare.Passed {
			t.Errorf("%s: %v", name, out)
		}
	}
	shader, _ := naive(t, hwio[:2]...)
	if out := tried(t, Open(d, shader, true), problem()); out.Status() != compare.Failed {
		t.Errorf("weights in another order than the shader's: %v", out)
	}
}

// TestPlantedBugs: each bug is found, with a reason that says what it is.
func TestPlantedBugs(t *testing.T) {
	d := device(t)
	for name, c := range map[string]struct {
		replaced []string
		want     string
	}{
		"no check at the end": {[]string{"if (at >= images * filters * dst_size.x * dst_size.y) {\n\t\treturn;\n\t}", ""},
			"of dst, which has"},
		"dilation": {[]string{" * dilation - padding", " - padding"}, "outputs are wrong"},
		"writes an input": {[]string{"readonly buffer Bias", "buffer Bias", "dst[at] =", "bias[0] = 3.0; dst[at] ="},
			"of bias, which is an input"},
		"reads beyond": {[]string{"from.x < src_size.x", "from.x <= src_size.x"}, "outputs are wrong"},
		"writes far": {[]string{"dst[at] =", "if (at == 0) dst[dst_size.x * dst_size.y * filters * images + 9] = 1.0; dst[at] ="},
			"of dst, which has"},
		"not written": {[]string{"dst[at] =", "if (at % 7 != 3) dst[at] ="}, "NaN"},
	} {
		shader, _ := naive(t, c.replaced...)
		out := tried(t, Open(d, shader, true), problem())
		if out.Status() != compare.Failed || !strings.Contains(out.Why(), c.want) {
			t.Errorf("%s: %v, want %q", name, out, c.want)
		}
	}
}

// TestMistakes: what is wrong with a shader or its interface is an error of one line that says where.
func TestMistakes(t *testing.T) {
	d := device(t)
	for name, c := range map[string]struct {
		replaced []string
		want     string
	}{
		"compile": {[]string{"float sum = bias[filt]", "float sum = bios[filt]"}, "naive.comp:22"},
		"vector":  {[]string{`kernel = ["KH", "KW"]`, `kernel = "KH"`}, "uniform kernel [3]: the shader's has 2 numbers"},
		"array": {[]string{`kernel = ["KH", "KW"]`, "kernel = [\"KH\", \"KW\"]\nsizes = [\"N\", \"C\"]",
			"void main() {", "uniform int sizes[2];\nvoid main() {", "float sum = bias[filt]", "float sum = bias[filt] * sizes[1]"},
			"uniform sizes [3 3]: the shader's is an array, want a vector such as ivec2"},
		"no work-groups": {[]string{`x = "ceil(`, `x = "0 * ceil(`}, "it gives 0, want a whole number of at least 1"},
		"a fraction":     {[]string{`x = "ceil(`, `x = "0.3 + ceil(`}, "want a whole number of at least 1"},
		"too many":       {[]string{`x = "ceil(`, `x = "1e9 + ceil(`}, "GL_INVALID_VALUE"},
	} {
		shader, _ := naive(t, c.replaced...)
		out := tried(t, Open(d, shader, true), problem())
		if out.Status() != compare.Failed || !strings.Contains(out.Why(), c.want) || strings.Contains(out.Why(), "\n") {
			t.Errorf("%s: %v, want %q", name, out, c.want)
		}
	}
	shader, _ := naive(t, "float sum = bias[filt]", "float sum = bios[filt]")
	var mistake *conv.SourceError
	if out := tried(t, Open(d, shader, true), problem()); !errors.As(out.Err, &mistake) ||
		mistake.File != "naive.comp" || mistake.Line != 22 || mistake.Text != "float sum = bios[filt];" {
		t.Errorf("%+v", mistake)
	}
}

// TestSmallerBatch: a plan takes smaller batches, and leaves the rest of its output alone.
func TestSmallerBatch(t *testing.T) {
	shader, _ := naive(t)
	p := problem()
	c, err := compare.Random("batch", p)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Open(device(t), shader, true).Plan(p, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := compare.RunGuarded(plan, p, c.Src)
	if err != nil {
		t.Fatal(err)
	}
	part, err := compare.RunGuarded(plan, p, c.Src.Images(0, 2))
	if err != nil || compare.Differ(part.Data, whole.Images(0, 2).Data) >= 0 {
		t.Errorf("%v, the first images differ", err)
	}
}

// isolated starts a child for a shader.
func isolated(t *testing.T, limit time.Duration, replaced ...string) *Isolated {
	t.Helper()
	device(t) // skips
	shader, described := naive(t, replaced...)
	b, err := Start(t.Context(), shader, described, Options{Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestIsolated: in a child process a shader computes the same. If the child dies, the error says what it died of, and
// the next plan has another child.
func TestIsolated(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there are no children")
	}
	b := isolated(t, time.Minute)
	if out := tried(t, b, problem()); out.Status() != compare.Passed || b.Info().Renderer == "" {
		t.Errorf("%v on %v", out, b.Info())
	}
	c, err := compare.Random("isolated", problem())
	if err != nil {
		t.Fatal(err)
	}
	for death := 1; death <= mostDeaths; death++ {
		plan, err := b.Plan(c.Problem, c.Weight, c.Bias)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.child.cmd.Process.Signal(syscall.SIGSEGV); err != nil {
			t.Fatal(err)
		}
		_, err = compare.RunGuarded(plan, c.Problem, c.Src)
		if err == nil || !strings.Contains(err.Error(), "the driver died of SIGSEGV") {
			t.Errorf("%v", err)
		}
		if lost := errors.Is(err, conv.ErrLost); lost != (death == mostDeaths) {
			t.Errorf("death %d: %v", death, err)
		}
		if _, again := compare.RunGuarded(plan, c.Problem, c.Src); again == nil {
			t.Error("the plan of a dead child runs")
		}
		if err := plan.Close(); err != nil {
			t.Error(err)
		}
		if _, err := compare.RunGuarded(plan, c.Problem, c.Src); !errors.Is(err, conv.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
	if _, err := b.Plan(c.Problem, c.Weight, c.Bias); !errors.Is(err, conv.ErrLost) {
		t.Errorf("after %d deaths: %v", mostDeaths, err)
	}
}

// TestHangs: a shader that does not end within the limit is an error, and its child is ended.
func TestHangs(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there are no children")
	}
	b := isolated(t, 2*time.Second, `x = "ceil(N * C_out * H_out * W_out / local_x)"`, "x = 65535\ny = 65535\nz = 64")
	began, pid := time.Now(), b.child.cmd.Process.Pid
	out := tried(t, b, problem())
	if !strings.Contains(out.Why(), "it does not end within 2s") {
		t.Errorf("%v", out)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	for try := 0; syscall.Kill(pid, 0) == nil; try++ {
		if time.Sleep(10 * time.Millisecond); try > 500 {
			t.Fatal("the child lives on")
		}
	}
}

// TestRestartsFail: children that do not start count as deaths, so that the next calls do not try for ever.
func TestRestartsFail(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there are no children")
	}
	b := isolated(t, time.Minute)
	b.child.end()
	b.child, b.setup.Device = nil, "999"
	c, err := compare.Random("restarts", problem())
	if err != nil {
		t.Fatal(err)
	}
	for start := 1; start <= mostDeaths; start++ {
		_, err := b.Plan(c.Problem, c.Weight, c.Bias)
		if err == nil || !strings.Contains(err.Error(), "no OpenGL 4.3 device answers the request") {
			t.Errorf("start %d: %v", start, err)
		}
		if lost := errors.Is(err, conv.ErrLost); lost != (start == mostDeaths) {
			t.Errorf("start %d: %v", start, err)
		}
	}
}

// TestLargeBuffers: a problem whose buffers the device cannot bind is refused with the limit, and so is a binding that
// it does not have.
func TestLargeBuffers(t *testing.T) {
	d := device(t)
	shader, _ := naive(t, "bias = { binding = 2 }", "bias = { binding = 99999 }")
	out := tried(t, Open(d, shader, true), problem())
	if !strings.Contains(out.Why(), "binding of bias 99999: this device has bindings from 0 to ") {
		t.Errorf("%v", out)
	}
	p := conv.Problem{Src: conv.Shape{1, 1, 1, d.Info().Limits.Block()/4 + 1}, Weight: conv.Shape{1, 1, 1, 1}}
	shader, _ = naive(t)
	_, err := Open(d, shader, true).Plan(p, &conv.Tensor{Shape: p.Weight, Data: []float32{1}}, nil)
	if !errors.Is(err, conv.ErrUnsupported) ||
		!strings.Contains(err.Error(), "storage blocks of this device have at most ") {
		t.Errorf("%v", err)
	}
}
