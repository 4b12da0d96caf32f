package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/whole"
)

// closing is a backend that counts its open plans.
type closing struct {
	open int
	err  error // of Close
}

func (c *closing) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	plan, err := cpu.Engine{}.Plan(p, weight, bias)
	if err == nil {
		c.open++
	}
	return closed{plan, c}, err
}

type closed struct {
	conv.Plan
	backend *closing
}

func (c closed) Close() error {
	c.backend.open--
	return errors.Join(c.Plan.Close(), c.backend.err)
}

// existing is a context that is cancelled once a file exists.
type existing struct {
	context.Context
	path string
}

func (e existing) Err() error {
	if _, err := os.Stat(e.path); err == nil {
		return context.Canceled
	}
	return e.Context.Err()
}

// TestRunComplete: once the folder is complete Run succeeds, even if it is interrupted or its plan fails to close.
func TestRunComplete(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	ctx := existing{t.Context(), filepath.Join(out, "run.json")}
	backend := &closing{err: errors.New("the device is lost")}
	r, err := pictured(t).Run(ctx, backend, out)
	if err != nil || r == nil || backend.open != 0 {
		t.Errorf("report %v, error %v, %d plans open", r, err, backend.open)
	}
	if ctx.Err() == nil {
		t.Error("run.json is missing")
	}
}

// TestRunFails: if the folder is not complete there is an error and no report, whatever fails.
func TestRunFails(t *testing.T) {
	lost := errors.New("the device is lost")
	backend := &closing{err: lost}
	job := small(t)
	out := filepath.Join(t.TempDir(), "out")
	job.Progress = func(int) { // Commit cannot replace a folder that is not empty
		if err := os.MkdirAll(filepath.Join(out, "run.json", "x"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	r, err := job.Run(t.Context(), backend, out)
	if e := new(whole.Error); !errors.As(err, &e) || !errors.Is(err, lost) || r != nil || backend.open != 0 {
		t.Errorf("report %v, error %v, %d plans open", r, err, backend.open)
	}
}

// TestRun closes its plan, and refuses what is impossible before it writes anything.
func TestRun(t *testing.T) {
	root := t.TempDir()
	full := filepath.Join(root, "full")
	if err := os.MkdirAll(filepath.Join(full, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	backend := &closing{}
	var refused *whole.Error
	if _, err := small(t).Run(t.Context(), backend, full); !errors.As(err, &refused) || refused.Rule == "" {
		t.Errorf("a full folder: %v", err)
	}
	odd := small(t)
	odd.Spec.Activation = conv.Energy // of three filters
	var shape *conv.ShapeError
	if _, err := odd.Run(t.Context(), backend, filepath.Join(root, "odd")); !errors.As(err, &shape) {
		t.Errorf("energy of three filters: %v", err)
	}
	var done []int
	job := pictured(t)
	job.Progress = func(n int) { done = append(done, n) }
	r, err := job.Run(t.Context(), backend, filepath.Join(root, "new", "out"))
	if err != nil || r.Check.Images != 16 || r.Started.IsZero() || !slices.Equal(done, []int{30}) {
		t.Errorf("%+v, %v, progress %v", r, err, done)
	}
	if backend.open != 0 {
		t.Errorf("%d plans are open", backend.open)
	}
	entries, _ := os.ReadDir(root)
	if len(entries) != 2 {
		t.Errorf("%v are left", entries)
	}
}

// panicking is an engine whose plans panic when they run.
type panicking struct{ at int32 }

func (e panicking) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if e.at < 0 {
		panic("boom")
	}
	plan, err := cpu.Engine{}.Plan(p, weight, bias)
	left := e.at
	return altered{plan, func(*conv.Tensor) error {
		if left--; left < 0 {
			panic("boom")
		}
		return nil
	}}, err
}

// TestJobPanics: a backend that panics while it plans or runs ends the job with an error, and nothing is written.
func TestJobPanics(t *testing.T) {
	for _, at := range []int32{-1, 0} {
		dir := t.TempDir()
		_, err := small(t).Run(t.Context(), panicking{at: at}, filepath.Join(dir, "new", "out"))
		var p *fault.Panic
		if !errors.As(err, &p) || p.Value != "boom" ||
			!strings.Contains(err.Error(), "internal error: boom, in experiment.") {
			t.Errorf("error %v, want a panic", err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) > 0 {
			t.Errorf("it left %v", entries)
		}
	}
}

// TestWrongIsNotDrawn: pictures are only drawn of outputs that agree with the reference.
func TestWrongIsNotDrawn(t *testing.T) {
	for _, wrong := range []float32{0, 1e-3} {
		j, out := pictured(t), folder(t)
		var phases []string
		j.Phase = func(name string) { phases = append(phases, name) }
		on := prepared(t, j, 7)
		on.Plan = altered{on.Plan, func(dst *conv.Tensor) error { dst.Data[0] += wrong; return nil }}
		_, err := j.RunOn(t.Context(), on, out)
		out.Discard()
		if errors.As(err, new(*WrongError)) != (wrong > 0) || slices.Contains(phases, Drawing) != (wrong == 0) {
			t.Errorf("outputs that are wrong by %v: %v, with the phases %q", wrong, err, phases)
		}
	}
}
