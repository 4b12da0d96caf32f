package compare_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// measurer is the CPU engine with plans that measure: with sums in float64, and one fault.
type measurer struct {
	cpu.Engine
	fault func(numbers, maps []float32)
}

func (m measurer) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	made, err := m.Engine.Plan(p, weight, bias)
	return measuringPlan{made, m, nil}, err
}

type measuringPlan struct {
	conv.Plan
	m        measurer
	measures []conv.Measure
}

func (p measuringPlan) Measuring(measures []conv.Measure) (conv.Measuring, error) {
	p.measures = measures
	return measured{p}, nil
}

type measured struct{ measuringPlan }

func (m measured) Close() error { return nil }

func (m measured) RunStripes([]float32, *conv.Tensor, *conv.Stripes, []int) ([]int, error) {
	return nil, errors.ErrUnsupported
}

func (m measured) Run(numbers []float32, maps, src *conv.Tensor, outputs []int) error {
	all := &conv.Tensor{Shape: maps.Shape, Data: make([]float32, len(maps.Data))}
	if err := m.Plan.Run(all, src); err != nil {
		return err
	}
	at := 0
	for plane := range maps.Shape.N() * maps.Shape.C() {
		for _, one := range m.measures {
			sum, largest := 0.0, math.Inf(-1)
			for y := one.Top; y < one.Bottom; y++ {
				for x := one.Left; x < one.Right; x++ {
					v := float64(all.Plane(plane/maps.Shape.C(), plane%maps.Shape.C())[y*maps.Shape.W()+x])
					largest = max(largest, v)
					if one.Kind == conv.MeanSquare {
						v *= v
					}
					sum += v
				}
			}
			numbers[at] = float32(sum / float64(one.Count()))
			if one.Kind == conv.Largest {
				numbers[at] = float32(largest)
			}
			at++
		}
	}
	for _, output := range outputs {
		maps.Data[output] = all.Data[output]
	}
	if m.m.fault != nil {
		m.m.fault(numbers, maps.Data)
	}
	return nil
}

// TestMeasuresCatch: a trial finds each fault of a plan's measures, and none in right ones.
func TestMeasuresCatch(t *testing.T) {
	calls := 0
	for name, fault := range map[string]func(numbers, maps []float32){
		"":                         nil,
		"a number off by 2 in 10⁵": func(n, _ []float32) { n[len(n)-1] *= 1.00002 },
		"a largest is the next":    func(n, _ []float32) { n[0] = math.Nextafter32(n[0], 0) },
		"NaN":                      func(n, _ []float32) { n[7] = float32(math.NaN()) },
		"an infinite mean":         func(n, _ []float32) { n[7] = float32(math.Inf(1)) },
		"an output too many":       func(_, m []float32) { m[1] = 0 },
		"another output":           func(_, m []float32) { m[0] = math.Nextafter32(m[0], 0) },
		"another number each time": func(n, _ []float32) { calls++; n[6] += 1e-7 * float32(calls%2) * n[6] },
	} {
		outcome := trialOf(t, small(t)).Run(measurer{fault: fault}, compare.Options{})
		want := map[bool]compare.Status{true: compare.Passed, false: compare.Failed}[name == ""]
		if outcome.Status() != want ||
			name != "" && !strings.Contains(outcome.String(), compare.CheckMeasured) {
			t.Errorf("%q: %v", name, outcome)
		}
	}
}

// TestCheckMeasures: maps that are not finite, and sums beyond float32, must show in the means that see them.
func TestCheckMeasures(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		kind  conv.MeasureKind
		maps  [2]float32
		got   float32
		right bool
	}{
		{conv.Mean, [2]float32{1, 2}, 1.5, true}, {conv.Mean, [2]float32{1, 2}, 1.50001, false},
		{conv.Mean, [2]float32{nan, 2}, nan, true}, {conv.Mean, [2]float32{nan, 2}, 1, false},
		{conv.Mean, [2]float32{inf, -inf}, nan, true}, {conv.Mean, [2]float32{inf, 0}, 1, false},
		{conv.Mean, [2]float32{3e38, 3e38}, inf, true}, {conv.Mean, [2]float32{3e38, 3e38}, 3e38, true},
		{conv.Mean, [2]float32{1e38, 0}, inf, false},
		{conv.MeanSquare, [2]float32{1e25, 0}, inf, true}, {conv.MeanSquare, [2]float32{3, 1}, 5, true},
		{conv.MeanSquare, [2]float32{1e-30, 0}, 0, true},
		{conv.Largest, [2]float32{-3, -1}, -1, true}, {conv.Largest, [2]float32{-3, -1}, 0, false},
		{conv.Largest, [2]float32{nan, 1}, nan, true}, {conv.Largest, [2]float32{nan, 1}, 1, false},
		{conv.Largest, [2]float32{inf, 1}, inf, true}, {conv.Largest, [2]float32{inf, 1}, 1, false},
		{conv.Largest, [2]float32{2, 1}, nan, false},
	} {
		err := compare.CheckMeasures([]conv.Measure{{Kind: c.kind, Bottom: 1, Right: 2}}, []float32{c.got},
			&conv.Tensor{Shape: conv.Shape{1, 1, 1, 2}, Data: c.maps[:]})
		if (err == nil) != c.right || err != nil && !errors.As(err, new(*compare.MeasureError)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
