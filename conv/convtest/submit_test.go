package convtest

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
)

// doubling is a plan of 1×1 convolutions by 2, and a conv.Submitter that can be told to break one promise.
type doubling struct {
	conv.Problem
	broken string
	closed chan struct{}
	count  *atomic.Int64
}

func (d doubling) Run(dst, src *conv.Tensor) error {
	if err := d.CheckRun(dst, src); err != nil {
		return err
	}
	select {
	case <-d.closed:
		return conv.ErrClosed
	default:
	}
	for i, v := range src.Data {
		dst.Data[i] = 2 * v
	}
	return nil
}

func (d doubling) Close() error {
	close(d.closed)
	return nil
}

type wait func() error

func (w wait) Wait() error { return w() }

func (d doubling) Submit(dst, src *conv.Tensor) (conv.Pending, error) {
	if err := d.CheckRun(dst, src); err != nil && d.broken != "it checks nothing" {
		return nil, err
	}
	switch n := d.count.Add(1); {
	case d.broken == "the last image is left out" && src.Shape.N() > 0:
		dst, src = dst.Images(0, dst.Shape.N()-1), src.Images(0, src.Shape.N()-1)
	case d.broken == "Wait does not wait":
		return wait(func() error { return nil }), nil // and nothing computes dst later: that would be a data race
	case d.broken == "one in ten is forgotten" && n%10 == 9:
		return wait(func() error { return nil }), nil
	case d.broken == "it computes after Close":
		for i, v := range src.Data {
			dst.Data[i] = 2 * v
		}
		return wait(func() error { return nil }), nil
	case d.broken == "Wait once":
		waited := false
		return wait(func() error {
			if waited {
				return conv.ErrClosed
			}
			waited = true
			return d.Run(dst, src)
		}), nil
	}
	return wait(func() error { return d.Run(dst, src) }), nil
}

func (d doubling) RunPhases(dst, src *conv.Tensor) (conv.Timings, error) {
	err := d.Run(dst, src)
	took := conv.Timings{Kernel: time.Duration(len(src.Data))}
	if d.broken == "no time passes" {
		took.Kernel = 0
	}
	if d.broken == "other bits" && len(dst.Data) > 0 {
		dst.Data[0]++
	}
	return took, err
}

// TestPowers: the checks pass a plan that keeps its promises, and find each broken promise.
func TestPowers(t *testing.T) {
	p := problem(conv.Shape{5, 1, 3, 4}, conv.Shape{1, 1, 1, 1}, conv.Spec{})
	p.Bias = false
	src, err := compare.Random("powers", p)
	if err != nil {
		t.Fatal(err)
	}
	for broken, want := range map[string]string{
		"": "", "it checks nothing": "a *conv.ShapeError", "the last image is left out": "Run's is",
		"Wait does not wait": "Run's is", "one in ten is forgotten": "Run's is",
		"it computes after Close": "after Close", "Wait once": "closed",
		"no time passes": "took", "other bits": "Run's is",
	} {
		open := func() conv.Plan {
			return doubling{Problem: p, broken: broken, closed: make(chan struct{}), count: new(atomic.Int64)}
		}
		err := submissions(open, p, src.Src)
		if err == nil {
			err = phases(open(), p, src.Src)
		}
		if (err == nil) != (broken == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", broken, err, want)
		}
	}
}
