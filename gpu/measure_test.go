//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// measurable returns a plan of n images of 9×11 outputs, on a device that measures, and its images.
func measurable(t *testing.T, d *Device, n int) (*plan, compare.Case) {
	t.Helper()
	return randomPlan(t, d, conv.Problem{Src: conv.Shape{n, 2, 9, 12}, Weight: conv.Shape{4, 2, 1, 2}})
}

// randomPlan returns a plan on d with random weights, and a case with random images for it.
func randomPlan(t *testing.T, d *Device, p conv.Problem) (*plan, compare.Case) {
	t.Helper()
	c, err := compare.Random("measured", p)
	if err != nil {
		t.Fatal(err)
	}
	made, err := d.Plan(c.Problem, c.Weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { made.Close() })
	return made.(*plan), c
}

var someMeasures = []conv.Measure{{Bottom: 9, Right: 11}, {Kind: conv.Largest, Bottom: 9, Right: 11},
	{Top: 2, Bottom: 5, Left: 3, Right: 7}, {Kind: conv.MeanSquare, Bottom: 9, Right: 11}}

// TestMeasures: the numbers of an image have the same bits in every batch and on every route, and are those of its
// maps. They are right, too, while several goroutines measure and convolve.
func TestMeasures(t *testing.T) {
	var before []float32
	for _, route := range []recipe.Route{recipe.Mapped, recipe.Copied} {
		d := openRoute(t, eager(route), Options{Guard: true, Algorithm: "direct"})
		p, c := measurable(t, d, 7)
		m, err := p.Measuring(someMeasures)
		if err != nil {
			t.Fatal(err)
		}
		maps, err := compare.RunGuarded(p, c.Problem, c.Src)
		if err != nil {
			t.Fatal(err)
		}
		each := 4 * len(someMeasures)
		numbers := make([]float32, 7*each)
		into := &conv.Tensor{Shape: maps.Shape, Data: make([]float32, len(maps.Data))}
		if err := m.Run(numbers, into, c.Src, nil); err != nil {
			t.Fatal(err)
		}
		if err := compare.CheckMeasures(someMeasures, numbers, maps); err != nil {
			t.Error(err)
		}
		if before != nil && compare.Differ(numbers, before) >= 0 {
			t.Errorf("%v: %v, and %v on the other route", route, numbers, before)
		}
		before = numbers
		var group sync.WaitGroup
		for i := range 7 {
			group.Go(func() {
				alone := make([]float32, each)
				own := &conv.Tensor{Shape: maps.Shape.WithN(1), Data: make([]float32, len(maps.Data)/7)}
				at := 17 * i % len(own.Data)
				if err := m.Run(alone, own, c.Src.Images(i, i+1), []int{at}); err != nil {
					t.Error(err)
				}
				if compare.Differ(alone, numbers[i*each:(i+1)*each]) >= 0 {
					t.Errorf("image %d alone: %v, want %v", i, alone, numbers[i*each:(i+1)*each])
				}
				want := make([]float32, len(own.Data))
				want[at] = maps.Images(i, i+1).Data[at]
				if j := compare.Differ(own.Data, want); j >= 0 {
					t.Errorf("image %d: output %d is %v, want %v", i, j, own.Data[j], want[j])
				}
				if err := p.Run(own, c.Src.Images(i, i+1)); err != nil ||
					compare.Differ(own.Data, maps.Images(i, i+1).Data) >= 0 {
					t.Errorf("image %d convolved meanwhile: %v", i, err)
				}
			})
		}
		group.Wait()
	}
}

// TestMeasuresRefused: what cannot be measured, or need not, is refused, and says why.
func TestMeasuresRefused(t *testing.T) {
	lent := openTest(t, Options{Device: Software(), Algorithm: "direct"})
	mapped := openRoute(t, eager(recipe.Mapped), Options{Algorithm: "direct"})
	c, err := compare.Random("cut", conv.Problem{Src: conv.Shape{2, 1, 9, 12}, Weight: conv.Shape{4, 1, 1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	cut, err := mapped.InBands(4).Plan(c.Problem, c.Weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer cut.Close()
	for want, p := range map[string]conv.Plan{"images are cut into bands": cut,
		"host's memory": first(measurable(t, lent, 2))} {
		if lent.profile.Transfers.Route != recipe.Lent && strings.HasPrefix(want, "host") {
			continue
		}
		_, err := p.(conv.Measurer).Measuring(someMeasures)
		if !errors.Is(err, conv.ErrUnsupported) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	p, c := measurable(t, mapped, 2)
	for _, wrong := range []conv.Measure{{Bottom: 10, Right: 11}, {Bottom: 9, Right: 12},
		{Top: -1, Bottom: 9, Right: 11},
		{Top: 3, Bottom: 3, Right: 1}, {Kind: 3, Bottom: 9, Right: 11}} {
		if _, err := p.Measuring([]conv.Measure{wrong}); err == nil || errors.Is(err, conv.ErrUnsupported) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	m, err := p.Measuring(someMeasures)
	if err != nil {
		t.Fatal(err)
	}
	maps := &conv.Tensor{Shape: conv.Shape{2, 4, 9, 11}, Data: make([]float32, 2*4*9*11)}
	numbers := make([]float32, 2*4*len(someMeasures))
	for want, run := range map[string]func() error{
		"want 32":     func() error { return m.Run(numbers[1:], maps, c.Src, nil) },
		"ascending":   func() error { return m.Run(numbers, maps, c.Src, []int{3, 2}) },
		"below 792":   func() error { return m.Run(numbers, maps, c.Src, []int{792}) },
		"from -1 to ": func() error { return m.Run(numbers, maps, c.Src, []int{-1}) },
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := m.Run(numbers, maps, c.Src, nil); !errors.Is(err, conv.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := p.Run(maps, c.Src); err != nil {
		t.Errorf("the plan after its measuring is closed: %v", err)
	}
	if m, err = p.Measuring(someMeasures); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := m.Run(numbers, maps, c.Src, nil); !errors.Is(err, conv.ErrClosed) {
		t.Errorf("after the plan's Close: %v", err)
	}
}

func first(p *plan, _ compare.Case) conv.Plan { return p }
