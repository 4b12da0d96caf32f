//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unsafe"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// faulty are problems that together use every shader and every buffer.
func faulty() map[string]conv.Problem {
	p := conv.Problem{Src: conv.Shape{2, 1, 6, 8}, Weight: conv.Shape{4, 1, 3, 3}, Bias: true}
	p.Padding = conv.Pad(1, 1)
	pooled := p
	pooled.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 3}} // no tile makes it
	return map[string]conv.Problem{"direct": p, "direct_soft": p, "winograd": p, "direct, pooled": pooled}
}

func openFaulty(t *testing.T, name string, guard bool) *Device {
	algorithm, _, _ := strings.Cut(name, ",")
	return openTest(t, Options{Device: Software(), Algorithm: algorithm, Guard: guard})
}

// objects counts the objects of OpenGL: buffers, and shaders and programs, which share their names.
func objects(d *Device) (buffers, programs int) {
	d.thread.do(func() error {
		for name := uint32(1); name < 1000; name++ {
			if gl.IsBuffer(name) {
				buffers++
			}
			if gl.IsProgram(name) || gl.IsShader(name) {
				programs++
			}
		}
		return nil
	})
	return buffers, programs
}

// attempt computes a case of p on d and compares the outputs. Wrong outputs are an error too. The test fails if an
// error does not name the case.
func attempt(t *testing.T, d conv.Backend, p conv.Problem) error {
	t.Helper()
	src, weight := filled(p)
	c := compare.Case{Name: "the faulty case", Problem: p, Src: src, Weight: weight, Bias: []float32{1, -2, 3, -4}}
	result, err := compare.Check(d, cpu.Reference{}, c)
	if err != nil {
		if text := err.Error(); !strings.Contains(text, c.Name) || strings.Contains(text, "\n") {
			t.Errorf("%q: want one line that names the case", text)
		}
		return err
	}
	if !result.OK() || result.MaxError > 1e-4 { // integers, except for the transforms of winograd and fft
		return errWrong
	}
	return nil
}

var errWrong = errors.New("the output is wrong")

