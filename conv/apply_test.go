package conv_test

import (
	"errors"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// planner is a backend whose plans fail where they are told to, and report whether they were closed.
type planner struct {
	plan, run, close error
	closed           int
}

func (p *planner) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) { return p, p.plan }
func (p *planner) Run(*conv.Tensor, *conv.Tensor) error                          { return p.run }
func (p *planner) Close() error                                                  { p.closed++; return p.close }

// TestApplyFails: each error is reported, and a plan that was made is closed.
func TestApplyFails(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	one := &conv.Tensor{Shape: conv.Shape{1, 1, 1, 1}, Data: []float32{1}}
	for name, c := range map[string]struct {
		backend planner
		closed  int
	}{
		"plan":          {planner{plan: first}, 0},
		"run":           {planner{run: first}, 1},
		"close":         {planner{close: first}, 1},
		"run and close": {planner{run: first, close: second}, 1},
	} {
		dst, err := conv.Apply(&c.backend, conv.Spec{}, one, nil, one)
		if dst != nil || err != first || c.backend.closed != c.closed {
			t.Errorf("%s: %v, %v, closed %d times", name, dst, err, c.backend.closed)
		}
	}
}

// TestApplyRefuses: tensors are checked before their shapes are used.
func TestApplyRefuses(t *testing.T) {
	one := &conv.Tensor{Shape: conv.Shape{1, 1, 1, 1}, Data: []float32{1}}
	cut := &conv.Tensor{Shape: conv.Shape{1, 1, 1, 1}}
	apply := func(spec conv.Spec, weight *conv.Tensor, bias []float32, src *conv.Tensor) error {
		_, err := conv.Apply(cpu.Reference{}, spec, weight, bias, src)
		return err
	}
	checkShapeError(t, apply(conv.Spec{}, one, nil, nil), "src", "nil", "want a tensor")
	checkShapeError(t, apply(conv.Spec{}, nil, nil, one), "weight", "nil", "want a tensor")
	checkShapeError(t, apply(conv.Spec{}, cut, nil, one), "weight", "[1 1 1 1]", "want 1 elements, it holds 0")
	checkShapeError(t, apply(conv.Spec{Groups: 2}, one, nil, one), "groups", "2", "want a divisor")
	checkShapeError(t, apply(conv.Spec{}, one, []float32{1, 2}, one), "bias", "[2]", "want 1 values")
}
