package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// small are the flags of a job that takes no time.
func small(output string) *runFlags {
	return &runFlags{
		preset:   presetFlag{"nma"},
		stimulus: stimulusFlags{orientations: "0:90:3", sf: 1.0 / 28, res: 0.02},
		filter:   filterFlags{channels: 3, size: 5},
		backend:  backendFlags{backend: "cpu", deviceFlags: deviceFlags{device: "any"}},
		check:    16, output: output, activation: "none", stride: "1", pool: "none",
	}
}

// altered is a plan that lets f see what another computed.
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

// runAltered runs a small job, in chunks of 7 images, whose results f alters.
func runAltered(t *testing.T, f func(dst *conv.Tensor) error) (*report, string, error) {
	t.Helper()
	flags := small(filepath.Join(t.TempDir(), "new", "out"))
	j, err := flags.job(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	j.problem.Src = j.problem.Src.WithN(7)
	plan, err := cpu.Engine{}.Plan(j.problem, j.bank.Tensor, nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := flags.folder().createFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	c, err := engine("", "")
	if err != nil {
		t.Fatal(err)
	}
	s := session{chosen: c, plan: altered{plan, f}}
	r := newReport(j, s, time.Now())
	return r, flags.output, j.run(t.Context(), s, out, r, io.Discard)
}

// TestWrongBackend: results that the reference does not agree with are a failure
// that leaves nothing.
func TestWrongBackend(t *testing.T) {
	for _, c := range []struct {
		name string
		f    func(dst *conv.Tensor) error
		want string
	}{
		{"wrong by a thousandth", func(dst *conv.Tensor) error { dst.Data[0] += 1e-3; return nil }, "disagrees with the float64 reference"},
		{"never written", func(dst *conv.Tensor) error { dst.Data[1] = float32(math.NaN()); return nil }, "disagrees with the float64 reference"},
		{"failing", func(*conv.Tensor) error { return errors.New("gpu: out of memory") }, "gpu: out of memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, output, err := runAltered(t, c.f)
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, new(usageError)) {
				t.Errorf("run returns %v, want %q and no usage error", err, c.want)
			}
			if strings.Contains(err.Error(), "--output") {
				t.Errorf("%v: the output is not to blame", err)
			}
			if _, err := os.Stat(filepath.Dir(output)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the new folder is left: %v", err)
			}
		})
	}
}

// TestCheckedImages: of 30 images in chunks of 7, 16 spread ones are checked, or
// as many as are asked for.
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
	var written report
	if err := json.Unmarshal(text, &written); err != nil || written.Check.Images != 16 {
		t.Errorf("run.json: %v, %+v", err, written.Check)
	}
}

