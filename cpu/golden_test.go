package cpu_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"strconv"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// number is a float64, or the string nan, inf or -inf.
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) != nil {
		word = string(text)
	}
	v, err := strconv.ParseFloat(word, 64)
	*n = number(v)
	return err
}

// golden is a problem and what PyTorch computes for it in float64:
// testdata/make_goldens.py made them.
type golden struct {
	Name             string
	Src, Weight      conv.Shape
	Stride, Dilation [2]int
	Padding          [4]int // top, bottom, left, right
	Mode             string
	Groups           int
	Bias             bool
	Activation       string
	Pool             []json.RawMessage // kind, size, stride
	Special          []json.RawMessage // where, element, value
	Dst              []int
	Values           []number
	Magnitude        []float64
}

func readGoldens(t *testing.T) (cases, refused []golden) {
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens struct{ Cases, Refused []golden }
	if err := json.Unmarshal(text, &goldens); err != nil {
		t.Fatal(err)
	}
	return goldens.Cases, goldens.Refused
}

// must decodes a part of the file.
func must[T any](t *testing.T, text json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (g golden) problem(t *testing.T) conv.Problem {
	p := conv.Problem{Src: g.Src, Weight: g.Weight, Bias: g.Bias, Spec: conv.Spec{
		Stride: g.Stride, Dilation: g.Dilation, Groups: g.Groups,
		Padding: conv.Padding{Top: g.Padding[0], Bottom: g.Padding[1], Left: g.Padding[2], Right: g.Padding[3]}}}
	for mode := conv.Zeros; mode <= conv.Circular; mode++ {
		if mode.String() == g.Mode {
			p.PaddingMode = mode
		}
	}
	if g.Activation == "relu" {
		p.Activation = conv.ReLU
	}
	if len(g.Pool) == 3 {
		p.Pool = conv.Pool{Kind: conv.MaxPool, Size: must[[2]int](t, g.Pool[1]), Stride: must[[2]int](t, g.Pool[2])}
		if must[string](t, g.Pool[0]) == "avg" {
			p.Pool.Kind = conv.AvgPool
		}
	}
	if g.Stride[0] == 0 {
		p.Stride[0] = -1 // 0 means 1 here
	}
	return p
}

// tensor fills a shape as the script's numbers does.
func tensor(t *testing.T, shape conv.Shape, salt int) *conv.Tensor {
	made, err := conv.NewTensor(shape)
	if err != nil {
		t.Fatal(err)
	}
	for i := range made.Data {
		made.Data[i] = float32((i*7919+salt*104729)%257-128) / 64
	}
	return made
}

func (g golden) tensors(t *testing.T) (src, weight *conv.Tensor, bias []float32) {
	src, weight = tensor(t, g.Src, 1), tensor(t, g.Weight, 2)
	if g.Bias {
		bias = tensor(t, conv.Shape{g.Weight[0], 1, 1, 1}, 3).Data
	}
	if len(g.Special) == 3 {
		at, value := must[int](t, g.Special[1]), must[number](t, g.Special[2])
		if must[string](t, g.Special[0]) == "src" {
			src.Data[at] = float32(value)
		} else {
			weight.Data[at] = float32(value)
		}
	}
	return src, weight, bias
}

// TestReferenceGoldens holds the reference against PyTorch's float64.
func TestReferenceGoldens(t *testing.T) {
	cases, _ := readGoldens(t)
	if len(cases) < 90 {
		t.Fatalf("%d cases in testdata/reference.json: want at least 90", len(cases))
	}
	for _, g := range cases {
		t.Run(g.Name, func(t *testing.T) {
			p := g.problem(t)
			dst, err := p.Dst()
			if err != nil {
				t.Fatal(err)
			}
			if want := (conv.Shape(g.Dst)); dst != want {
				t.Fatalf("shape %v, PyTorch's %v", dst, want)
			}
			src, weight, bias := g.tensors(t)
			plan, err := cpu.Reference{}.Plan(p, weight, bias)
			if err != nil {
				t.Fatal(err)
			}
			value, magnitude := make([]float64, len(g.Values)), make([]float64, len(g.Values))
			if err := plan.(conv.Oracle).RunFloat64(value, magnitude, src); err != nil {
				t.Fatal(err)
			}
			g.compare(t, p, value, magnitude)
		})
	}
}

// compare allows what two float64 sums of the same n terms in other orders may
// differ by: 2·n·2⁻⁵³·A, where n counts a mean's terms too.
func (g golden) compare(t *testing.T, p conv.Problem, value, magnitude []float64) {
	terms := float64(g.Weight[1]*g.Weight[2]*g.Weight[3] + 1)
	if p.Pool.Kind == conv.AvgPool {
		terms += float64(p.Pool.Size[0]*p.Pool.Size[1] + 1)
	}
	for i, want := range g.Values {
		got, want := value[i], float64(want)
		allowed := 2 * terms * 0x1p-53 * magnitude[i]
		same := got == want || math.IsNaN(got) && math.IsNaN(want)
		if !same && !(math.Abs(got-want) <= allowed) {
			t.Fatalf("element %d is %v, PyTorch's %v: want within %.2g", i, got, want, allowed)
		}
		if g.Magnitude != nil && !(math.Abs(magnitude[i]-g.Magnitude[i]) <= allowed) {
			t.Fatalf("magnitude %d is %v, PyTorch's Σ|x||w| + |b| %v", i, magnitude[i], g.Magnitude[i])
		}
	}
}

// TestReferenceRefusals: what PyTorch refuses is refused here.
func TestReferenceRefusals(t *testing.T) {
	_, refused := readGoldens(t)
	if len(refused) < 10 {
		t.Fatalf("%d refusals in testdata/reference.json: want at least 10", len(refused))
	}
	for _, g := range refused {
		p := g.problem(t)
		var shape *conv.ShapeError
		if _, err := p.Dst(); !errors.As(err, &shape) {
			t.Errorf("%s: %v, want a *conv.ShapeError", g.Name, err)
		}
	}
}
