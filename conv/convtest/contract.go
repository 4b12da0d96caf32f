package convtest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
)

// contract checks what Backend and Plan promise besides correct numbers.
func contract(t *testing.T, backend conv.Backend) {
	p := problem(conv.Shape{7, 2, 9, 12}, conv.Shape{5, 2, 3, 3}, half(3, 3))
	drawn := random(t, "contract", p)
	open := func(t *testing.T, p conv.Problem, n compare.Case) conv.Plan {
		plan, err := backend.Plan(p, n.Weight, n.Bias)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { plan.Close() })
		return plan
	}
	whole := func(t *testing.T, plan conv.Plan) *conv.Tensor {
		got, err := compare.RunGuarded(plan, p, drawn.Src)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	t.Run("smaller batches", func(t *testing.T) {
		plan := open(t, p, drawn)
		all := whole(t, plan)
		for n := range p.Src.N() + 1 {
			part, err := compare.RunGuarded(plan, p, drawn.Src.Images(0, n))
			if err != nil {
				t.Fatalf("batch of %d: %v", n, err)
			}
			if at := compare.Differ(part.Data, all.Images(0, n).Data); at >= 0 {
				t.Fatalf("batch of %d: element %d differs from the same image in a batch of %d", n, at, p.Src.N())
			}
		}
	})
	t.Run("weights are copied", func(t *testing.T) {
		n := random(t, "contract", p)
		plan := open(t, p, n)
		before := whole(t, plan)
		clear(n.Weight.Data)
		clear(n.Bias)
		if at := compare.Differ(before.Data, whole(t, plan).Data); at >= 0 {
			t.Fatalf("element %d changed with the caller's weights", at)
		}
	})
	t.Run("interleaved plans", func(t *testing.T) { interleaved(t, open, p, drawn) })
	t.Run("several goroutines", func(t *testing.T) {
		plan := open(t, p, drawn)
		want := whole(t, plan)
		concurrently(t, func(int) error {
			got, err := compare.RunGuarded(plan, p, drawn.Src)
			if err != nil {
				return err
			}
			if at := compare.Differ(got.Data, want.Data); at >= 0 {
				return fmt.Errorf("element %d differs", at)
			}
			return nil
		})
	})
	t.Run("closed", func(t *testing.T) {
		plan := open(t, p, drawn)
		for range 2 {
			if err := plan.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := compare.RunGuarded(plan, p, drawn.Src); !errors.Is(err, conv.ErrClosed) {
			t.Fatalf("Run after Close: %v, want conv.ErrClosed", err)
		}
	})
	powers(t, open, p, drawn)
	t.Run("bad arguments", func(t *testing.T) { badArguments(t, backend, p, drawn, open(t, p, drawn)) })
}

// interleaved runs two plans in turn: neither may disturb the other.
func interleaved(t *testing.T, open func(*testing.T, conv.Problem, compare.Case) conv.Plan, p conv.Problem,
	drawn compare.Case) {
	other := problem(conv.Shape{3, 1, 6, 8}, conv.Shape{9, 1, 5, 5}, half(5, 5))
	otherDrawn := random(t, "other", other)
	a, b := open(t, p, drawn), open(t, other, otherDrawn)
	var firstA, firstB *conv.Tensor
	for round := range 3 {
		gotA, errA := compare.RunGuarded(a, p, drawn.Src)
		gotB, errB := compare.RunGuarded(b, other, otherDrawn.Src)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			firstA, firstB = gotA, gotB
		}
		if compare.Differ(gotA.Data, firstA.Data) >= 0 || compare.Differ(gotB.Data, firstB.Data) >= 0 {
			t.Fatalf("round %d differs from the first", round)
		}
	}
}

// concurrently calls f from several goroutines at once.
func concurrently(t *testing.T, f func(i int) error) {
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			if err := f(i); err != nil {
				t.Errorf("goroutine %d: %v", i, err)
			}
		})
	}
	group.Wait()
}

// badArguments checks that a bad argument is refused with a *conv.ShapeError that names it, and that the plan works
// afterwards.
func badArguments(t *testing.T, backend conv.Backend, p conv.Problem, drawn compare.Case, plan conv.Plan) {
	tensor := func(shape conv.Shape) *conv.Tensor {
		made, err := conv.NewTensor(shape)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	dst, err := p.Dst()
	if err != nil {
		t.Fatal(err)
	}
	planned := func(p conv.Problem, w *conv.Tensor, b []float32) error {
		_, err := backend.Plan(p, w, b)
		return err
	}
	noBias, twoGroups := p, p
	noBias.Bias = false
	twoGroups.Groups = 2
	for name, c := range map[string]struct {
		err error
		arg string
	}{
		"nil weight":   {planned(p, nil, drawn.Bias), "weight"},
		"other weight": {planned(p, tensor(conv.Shape{5, 2, 3, 4}), drawn.Bias), "weight"},
		"cut weight": {planned(p, &conv.Tensor{Shape: p.Weight, Data: make([]float32, 3)}, drawn.Bias),
			"weight"},
		"short bias":        {planned(p, drawn.Weight, drawn.Bias[:4]), "bias"},
		"long bias":         {planned(p, drawn.Weight, make([]float32, 6)), "bias"},
		"no bias":           {planned(p, drawn.Weight, nil), "bias"},
		"unannounced bias":  {planned(noBias, drawn.Weight, drawn.Bias), "bias"},
		"groups":            {planned(twoGroups, drawn.Weight, drawn.Bias), "groups"},
		"nil src":           {plan.Run(tensor(dst), nil), "src"},
		"nil dst":           {plan.Run(nil, drawn.Src), "dst"},
		"larger batch":      {plan.Run(tensor(dst.WithN(8)), tensor(p.Src.WithN(8))), "src"},
		"other image":       {plan.Run(tensor(dst), tensor(conv.Shape{7, 2, 12, 9})), "src"},
		"dst of fewer":      {plan.Run(tensor(dst.WithN(6)), drawn.Src), "dst"},
		"dst of other size": {plan.Run(tensor(conv.Shape{7, 5, 9, 11}), drawn.Src), "dst"},
	} {
		var shape *conv.ShapeError
		switch {
		case !errors.As(c.err, &shape):
			t.Errorf("%s: %v, want a *conv.ShapeError", name, c.err)
		case shape.Arg != c.arg || strings.Contains(c.err.Error(), "\n"):
			t.Errorf("%s: %q, want one line that names %s", name, c.err, c.arg)
		}
	}
	if _, err := compare.RunGuarded(plan, p, drawn.Src); err != nil {
		t.Errorf("the plan fails after bad arguments: %v", err)
	}
}
