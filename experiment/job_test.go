package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/filters"
	"gpuconv/machine"
	"gpuconv/param"
	"gpuconv/stimuli"
	"gpuconv/whole"
)

// small is a job that takes almost no time. It draws no pictures, which would take most of it.
func small(t testing.TB) Job {
	t.Helper()
	j := pictured(t)
	j.Look.Formats = []string{}
	return j
}

// pictured is small with pictures.
func pictured(t testing.TB) Job {
	t.Helper()
	return tutorial(t, stimuli.NMA{Resolution: 0.02}, "0:90:3", filters.NMA{Channels: 3, Size: 5})
}

// tutorial is a job of the tutorial's gratings and filters.
func tutorial(t testing.TB, grating stimuli.NMA, orientations string, bank filters.NMA) Job {
	t.Helper()
	values, err := param.ParseValues(orientations)
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := stimuli.NewSweep(grating, values)
	if err != nil {
		t.Fatal(err)
	}
	made, err := TutorialBank(bank)
	if err != nil {
		t.Fatal(err)
	}
	return Job{Images: sweep, Bank: made, Spec: conv.Spec{Padding: conv.Pad(bank.Size/2, bank.Size/2)},
		Check: Checking{Images: 16}}
}

// prepared prepares a job on the CPU engine, in portions of the given number of images.
func prepared(t testing.TB, j Job, portion int) Prepared {
	t.Helper()
	p, err := j.Problem()
	if err != nil {
		t.Fatal(err)
	}
	p.Src = p.Src.WithN(portion)
	plan, err := cpu.Engine{}.Plan(p, j.Bank.Weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plan.Close() })
	return Prepared{Problem: p, Plan: plan}
}

// folder makes a folder to write to.
func folder(t *testing.T) *whole.Folder {
	t.Helper()
	out, err := whole.CreateFolder(filepath.Join(t.TempDir(), "new", "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Discard)
	return out
}

// altered is a plan that lets f see and change what another one computed.
type altered struct {
	conv.Plan
	f func(dst *conv.Tensor) error
}

func (a altered) Run(dst, src *conv.Tensor) error {
	if err := a.Plan.Run(dst, src); err != nil {
		return err
	}
	return a.f(dst)
}

// runAltered runs a small job, in portions of 7 images, whose results f alters.
func runAltered(t *testing.T, f func(dst *conv.Tensor) error) (*Report, string, error) {
	t.Helper()
	j, out := small(t), folder(t)
	e := prepared(t, j, 7)
	e.Plan = altered{e.Plan, f}
	r, err := j.RunOn(t.Context(), e, out)
	out.Discard()
	return r, out.Path(), err
}

// TestWrongBackend: results that differ from the reference's fail the job and leave nothing.
func TestWrongBackend(t *testing.T) {
	const disagrees = "disagrees with the float64 reference"
	for _, c := range []struct {
		name string
		f    func(dst *conv.Tensor) error
		want string
	}{
		{"wrong by a thousandth", func(dst *conv.Tensor) error { dst.Data[0] += 1e-3; return nil }, disagrees},
		{"never written", func(dst *conv.Tensor) error { dst.Data[1] = float32(math.NaN()); return nil }, disagrees},
		{"failing", func(*conv.Tensor) error { return errors.New("gpu: out of memory") }, "gpu: out of memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, output, err := runAltered(t, c.f)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Run returns %v, want %q", err, c.want)
			}
			if e := new(whole.Error); errors.As(err, &e) {
				t.Errorf("%v: the folder is not to blame", err)
			}
			if e := new(WrongError); errors.As(err, &e) != (c.want == disagrees) {
				t.Errorf("%v is of type %T", err, err)
			}
			if _, err := os.Stat(filepath.Dir(output)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the new folder is left: %v", err)
			}
		})
	}
}

