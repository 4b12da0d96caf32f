package cpu

import (
	"errors"
	"sync/atomic"
	"testing"

	"gpuconv/conv"
	"gpuconv/fault"
)

// broken is a recipe that computes as many bands as left says, and then panics.
type broken struct {
	recipe
	left atomic.Int32
}

func (b *broken) band(w *worker, o output, p part) {
	if b.left.Add(-1) < 0 {
		panic("broken")
	}
	b.recipe.band(w, o, p)
}

func isBroken(t *testing.T, err error) {
	t.Helper()
	var p *fault.Panic
	if !errors.As(err, &p) || p.Value != "broken" {
		t.Errorf("error %v, want a panic with broken", err)
	}
}

// TestPanicIsError: if a worker panics, whichever it is, Run returns an error once all workers have stopped. From then
// on every Run fails, and Close works.
func TestPanicIsError(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{40, 1, 32, 32}, Weight: conv.Shape{2, 1, 3, 3}}
	weight, src := &conv.Tensor{Shape: p.Weight, Data: make([]float32, 18)},
		&conv.Tensor{Shape: p.Src, Data: make([]float32, 40*1024)}
	dst := &conv.Tensor{Shape: conv.Shape{40, 2, 30, 30}, Data: make([]float32, 40*1800)}
	for _, good := range []int32{0, 1, 20} {
		plan, err := Engine{eager: true}.Plan(p, weight, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := plan.(*enginePlan).convolver
		bad := &broken{recipe: c.recipe}
		c.recipe = bad
		bad.left.Store(good)
		isBroken(t, plan.Run(dst, src))
		bad.left.Store(1 << 30)
		isBroken(t, plan.Run(dst, src))
		if err := plan.Close(); err != nil {
			t.Error(err)
		}
		if err := plan.Run(dst, src); !errors.Is(err, conv.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

// TestForEachPanics: if a call of forEach's function panics, the goroutine that called forEach panics.
func TestForEachPanics(t *testing.T) {
	isBroken(t, fault.Guard(func() error {
		forEach(100, func(i int) {
			if i == 50 {
				panic("broken")
			}
		})
		return nil
	}))
}