// TestOneWrongImage: it is found whichever image it is, and named.
func TestOneWrongImage(t *testing.T) {
	for _, wrong := range []int{0, 6, 7, 29} {
		flags := small(filepath.Join(t.TempDir(), "out"))
		flags.check = -1
		j, err := flags.job(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := newChecker(j, nil, batch.NewSpread(flags.check, j.shape.N()))
		c.group = 4
		src, _ := conv.NewTensor(j.images.Shape())
		dst, _ := conv.NewTensor(j.shape)
		if err := j.images.Draw(src, 0); err != nil {
			t.Fatal(err)
		}
		plan, err := cpu.Engine{}.Plan(j.problem, j.bank.Tensor, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Run(dst, src); err != nil {
			t.Fatal(err)
		}
		dst.Plane(wrong, 2)[17] += 1
		for lo := 0; lo < j.shape.N(); lo += 7 {
			hi := min(lo+7, j.shape.N())
			if err := c.look(t.Context(), lo, src.Images(lo, hi), dst.Images(lo, hi)); err != nil {
				t.Fatal(err)
			}
		}
		if c.images != j.shape.N() || c.result.Wrong != 1 || c.result.Worst != [4]int{wrong, 2, 1, 4} {
			t.Errorf("%d images, %d wrong, the worst at %v; want %d, 1, [%d 2 1 4]", c.images, c.result.Wrong, c.result.Worst, j.shape.N(), wrong)
		}
	}
}

// late is a plan that is interrupted when all but run.json is written: that is
// when it is asked for its timings.
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
	flags := small(filepath.Join(t.TempDir(), "out"))
	j, err := flags.job(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := flags.folder().createFolder()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, err := flags.backend.prepare(ctx, j.problem, j.bank.Tensor, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.plan = late{s.plan, cancel}
	if err := j.run(ctx, s, out, newReport(j, s, time.Now()), io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("run returns %v, want %v", err, context.Canceled)
	}
	out.Discard()
	if _, err := os.Stat(flags.output); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
}

// TestChunks: memory for chunks and time for one are bounded, at least one image
// goes at a time.
func TestChunks(t *testing.T) {
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
		{"many", 0.1, "0:180:0.045", 6, 7, 300, 400, 0, 420e6},
		{"large images", 4, "0:180:45", 6, 7, 1, 1, 1.2e9, 3e9},
		{"large filters", 0.1, "0:180:0.045", 6, 101, 10, 30, 0, 300e6},
		{"many filters", 0.1, "0:180:45", 4000, 7, 1, 1, 400e6, 1e9},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags := small("")
			flags.output = filepath.Join(t.TempDir(), "out")
			flags.stimulus.res, flags.stimulus.orientations = c.res, c.orientations
			flags.filter = filterFlags{c.channels, c.size}
			sweep, err := flags.stimulus.sweep(false)
			if err != nil {
				t.Fatal(err)
			}
			bank, err := flags.filter.bank(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			j := &job{flags: flags, images: sweep, bank: bank}
			if err := j.plan(); err != nil {
				t.Fatal(err)
			}
			if n := j.problem.Src.N(); n < c.least || n > c.most {
				t.Errorf("%d images at a time, want %d … %d", n, c.least, c.most)
			}
			if need := j.memory(); need < c.leastB || need > c.mostB {
				t.Errorf("it takes %s, want %s … %s", size(need), size(c.leastB), size(c.mostB))
			}
		})
	}
}

// TestGallery: the pictures show the first and last image and three between, each
// with its own activations.
func TestGallery(t *testing.T) {
	g, err := newGallery(conv.Shape{7, 1, 1, 1}, conv.Shape{30, 2, 1, 1})
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
		g.look(first, src, dst)
	}
	for row, image := range []float32{0, 7, 14, 21, 29} {
		if x, y := g.stimuli.Plane(row, 0)[0], g.activations.Plane(row, 1)[0]; x != image || y != 100+image {
			t.Errorf("row %d shows image %v with activations of image %v, want %v", row, x, y-100, image)
		}
	}
}

// TestCells: the channels of energies are named after pairs, without a phase.
func TestCells(t *testing.T) {
	for _, c := range []struct {
		activation  conv.Activation
		names, want []string
	}{
		{conv.ReLU, []string{"0°, phase 0", "0°, phase 90"}, []string{"0°, phase 0", "0°, phase 90"}},
		{conv.Energy, []string{"0°, phase 0", "0°, phase 90", "45°, sf 0.1, phase 0", "45°, sf 0.1, phase 90"}, []string{"energy, 0°", "energy, 45°, sf 0.1"}},
		{conv.Energy, []string{"phase 0", "phase 90"}, []string{"energy"}},
		{conv.Energy, []string{"0°, phase 0, sigma-x 3", "0°, phase 90, sigma-x 3"}, []string{"energy, 0°, sigma-x 3"}},
	} {
		j := &job{bank: &bank{names: c.names}, problem: conv.Problem{Spec: conv.Spec{Activation: c.activation}}}
		if got := j.cells(); !slices.Equal(got, c.want) {
			t.Errorf("cells %q of %q, want %q", got, c.names, c.want)
		}
	}
}
