package cpu_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// winogradProblems are at the edges of blocks, registers, panels and bands.
func winogradProblems() (all []conv.Problem) {
	same := conv.Spec{Padding: conv.Pad(1, 1)}
	add := func(spec conv.Spec, src, weight conv.Shape) {
		all = append(all, conv.Problem{Spec: spec, Src: src, Weight: weight, Bias: true})
	}
	for _, size := range [][2]int{{4, 4}, {5, 7}, {9, 11}, {14, 14}, {4, 70}, {31, 33}, {65, 16}} {
		add(same, conv.Shape{2, 32, size[0], size[1]}, conv.Shape{33, 32, 3, 3})
	}
	five := conv.Spec{Padding: conv.Pad(2, 2)}
	for _, size := range [][2]int{{4, 4}, {13, 9}, {27, 27}, {31, 66}} {
		add(five, conv.Shape{3, 32, size[0], size[1]}, conv.Shape{34, 32, 5, 5})
	}
	fivefold := conv.Spec{Groups: 2, Activation: conv.ReLU, Padding: conv.Padding{Top: 4, Bottom: 1, Left: 0, Right: 3}}
	add(fivefold, conv.Shape{3, 64, 10, 12}, conv.Shape{66, 32, 5, 5})
	add(conv.Spec{Pool: conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{2, 2}}},
		conv.Shape{3, 33, 20, 15}, conv.Shape{32, 33, 5, 5})
	for _, k := range []int{32, 34, 37, 64} {
		add(conv.Spec{}, conv.Shape{2, 35, 10, 9}, conv.Shape{k, 35, 3, 3})
	}
	grouped, relu, pooled, energy, far := same, same, same, same,
		conv.Spec{Padding: conv.Padding{Top: 5, Bottom: 2, Left: 3, Right: 9}}
	grouped.Groups = 3
	relu.Activation = conv.ReLU
	pooled.Activation, pooled.Pool = conv.ReLU, conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 2}, Stride: [2]int{2, 3}}
	energy.Activation, energy.Pool = conv.Energy, conv.Pool{Kind: conv.AvgPool, Size: [2]int{5, 5},
		Stride: [2]int{1, 1}}
	add(grouped, conv.Shape{2, 96, 8, 9}, conv.Shape{99, 32, 3, 3})
	add(far, conv.Shape{2, 32, 6, 7}, conv.Shape{32, 32, 3, 3})
	add(relu, conv.Shape{2, 32, 13, 13}, conv.Shape{32, 32, 3, 3})
	add(pooled, conv.Shape{2, 32, 29, 30}, conv.Shape{40, 32, 3, 3})
	add(energy, conv.Shape{2, 32, 29, 30}, conv.Shape{40, 32, 3, 3})
	for _, mode := range conv.PaddingModes()[1:] {
		spec := conv.Spec{Padding: conv.Padding{Top: 2, Bottom: 3, Left: 1, Right: 4}, PaddingMode: mode}
		add(spec, conv.Shape{2, 32, 6, 7}, conv.Shape{32, 32, 3, 3})
	}
	add(same, conv.Shape{2, 32, 5, 1030}, conv.Shape{33, 32, 3, 3}) // more blocks in a row than a task has otherwise
	return all
}

// TestTransformsSpread: the 36 elements that a transform reads or writes in turn lie in different sets of a first-level
// cache, which has 64 sets of lines of 64 bytes. No output shows whether they do. While they lay in one set, layers
// with 64 channels took 1.2 times as long (Zen 3).
func TestTransformsSpread(t *testing.T) {
	const line, sets, elements = 64, 64, 36
	for _, isa := range tested() {
		for _, text := range []string{"1,64,56,56,64,3,1,1,1", "1,64,54,54,64,3,1,1,1", "3,128,14,14,48,3,1,1,1",
			"1,48,27,27,64,5,2,1,1"} {
			plan, _, _ := planned(t, cpu.Engine{ISA: isa, Algorithm: "winograd"}, layer(t, text))
			patches, products := cpu.TransformSteps(plan)
			for what, step := range map[string]int{"patches": patches, "products": products} {
				taken := map[int]bool{}
				for i := range elements {
					taken[i*step/line%sets] = true
				}
				if len(taken) != elements || step%line != 0 {
					t.Errorf("%v, %s: %s lie %d bytes apart, and use %d sets", isa, text, what, step, len(taken))
				}
			}
		}
	}
}

func eachWinograd(t *testing.T, f func(t *testing.T, e cpu.Engine, p conv.Problem)) {
	for _, isa := range tested() {
		for i, p := range winogradProblems() {
			if testing.Short() && i%5 != 0 { // the race detector slows the judge many times
				continue
			}
			t.Run(fmt.Sprintf("%v/%v/%v/%v,%v,%v", isa, p.Src, p.Weight, p.PaddingMode, p.Activation, p.Pool),
				func(t *testing.T) {
					f(t, cpu.Engine{ISA: isa, Algorithm: "winograd"}.Eager(), p)
				})
		}
	}
}