// TestFit: a job in the memory that it was given takes at most that, in the largest portion for which this holds. What
// is not enough for one image is refused.
func TestFit(t *testing.T) {
	j := pictured(t)
	p, err := j.Problem()
	if err != nil {
		t.Fatal(err)
	}
	least := 0.0
	for images := range p.Src.N() {
		one := p
		one.Src = p.Src.WithN(images + 1)
		need, err := j.Memory(one)
		if err != nil {
			t.Fatal(err)
		}
		if images == 0 {
			least = need - program
		}
		for _, c := range []struct {
			bytes float64
			want  int
		}{{need - program, images + 1}, {need - program - 1, images}} {
			got, err := j.Fit(p, c.bytes, 0, 0)
			if c.want > 0 {
				less, err := j.Fit(p, c.bytes+1000+100*float64(c.want), 1000, 100)
				if err != nil || less.Src != got.Src {
					t.Errorf("%v bytes, 1000 for the plan and 100 for each image: %v, %v, want %v", c.bytes, less.Src,
						err, got.Src)
				}
			}
			if c.want == 0 {
				if err == nil || !strings.Contains(err.Error(),
					"want "+machine.Size(math.Ceil(least/1e5)*1e5)+" at least") {
					t.Errorf("%v bytes: error %v", c.bytes, err)
				}
			} else if err != nil || got.Src.N() != c.want {
				t.Errorf("%v bytes: %v, %v, want %d images", c.bytes, got.Src, err, c.want)
			}
		}
	}
	if got, err := j.Fit(p, 1e12, 0, 0); err != nil || got.Src != p.Src {
		t.Errorf("%v, %v, want all %d images", got.Src, err, p.Src.N())
	}
}