// recovered fails the test unless d works and holds no buffers.
func recovered(t *testing.T, d *Device, p conv.Problem) {
	t.Helper()
	if buffers, _ := objects(d); buffers != 0 {
		t.Errorf("%d buffers are left", buffers)
	}
	d.thread.do(func() error {
		d.seam = openGL()
		return nil
	})
	if err := attempt(t, d, p); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestOutOfMemory makes each allocation in turn ask for more than OpenGL has.
func TestOutOfMemory(t *testing.T) {
	for name, want := range map[string]string{
		"direct": "weight bias src dst", "direct_soft": "weight src dst",
		"winograd": "pixels products weight bias src dst", "direct, pooled": "weight bias sums src dst",
	} {
		d, p := openFaulty(t, name, false), faulty()[name]
		for i, what := range strings.Fields(want) {
			calls := 0
			d.meddle(func(s *seam) {
				s.bufferData = func(target uint32, bytes int, data unsafe.Pointer, usage uint32) {
					if calls++; calls == i+1 {
						bytes, data = 1<<60, nil
					}
					gl.BufferData(target, bytes, data, usage)
				}
			})
			err := attempt(t, d, p)
			if err == nil || !strings.Contains(err.Error(), "bytes for "+what+": GL_OUT_OF_MEMORY") {
				t.Errorf("%s, no memory for %s: %v", name, what, err)
			}
			recovered(t, d, p)
		}
		calls := 0
		d.meddle(func(s *seam) {
			s.bufferData = func(target uint32, bytes int, data unsafe.Pointer, usage uint32) {
				calls++
				gl.BufferData(target, bytes, data, usage)
			}
		})
		if err := attempt(t, d, p); err != nil || calls != len(strings.Fields(want)) {
			t.Errorf("%s: %v after %d allocations, want those of %s", name, err, calls, want)
		}
	}
}

// TestShaderFaults breaks each shader in two ways: it does not compile, or it compiles and does not link.
func TestShaderFaults(t *testing.T) {
	for name, p := range faulty() {
		shader, _, pooled := strings.Cut(name, ",")
		switch {
		case pooled:
			shader = "pool"
		case name == "winograd":
			shader = "winograd_dst"
		}
		for fault, breaks := range map[string]string{
			"compile": "void main() { undeclared = 1;",
			"link":    "float undefined(float v); void main() { dst[0] = undefined(1.0);",
		} {
			if shader == "direct_soft" && fault == "link" {
				breaks = strings.Replace(breaks, "undefined(1.0)", "dvec2(undefined(1.0))", 1)
			}
			d := openFaulty(t, name, false)
			if err := attempt(t, d, p); err != nil {
				t.Fatal(err)
			}
			d.thread.do(func() error { d.forget(); return nil })
			_, before := objects(d)
			d.meddle(func(s *seam) {
				s.edit = func(file, text string) string {
					if file == shader+".comp" {
						return strings.Replace(text, "void main() {", breaks, 1)
					}
					return text
				}
			})
			err := attempt(t, d, p)
			want, where := "gpu: shader "+shader+" does not "+fault, shader+".comp" // the file, and its line
			if err == nil || !strings.Contains(err.Error(), want) ||
				fault == "compile" && !strings.Contains(err.Error(), where) {
				t.Errorf("%v: want %q and %q", err, want, where)
			}
			d.thread.do(func() error { d.forget(); return nil })
			if _, after := objects(d); after != before {
				t.Errorf("%s: %d shaders and programs are left of %s, %d before", fault, after, name, before)
			}
			recovered(t, d, p)
		}
	}
}

// forget deletes the programs that the device has compiled.
func (d *Device) forget() {
	for key, p := range d.programs {
		gl.DeleteProgram(p.handle)
		delete(d.programs, key)
	}
}

// TestErrorEverywhere makes OpenGL report an error at each place where the code asks for one. That fails the case at
// that place and no other.
func TestErrorEverywhere(t *testing.T) {
	for name, p := range faulty() {
		d := openFaulty(t, name, true)
		for i := 0; ; i++ {
			calls := 0
			d.meddle(func(s *seam) {
				s.getError = func() uint32 {
					if calls++; calls == i+1 {
						return gl.OUT_OF_MEMORY
					}
					return gl.GetError()
				}
			})
			err := attempt(t, d, p)
			if calls <= i {
				if err != nil || i < 6 {
					t.Errorf("%s: %v, OpenGL was asked for errors %d times", name, err, calls)
				}
				break
			}
			if err == nil || !strings.Contains(err.Error(), "GL_OUT_OF_MEMORY") || errors.Is(err, conv.ErrLost) {
				t.Errorf("%s, error %d: %v", name, i, err)
			}
			recovered(t, d, p)
			d.thread.do(func() error { d.forget(); return nil })
		}
	}
}

// TestLost loses the context at each place where the code asks OpenGL for an error or for the reset status. That fails
// the case at that place and all cases after it.
func TestLost(t *testing.T) {
	p := faulty()["direct, pooled"]
	for how, lose := range map[string]func(d *Device, at int, calls *int){
		"error": func(d *Device, at int, calls *int) {
			d.meddle(func(s *seam) {
				s.getError = func() uint32 {
					if *calls++; *calls > at {
						return gl.CONTEXT_LOST
					}
					return gl.GetError()
				}
			})
		},
		"status": func(d *Device, at int, calls *int) {
			d.meddle(func(s *seam) {
				s.resetStatus = func() uint32 {
					if *calls++; *calls == at+1 { // drivers report it once
						return []uint32{gl.GUILTY_CONTEXT_RESET, gl.INNOCENT_CONTEXT_RESET, gl.UNKNOWN_CONTEXT_RESET}[at%3]
					}
					return gl.NO_ERROR
				}
			})
		},
	} {
		asked := 0
		for at := 0; at <= asked; at++ {
			d := openFaulty(t, "direct, pooled", true)
			calls := 0
			lose(d, at, &calls)
			err := attempt(t, d, p)
			if asked = max(asked, calls); calls <= at {
				if err != nil {
					t.Errorf("%s %d: %v although the context was not lost", how, at, err)
				}
				break
			}
			if closing := at == asked-1 && err == nil; !closing && !errors.Is(err, conv.ErrLost) {
				t.Errorf("%s %d: %v, want conv.ErrLost", how, at, err)
			}
			afterLoss(t, fmt.Sprint(how, " ", at), d, p)
		}
		if asked < 3 {
			t.Errorf("%s: OpenGL was asked %d times", how, asked)
		}
	}
}

// afterLoss gives a lost device more work.
func afterLoss(t *testing.T, name string, d *Device, p conv.Problem) {
	t.Helper()
	if buffers, _ := objects(d); buffers != 0 {
		t.Errorf("%s: %d buffers are left", name, buffers)
	}
	// A driver that has finished the reset reports nothing more.
	d.thread.do(func() error { d.seam = openGL(); return nil })
	if err := attempt(t, d, p); !errors.Is(err, conv.ErrLost) {
		t.Errorf("%s, afterwards: %v, want conv.ErrLost", name, err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("%s: Close: %v", name, err)
	}
}

// TestRobustContext: if the driver can report resets, the context asked for such reports, and there is none to report.
func TestRobustContext(t *testing.T) {
	d := openTest(t, Options{})
	robust, strategy, status := false, 0, uint32(0)
	d.thread.do(func() error {
		robust = hasExtension("GL_KHR_robustness") || hasExtension("GL_ARB_robustness")
		if robust {
			strategy, status = getInt(gl.RESET_NOTIFICATION_STRATEGY), d.seam.resetStatus()
		}
		return nil
	})
	if !robust {
		t.Skip("the driver does not know robust contexts")
	}
	if strategy != gl.LOSE_CONTEXT_ON_RESET || status != gl.NO_ERROR {
		t.Errorf("reset notification 0x%04x, status 0x%04x", strategy, status)
	}
}

// TestLostPlan: a plan whose device was lost says so, and closes.
func TestLostPlan(t *testing.T) {
	p := faulty()["direct"]
	d := openFaulty(t, "direct", false)
	src, weight := filled(p)
	shape, _ := p.Dst()
	dst, _ := conv.NewTensor(shape)
	made, err := d.Plan(p, weight, []float32{1, 2, 3, 4})
	if err != nil {
		t.Fatal(err)
	}
	d.meddle(func(s *seam) { s.getError = func() uint32 { return gl.CONTEXT_LOST } })
	err = made.Run(dst, src)
	want := "gpu: uploading 2 images: GL_CONTEXT_LOST: the device is lost: its driver has reset it"
	if err == nil || err.Error() != want {
		t.Errorf("%v: want %q", err, want)
	}
	if err := made.Run(dst, src); !errors.Is(err, conv.ErrLost) {
		t.Errorf("the second Run: %v", err)
	}
	if err := errors.Join(made.Close(), made.Close()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if buffers, _ := objects(d); buffers != 0 {
		t.Errorf("%d buffers are left", buffers)
	}
}

// TestPoisoned overwrites one number of a buffer on the device. If it is an input, a guarded device finds it. Without
// guards, or in the output, the comparison finds it.
func TestPoisoned(t *testing.T) {
	const uploaded, computed = 1, 2 // the first and the second time that a run asks for errors
	for _, c := range []struct {
		what    string
		binding int
		when    int
	}{
		{"src", recipe.BindSrc, uploaded}, {"weight", recipe.BindWeight, uploaded},
		{"bias", recipe.BindBias, uploaded}, {"dst", recipe.BindDst, computed},
	} {
		for _, value := range []float32{float32(math.NaN()), 1e9, 0.5} {
			for _, guard := range []bool{false, true} {
				d, p := openFaulty(t, "direct", guard), faulty()["direct"]
				err := attempt(t, poisoning(d, c.binding, c.when, value), p)
				inputs := guard && c.when == uploaded
				if want := " of " + c.what + " is "; inputs && (err == nil || !strings.Contains(err.Error(), want)) {
					t.Errorf("%v in %s: %v, want an error of the device", value, c.what, err)
				}
				if !inputs && !errors.Is(err, errWrong) {
					t.Errorf("%v in %s, guard %v: %v, want a wrong output", value, c.what, guard, err)
				}
				recovered(t, d, p)
			}
		}
	}
}

// backend is a way to plan.
type backend func(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error)

func (b backend) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	return b(p, weight, bias)
}

// poisoning returns a backend that plans on d. In its plans, element 2 of a buffer is overwritten at the when-th time
// that a run asks OpenGL for errors.
func poisoning(d *Device, binding, when int, value float32) conv.Backend {
	return backend(func(problem conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
		made, err := d.Plan(problem, weight, bias)
		if err != nil {
			return nil, err
		}
		p := made.(*plan)
		calls := 0
		buffer := []buffer{
			recipe.BindSrc: p.flights[0].src, recipe.BindWeight: p.weight, recipe.BindBias: p.bias,
			recipe.BindDst: p.flights[0].dst}[binding]
		perRun := 3 // after uploading, computing and reading back
		if d.options.Guard {
			perRun++
		}
		d.meddle(func(s *seam) {
			s.getError = func() uint32 {
				if calls++; (calls-1)%perRun == when-1 && gl.IsBuffer(buffer.handle) {
					gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, buffer.handle)
					gl.BufferSubData(gl.SHADER_STORAGE_BUFFER, 4*2, 4, gl.Ptr(&value))
				}
				return gl.GetError()
			}
		})
		return made, nil
	})
}

// TestFaultsAreReported runs three cases, the second of which meets a fault. That case fails with an error that names
// it, and the others pass unless the device is lost. A shader that does not compile fails all three.
func TestFaultsAreReported(t *testing.T) {
	var cases []compare.Case
	for _, name := range []string{"first", "second", "third"} {
		c, err := compare.Random(name, faulty()["direct, pooled"])
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	for name, c := range map[string]struct {
		fault func(d *Device, second func() bool)
		want  string
		text  string
	}{
		"memory": {func(d *Device, second func() bool) {
			d.meddle(func(s *seam) {
				s.bufferData = func(target uint32, bytes int, data unsafe.Pointer, usage uint32) {
					if second() {
						bytes, data = 1<<60, nil
					}
					gl.BufferData(target, bytes, data, usage)
				}
			})
		}, "passed failed passed", "GL_OUT_OF_MEMORY"},
		"lost": {func(d *Device, second func() bool) {
			d.meddle(func(s *seam) {
				s.getError = func() uint32 {
					if second() {
						return gl.CONTEXT_LOST
					}
					return gl.GetError()
				}
			})
		}, "passed failed failed", "the device is lost"},
		"shader": {func(d *Device, _ func() bool) {
			d.meddle(func(s *seam) { s.edit = func(_, text string) string { return text + "}" } })
		}, "failed failed failed", "does not compile"},
	} {
		d := openFaulty(t, "direct, pooled", true)
		underway := ""
		c.fault(d, func() bool { return underway == "second" })
		var outcomes []compare.Outcome
		var got []string
		for _, each := range cases {
			trial, err := compare.NewTrial(cpu.Reference{}, each)
			if err != nil {
				t.Fatal(err)
			}
			underway = each.Name
			o := trial.Run(d, compare.Options{})
			outcomes, got = append(outcomes, o), append(got, o.Status().String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		} else if text := outcomes[1].String(); !strings.HasPrefix(text, "second") || !strings.Contains(text, c.text) {
			t.Errorf("%s: %q: want the case and %q", name, text, c.text)
		}
	}
}
