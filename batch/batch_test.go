package batch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
)

// counting is a source: each pixel of image n is n.
type counting struct {
	shape conv.Shape
	fail  int // drawing this image fails; −1 never
}

func (c counting) Shape() conv.Shape { return c.shape }

func (c counting) Draw(dst *conv.Tensor, first int) error {
	for i := range dst.Shape.N() {
		if first+i == c.fail {
			return errDraw
		}
		for at := range dst.Images(i, i+1).Data {
			dst.Images(i, i+1).Data[at] = float32(first + i)
		}
	}
	return nil
}

var errDraw = errors.New("cannot draw")

// job returns a job that doubles n images, in portions.
func job(t *testing.T, n, portion int) batch.Job {
	p := conv.Problem{Src: conv.Shape{portion, 1, 2, 3}, Weight: conv.Shape{1, 1, 1, 1}}
	plan, err := cpu.Engine{}.Plan(p, &conv.Tensor{Shape: p.Weight, Data: []float32{2}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return batch.Job{Source: counting{conv.Shape{n, 1, 2, 3}, -1}, Problem: p, Plan: plan,
		Sink: func(int, *conv.Tensor, *conv.Tensor) error { return nil }}
}

func TestRun(t *testing.T) {
	for _, c := range []struct{ n, portion int }{{0, 4}, {1, 4}, {4, 4}, {5, 4}, {8, 4}, {23, 4}, {7, 1}, {3, 100}} {
		t.Run(fmt.Sprintf("n=%d/portion=%d", c.n, c.portion), func(t *testing.T) {
			j := job(t, c.n, c.portion)
			next, reported := 0, 0
			j.Sink = func(first int, src, dst *conv.Tensor) error {
				if first != next || src.Shape.N() != dst.Shape.N() || src.Shape.N() > c.portion {
					t.Errorf("portion from %d of %v: want from %d", first, src.Shape, next)
				}
				for i := range dst.Shape.N() {
					for _, v := range dst.Plane(i, 0) {
						if v != float32(2*next) {
							t.Fatalf("image %d holds %v, want %d", next, v, 2*next)
						}
					}
					next++
				}
				return nil
			}
			j.Progress = func(done int) { reported = done }
			stats, err := j.Run(t.Context())
			if err != nil || next != c.n || reported != c.n || stats.Images != c.n {
				t.Errorf("%d images, %d reported, %+v, %v", next, reported, stats, err)
			}
		})
	}
}

// TestParts: a job takes the images of its parts, in order, and no portion has images of two parts.
func TestParts(t *testing.T) {
	for _, c := range []struct {
		parts []batch.Part
		want  string // first image and number of images of each portion
	}{
		{[]batch.Part{{0, 4}, {8, 6}, {20, 1}}, "[0 4] [8 4] [12 2] [20 1]"},
		{[]batch.Part{{22, 1}}, "[22 1]"},
		{[]batch.Part{}, ""},
		{nil, "[0 4] [4 4] [8 4] [12 4] [16 4] [20 3]"},
	} {
		j, got := job(t, 23, 4), []string{}
		j.Parts = c.parts
		j.Sink = func(first int, src, dst *conv.Tensor) error {
			got = append(got, fmt.Sprint([]int{first, dst.Shape.N()}))
			if dst.Data[0] != float32(2*first) {
				t.Errorf("image %d holds %v", first, dst.Data[0])
			}
			return nil
		}
		if stats, err := j.Run(t.Context()); err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%v: portions %v, %+v, %v", c.parts, got, stats, err)
		}
	}
}

// slowed is a source or a plan that waits for a moment for each portion.
type slowed struct {
	batch.Source
	conv.Plan
}

const moment = 3 * time.Millisecond

func (s slowed) Draw(dst *conv.Tensor, first int) error {
	time.Sleep(moment)
	return s.Source.Draw(dst, first)
}

func (s slowed) Run(dst, src *conv.Tensor) error {
	time.Sleep(moment)
	return s.Plan.Run(dst, src)
}

// TestWaits: the slowest phase waits least.
func TestWaits(t *testing.T) {
	for name, change := range map[string]func(*batch.Job){
		"draw":     func(j *batch.Job) { j.Source = slowed{Source: j.Source} },
		"convolve": func(j *batch.Job) { j.Plan = slowed{Plan: j.Plan} },
		"write": func(j *batch.Job) {
			j.Sink = func(int, *conv.Tensor, *conv.Tensor) error { time.Sleep(moment); return nil }
		},
	} {
		j := job(t, 100, 4)
		change(&j)
		stats, err := j.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		waits := map[string]time.Duration{"draw": stats.Waits.Draw, "convolve": stats.Waits.Convolve,
			"write": stats.Waits.Write}
		for other, waited := range waits {
			if other != name && waited <= waits[name] {
				t.Errorf("%s is slow and waited for %v, %s for %v", name, waits[name], other, waited)
			}
		}
	}
}

type (
	panicSource struct{ batch.Source }
	panicPlan   struct{ conv.Plan }
)

func (panicSource) Draw(*conv.Tensor, int) error       { panic("boom") }
func (panicPlan) Run(*conv.Tensor, *conv.Tensor) error { panic("boom") }

// TestRunPanics: if a function of the job panics, Run returns the panic as an error.
func TestRunPanics(t *testing.T) {
	for name, change := range map[string]func(*batch.Job){
		"draw":     func(j *batch.Job) { j.Source = panicSource{j.Source} },
		"plan":     func(j *batch.Job) { j.Plan = panicPlan{j.Plan} },
		"sink":     func(j *batch.Job) { j.Sink = func(int, *conv.Tensor, *conv.Tensor) error { panic("boom") } },
		"progress": func(j *batch.Job) { j.Progress = func(int) { panic("boom") } },
	} {
		j := job(t, 100, 4)
		change(&j)
		_, err := j.Run(t.Context())
		var p *fault.Panic
		if !errors.As(err, &p) || p.Value != "boom" {
			t.Errorf("%s: error %v, want a panic", name, err)
		}
	}
}

func TestRunFails(t *testing.T) {
	errSink := errors.New("cannot write")
	ctx, cancel := context.WithCancel(t.Context())
	for name, c := range map[string]struct {
		change func(*batch.Job)
		want   error
	}{
		"draw":  {func(j *batch.Job) { j.Source = counting{conv.Shape{100, 1, 2, 3}, 50} }, errDraw},
		"plan":  {func(j *batch.Job) { j.Plan.Close() }, conv.ErrClosed},
		"sink":  {func(j *batch.Job) { j.Sink = func(int, *conv.Tensor, *conv.Tensor) error { return errSink } }, errSink},
		"shape": {func(j *batch.Job) { j.Source = counting{conv.Shape{100, 1, 3, 2}, -1} }, nil},
		"stop": {func(j *batch.Job) {
			j.Sink = func(first int, _, _ *conv.Tensor) error {
				if first == 40 {
					cancel()
				}
				return nil
			}
		}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			j := job(t, 100, 4)
			c.change(&j)
			_, err := j.Run(ctx)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
		if name == "stop" {
			ctx, cancel = context.WithCancel(t.Context())
		}
	}
	cancel()
}