// randomly fills tensors between −0.5 and 0.5.
func randomly(t *testing.T, seed uint64, shapes ...conv.Shape) (all []*conv.Tensor) {
	r := rand.New(rand.NewPCG(seed, 1))
	for _, s := range shapes {
		tensor, err := conv.NewTensor(s)
		if err != nil {
			t.Fatal(err)
		}
		for i := range tensor.Data {
			tensor.Data[i] = r.Float32() - 0.5
		}
		all = append(all, tensor)
	}
	return all
}

// exactly computes p in float64, and A of each output.
func exactly(t failer, p conv.Problem, src, weight *conv.Tensor, bias []float32) (value, magnitude []float64) {
	t.Helper()
	plan, err := cpu.Reference{}.Plan(p, weight, bias)
	if err != nil {
		t.Fatal(err)
	}
	dst, err := p.Dst()
	if err != nil {
		t.Fatal(err)
	}
	n, err := dst.Len()
	if err != nil {
		t.Fatal(err)
	}
	value, magnitude = make([]float64, n), make([]float64, n)
	if err := plan.(conv.Oracle).RunFloat64(value, magnitude, src); err != nil {
		t.Fatal(err)
	}
	return value, magnitude
}

// intoNaN runs a plan of p on a dst that is full of NaNs, so that an output that is not written stays NaN.
func intoNaN(t failer, plan conv.Plan, p conv.Problem, src *conv.Tensor) *conv.Tensor {
	t.Helper()
	shape, err := p.Dst()
	if err != nil {
		t.Fatal(err)
	}
	dst, err := conv.NewTensor(shape.WithN(src.Shape.N()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range dst.Data {
		dst.Data[i] = float32(math.NaN())
	}
	if err := plan.Run(dst, src); err != nil {
		t.Fatal(err)
	}
	return dst
}

// TestWinograd: outputs are within the bound. They have the same bits in a second run, and if an image is computed
// alone.
func TestWinograd(t *testing.T) {
	eachWinograd(t, func(t *testing.T, e cpu.Engine, p conv.Problem) {
		drawn := randomly(t, 1, p.Src, p.Weight, conv.Shape{1, 1, 1, p.Weight[0]})
		src, weight, bias := drawn[0], drawn[1], drawn[2].Data
		plan, err := e.Plan(p, weight, bias)
		if err != nil {
			t.Fatal(err)
		}
		defer plan.Close()
		got := intoNaN(t, plan, p, src)
		answer, err := compare.NewAnswer(cpu.Reference{},
			compare.Case{Problem: p, Src: src, Weight: weight, Bias: bias})
		if err != nil {
			t.Fatal(err)
		}
		if wrong := answer.Wrong(got, plan.(conv.Describer).Describe()); wrong != "" {
			t.Error(wrong)
		}
		again := intoNaN(t, plan, p, src)
		n := p.Src.N()
		last := intoNaN(t, plan, p, src.Images(n-1, n))
		for i, v := range again.Data {
			if v != got.Data[i] {
				t.Fatalf("element %d differs in a second run", i)
			}
		}
		for i, v := range last.Data {
			if v != got.Data[len(got.Data)-len(last.Data)+i] {
				t.Fatalf("element %d of the last image differs where it is alone", i)
			}
		}
	})
}

// TestWinogradSpecialValues: NaN and infinity reach the outputs whose sums they are in, and no others of their block.
func TestWinogradSpecialValues(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge takes long")
	}
	eachWinograd(t, func(t *testing.T, e cpu.Engine, p conv.Problem) {
		drawn := randomly(t, 2, p.Src, p.Weight, conv.Shape{1, 1, 1, p.Weight[0]})
		src, weight, bias := drawn[0], drawn[1], drawn[2].Data
		plane := src.Plane(1, 7)
		src.Data[0], plane[len(plane)/2], plane[len(plane)-1] = float32(math.NaN()), float32(math.Inf(1)),
			float32(math.Inf(-1))
		for range 2 { // with finite weights first: an infinite one makes all blocks of its group odd
			plan, err := e.Plan(p, weight, bias)
			if err != nil {
				t.Fatal(err)
			}
			got := intoNaN(t, plan, p, src)
			plan.Close()
			want, _ := exactly(t, p, src, weight, bias)
			for i, w := range want {
				g := float64(got.Data[i])
				if math.IsNaN(w) != math.IsNaN(g) || (math.IsInf(w, 0) || math.IsInf(g, 0)) && w != g ||
					math.Abs(g-w) > 1e-3 {
					t.Fatalf("element %d is %v, want %v", i, g, w)
				}
			}
			weight.Plane(3, 5)[4] = float32(math.Inf(1))
		}
	})
}

// failer is a *testing.T or a *rapid.T.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}