// TestCheckedImages: of 30 images in portions of 7, 16 that are spread over them are checked.
func TestCheckedImages(t *testing.T) {
	r, output, err := runAltered(t, func(*conv.Tensor) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if r.Check.Images != 16 || r.Check.Outputs != 16*3*10*13 {
		t.Errorf("%d images were checked, %d outputs; want 16 of 3×10×13", r.Check.Images, r.Check.Outputs)
	}
	text, err := os.ReadFile(filepath.Join(output, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var written Report
	if err := json.Unmarshal(text, &written); err != nil || written.Check.Images != 16 {
		t.Errorf("run.json: %v, %+v", err, written.Check)
	}
}

// TestOneWrongImage: one wrong image is found wherever it is, and the error names it.
func TestOneWrongImage(t *testing.T) {
	for _, wrong := range []int{0, 6, 7, 29} {
		job := small(t)
		shape := job.Images.Shape()
		e := prepared(t, job, shape.N())
		c, err := newChecker(e, job.Bank.Weight, nil, shape.N(), Checking{Images: -1})
		if err != nil {
			t.Fatal(err)
		}
		c.group = 4
		src, _ := conv.NewTensor(shape)
		activations, err := job.Activations(e.Problem)
		if err != nil {
			t.Fatal(err)
		}
		dst, _ := conv.NewTensor(activations)
		if err := job.Images.Draw(src, 0); err != nil {
			t.Fatal(err)
		}
		if err := e.Plan.Run(dst, src); err != nil {
			t.Fatal(err)
		}
		dst.Plane(wrong, 2)[17] += 1
		for lo := 0; lo < shape.N(); lo += 7 {
			hi := min(lo+7, shape.N())
			if err := c.look(t.Context(), lo, src.Images(lo, hi), dst.Images(lo, hi)); err != nil {
				t.Fatal(err)
			}
		}
		if c.images != shape.N() || c.result.Wrong != 1 || c.result.Worst != [4]int{wrong, 2, 1, 4} {
			t.Errorf("%d images, %d wrong, the worst at %v; want %d, 1, [%d 2 1 4]",
				c.images, c.result.Wrong, c.result.Worst, shape.N(), wrong)
		}
	}
}

// late is a plan that is interrupted when it is asked for its timings. At that moment all files but run.json are
// written.
type late struct {
	conv.Plan
	interrupt func()
}

func (l late) Timings() conv.Timings {
	l.interrupt()
	return conv.Timings{}
}

// TestInterruptedLate: an interrupt after the last image leaves nothing either.
func TestInterruptedLate(t *testing.T) {
	j, out := pictured(t), folder(t)
	e := prepared(t, j, 30)
	ctx, cancel := context.WithCancel(t.Context())
	e.Plan = late{e.Plan, cancel}
	if _, err := j.RunOn(ctx, e, out); !errors.Is(err, context.Canceled) {
		t.Errorf("RunOn returns %v, want %v", err, context.Canceled)
	}
	out.Discard()
	if _, err := os.Stat(out.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
}

// TestEstimatedMemory: the memory of a job is bounded by its portions, and the estimate is right within a factor.
func TestEstimatedMemory(t *testing.T) {
	for _, c := range []struct {
		name          string
		res           float64
		orientations  string
		channels      int
		size          int
		least, most   int
		leastB, mostB float64
	}{
		{"tutorial", 0.1, "0:180:45", 6, 7, 4, 4, 0, 256e6},
		{"some", 0.1, "0:180:0.045", 6, 7, 100, 100, 0, 300e6},
		{"many", 0.1, "0:180:0.0045", 6, 7, 300, 400, 0, 420e6},
		{"large images", 4, "0:180:45", 6, 7, 1, 1, 1.2e9, 3e9},
		{"large filters", 0.1, "0:180:0.045", 6, 101, 10, 30, 0, 300e6},
		{"many filters", 0.1, "0:180:45", 4000, 7, 1, 1, 400e6, 1e9},
	} {
		t.Run(c.name, func(t *testing.T) {
			bank := filters.NMA{Channels: c.channels, Size: c.size}
			j := tutorial(t, stimuli.NMA{Resolution: c.res}, c.orientations, bank)
			p, err := j.Problem()
			if err != nil {
				t.Fatal(err)
			}
			if n := p.Src.N(); n < c.least || n > c.most {
				t.Errorf("%d images at a time, want %d … %d", n, c.least, c.most)
			}
			if need, err := j.Memory(p); err != nil || need < c.leastB || need > c.mostB {
				t.Errorf("it takes %g bytes (%v), want %g … %g", need, err, c.leastB, c.mostB)
			}
		})
	}
}

// TestGallery: the pictures show the images that were asked for, in that order, each with its own activations.
func TestGallery(t *testing.T) {
	g, err := newGallery([]int{0, 7, 29, 14}, conv.Shape{7, 1, 1, 1}, conv.Shape{30, 2, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	for first := 0; first < 30; first += 7 {
		n := min(7, 30-first)
		src, _ := conv.NewTensor(conv.Shape{n, 1, 1, 1})
		dst, _ := conv.NewTensor(conv.Shape{n, 2, 1, 1})
		for i := range n {
			src.Plane(i, 0)[0], dst.Plane(i, 1)[0] = float32(first+i), float32(100+first+i)
		}
		if err := g.look(first, src, dst); err != nil {
			t.Fatal(err)
		}
	}
	for row, image := range []float32{0, 7, 29, 14} {
		if x, y := g.stimuli.Plane(row, 0)[0], g.activations.Plane(row, 1)[0]; x != image || y != 100+image {
			t.Errorf("row %d shows image %v with activations of image %v, want %v", row, x, y-100, image)
		}
	}
}

// TestCells: channels of energies are named after their pairs, without a phase.
func TestCells(t *testing.T) {
	for _, c := range []struct {
		activation  conv.Activation
		names, want []string
	}{
		{conv.ReLU, []string{"0°, phase 0", "0°, phase 90"}, []string{"0°, phase 0", "0°, phase 90"}},
		{conv.Energy, []string{"0°, phase 0", "0°, phase 90", "45°, sf 0.1, phase 0", "45°, sf 0.1, phase 90"},
			[]string{"0°", "45°, sf 0.1"}},
		{conv.Energy, []string{"phase 0", "phase 90"}, []string{"pair 0"}},
		{conv.Energy, []string{"0°, phase 0, sigma-x 3", "0°, phase 90, sigma-x 3"}, []string{"0°, sigma-x 3"}},
	} {
		j := Job{Bank: &Bank{Names: c.names}, Spec: conv.Spec{Activation: c.activation}}
		if got := j.cells(); !slices.Equal(got, c.want) {
			t.Errorf("cells %q of %q, want %q", got, c.names, c.want)
		}
	}
}

// TestPool: a pool is written in the form in which it is typed.
func TestPool(t *testing.T) {
	for _, text := range []string{"none", "max:2", "max:3:2", "avg:2,1", "avg:2,1:2", "max:2:2,1"} {
		var p conv.Pool
		if err := p.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := pool(p); got != text {
			t.Errorf("%s is written %s", text, got)
		}
	}
}
