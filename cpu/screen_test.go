package cpu_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

func TestExperiment(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	fills := []struct {
		name string
		f    func(c, y, x int) float64
	}{
		{"normal", func(_, _, _ int) float64 { return r.NormFloat64() }},
		{"relu", func(_, _, _ int) float64 { return max(0, r.NormFloat64()) }},
		{"uniform", func(_, _, _ int) float64 { return r.Float64() }},
		{"sparse90", func(_, _, _ int) float64 { return max(0, r.NormFloat64()-1.2816) }},
		{"sparse80", func(_, _, _ int) float64 { return max(0, r.NormFloat64()-.8416) }},
		{"lognormal", func(_, _, _ int) float64 { return math.Exp(r.NormFloat64()) }},
		{"bytes", func(c, y, x int) float64 {
			return math.Round(128 + 100*math.Sin(float64(x+c)/5)*math.Sin(float64(y)/7) + 10*r.NormFloat64())
		}},
		{"channelscale", func(c, _, _ int) float64 { return math.Exp(float64(c*7919%13)/4) * max(0, r.NormFloat64()) }},
		{"same", func(c, y, x int) float64 { return math.Sin(float64(x*x + 3*y)) }},
		{"checker", func(c, y, x int) float64 { return float64((x+y)%2) * (1 + .01*r.Float64()) }},
		{"stripes", func(c, y, x int) float64 { return float64((x/2)%2)*2 - 1 + .01*r.Float64() }},
	}
	weights := []struct {
		name string
		f    func() float64
	}{
		{"normal", r.NormFloat64},
		{"laplace", func() float64 {
			v := r.ExpFloat64()
			if r.IntN(2) == 0 {
				v = -v
			}
			return v
		}},
		{"positive", func() float64 { return r.Float64() }},
		{"same", nil},
	}
	for _, C := range []int{32, 48, 64, 128, 256, 512} {
		for _, wf := range weights {
			for _, fill := range fills {
				p := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(1, 1)}, Src: conv.Shape{1, C, 20, 20}, Weight: conv.Shape{32, C, 3, 3}}
				src, _ := conv.NewTensor(p.Src)
				weight, _ := conv.NewTensor(p.Weight)
				for i := range src.Data {
					src.Data[i] = float32(fill.f(i/400, i/20%20, i%20))
				}
				var k [9]float64
				for i := range weight.Data {
					if i%(9*C) < 9 {
						k[i%9] = r.NormFloat64()
					}
					if wf.f == nil {
						weight.Data[i] = float32(k[i%9] * (1 + .1*r.Float64()))
					} else {
						weight.Data[i] = float32(wf.f())
					}
				}
				plan, err := cpu.Engine{Algorithm: "winograd"}.Plan(p, weight, nil)
				if err != nil {
					t.Fatal(err)
				}
				got := intoNaN(t, plan, p, src)
				text := ""
				last := 8.0
				for _, l := range []float64{8, 6, 5, 4, 3, 2} {
					cpu.Scale(plan, l*l/last/last)
					last = l
					odd, _ := cpu.Odd(plan, got, src)
					text += fmt.Sprintf(" %d:%d", int(l), odd)
				}
				plan.Close()
				t.Logf("C=%d w=%s x=%s odd %s", C, wf.name, fill.name, text)
			}
		}
	}
}

func judged(t *testing.T, p conv.Problem, src, weight *conv.Tensor, bias []float32) (value, magnitude []float64) {
	plan, err := cpu.Reference{}.Plan(p, weight, bias)
	if err != nil {
		t.Fatal(err)
	}
	dst, _ := p.Dst()
	n, _ := dst.Len()
	value, magnitude = make([]float64, n), make([]float64, n)
	if err := plan.(conv.Oracle).RunFloat64(value, magnitude, src); err != nil {
		t.Fatal(err)
	}
	return value, magnitude
}
