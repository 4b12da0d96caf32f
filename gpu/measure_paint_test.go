//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// paintMeasured is a plan of 19 stripes, of which some are not sure, with the host's pixels of them, their maps, and
// the numbers that the device makes of the pixels. single are the outputs that come back.
type paintMeasured struct {
	plan     *plan
	m        conv.Measuring
	stripes  *conv.Stripes
	src      *conv.Tensor
	unsure   []int
	maps     *conv.Tensor
	numbers  []float32
	single   []int
	returned *conv.Tensor // maps with 0 in place of what does not come back
}

func newPaintMeasured(t *testing.T, d *Device) (p paintMeasured) {
	t.Helper()
	made, c := randomPlan(t, d, conv.Problem{Src: conv.Shape{19, 1, 10, 12}, Weight: conv.Shape{4, 1, 2, 2}})
	p.plan, p.stripes, p.src = made, edged(c.Problem.Src, 7), c.Src
	for n := range p.src.Shape.N() {
		if !p.stripes.Paint(p.src.Plane(n, 0), n) {
			p.unsure = append(p.unsure, n)
		}
	}
	var err error
	if p.m, err = p.plan.Measuring(someMeasures); err != nil {
		t.Fatal(err)
	}
	if p.maps, err = compare.RunGuarded(p.plan, c.Problem, p.src); err != nil {
		t.Fatal(err)
	}
	for at := 3; at < len(p.maps.Data); at += 41 {
		p.single = append(p.single, at)
	}
	p.numbers, p.returned = make([]float32, 19*4*len(someMeasures)), mustTensor(p.maps.Shape)
	if err := p.m.Run(p.numbers, p.returned, p.src, p.single); err != nil {
		t.Fatal(err)
	}
	return p
}

// check measures images lo … hi−1 that the device makes. All pixels are those of the host, also of images that are not
// sure, and so are the numbers.
func (p paintMeasured) check(lo, hi int) error {
	got := mustTensor(p.maps.Shape.WithN(hi - lo))
	image, each := len(p.maps.Data)/19, 4*len(someMeasures)
	numbers := make([]float32, (hi-lo)*each)
	var single, wantUnsure []int
	for _, at := range p.single {
		if lo*image <= at && at < hi*image {
			single = append(single, at-lo*image)
		}
	}
	for _, n := range p.unsure {
		if lo <= n && n < hi {
			wantUnsure = append(wantUnsure, n-lo)
		}
	}
	unsure, err := p.m.RunStripes(numbers, got, p.stripes.Images(lo, hi), single)
	if err != nil {
		return err
	}
	if !slices.Equal(unsure, wantUnsure) {
		return fmt.Errorf("images %d to %d: %v are unsure, want %v", lo, hi, unsure, wantUnsure)
	}
	if at := compare.Differ(numbers, p.numbers[lo*each:hi*each]); at >= 0 {
		return fmt.Errorf("images %d to %d: number %d is %v, of drawn images %v", lo, hi, at, numbers[at],
			p.numbers[lo*each+at])
	}
	if at := compare.Differ(got.Data, p.returned.Images(lo, hi).Data); at >= 0 {
		return fmt.Errorf("images %d to %d: output %d is %v, want %v", lo, hi, at, got.Data[at],
			p.returned.Images(lo, hi).Data[at])
	}
	return nil
}

// TestMeasuresPainted: numbers of images that the device makes have the bits of those of drawn images, on every route,
// in chunks of any size, and where several goroutines measure, make images and convolve.
func TestMeasuresPainted(t *testing.T) {
	for _, route := range []recipe.Route{recipe.Mapped, recipe.Copied} {
		for _, guard := range []bool{false, true} {
			p := newPaintMeasured(t, openPainter(t, route, guard))
			if len(p.unsure) < 3 || len(p.unsure) > 16 {
				t.Fatalf("%v are unsure", p.unsure)
			}
			if err := compare.CheckMeasures(someMeasures, p.numbers, p.maps); err != nil {
				t.Error(err)
			}
			if err := p.check(0, 19); err == nil || !strings.Contains(err.Error(), "call Paints first") {
				t.Errorf("without Paints: %v", err)
			}
			if err := p.plan.Paints(); err != nil {
				t.Fatal(err)
			}
			m := p.m.(*measuring)
			for _, pieces := range []int{m.Pieces, 2} { // 2, as if the device had little room for numbers
				p.plan.device.thread.do(func() error { m.Pieces = pieces; return nil })
				if err := p.check(0, 19); err != nil {
					t.Errorf("route %v, guard %v, %d at once: %v", route, guard, pieces, err)
				}
			}
			var group sync.WaitGroup
			for i := range 6 {
				group.Go(func() {
					lo, hi := i, 19-2*i
					dst := mustTensor(p.maps.Shape.WithN(hi - lo))
					for range 2 {
						if err := p.check(lo, hi); err != nil {
							t.Errorf("route %v, guard %v: %v", route, guard, err)
						}
						if _, err := p.plan.RunStripes(dst, p.stripes.Images(lo, hi)); err != nil ||
							compare.Differ(dst.Data, p.maps.Images(lo, hi).Data) >= 0 {
							t.Errorf("maps of images %d to %d that are made meanwhile: %v", lo, hi, err)
						}
						if err := p.plan.Run(dst, p.src.Images(lo, hi)); err != nil ||
							compare.Differ(dst.Data, p.maps.Images(lo, hi).Data) >= 0 {
							t.Errorf("images %d to %d convolved meanwhile: %v", lo, hi, err)
						}
					}
				})
			}
			group.Wait()
		}
	}
}

// TestMeasuresPaintedRefuse: wrong calls are refused, and so is one after Close.
func TestMeasuresPaintedRefuse(t *testing.T) {
	p := newPaintMeasured(t, openPainter(t, recipe.Mapped, false))
	if err := p.plan.Paints(); err != nil {
		t.Fatal(err)
	}
	few := p.stripes.Images(0, 19)
	few.Angles = few.Angles[1:]
	for want, run := range map[string]func() error{
		"want 304": func() error { return p.stripesInto(p.numbers[1:], p.stripes, nil) },
		"below":    func() error { return p.stripesInto(p.numbers, p.stripes, []int{len(p.maps.Data)}) },
		"angles":   func() error { return p.stripesInto(p.numbers, few, nil) },
		"for src":  func() error { return p.stripesInto(p.numbers, p.stripes.Images(0, 18), nil) },
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := p.check(0, 19); err != nil {
		t.Error(err)
	}
	if err := p.m.Close(); err != nil {
		t.Error(err)
	}
	if err := p.check(0, 19); !errors.Is(err, conv.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func (p paintMeasured) stripesInto(numbers []float32, images *conv.Stripes, outputs []int) error {
	_, err := p.m.RunStripes(numbers, mustTensor(p.maps.Shape), images, outputs)
	return err
}
