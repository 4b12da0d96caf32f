package cpu_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// golden is a problem and PyTorch's float64 results for it. testdata/make_goldens.py wrote them and describes the
// fields. A field that reference.json leaves out is 0 here, which is the default of PyTorch and of conv. PyTorch lacks
// symmetric padding; problems with it have NumPy's results, from testdata/make_symmetric.py.
type golden struct {
	Name             string
	Src, Weight      conv.Shape
	Fill             string // grid (the default) or dense
	Stride, Dilation [2]int
	Padding          [4]int // top, bottom, left, right
	Mode             string
	Groups           int
	Bias             bool
	Activation       string
	Pool             struct {
		Kind         string
		Size, Stride [2]int
	}
	Special   []special
	Dst       conv.Shape
	Values    []number
	Magnitude []number // none where there are special values

	PyTorch, Said string // verdicts: refused and why, or computed
}

// number is a float64, or the string nan, inf or -inf.
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseFloat(string(bytes.Trim(text, `"`)), 64)
	*n = number(v)
	return err
}

// special is a value that replaces one element of src, weight or bias.
type special struct {
	tensor string
	at     int
	value  number
}

func (s *special) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&s.tensor, &s.at, &s.value})
}

// readGoldens returns the problems that PyTorch or NumPy computes, and PyTorch's verdicts on problems at the limits of
// what can be computed. A field that golden lacks is an error: every part of a problem must be read.
func readGoldens(t *testing.T) (cases, verdicts []golden) {
	t.Helper()
	for _, path := range []string{"testdata/reference.json", "testdata/symmetric.json"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var goldens struct {
			MadeBy          string `json:"made_by"`
			Cases, Verdicts []golden
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&goldens); err != nil {
			t.Fatal(path, err)
		}
		cases, verdicts = append(cases, goldens.Cases...), append(verdicts, goldens.Verdicts...)
	}
	return cases, verdicts
}

func (g golden) problem(t *testing.T) conv.Problem {
	t.Helper()
	return conv.Problem{Src: g.Src, Weight: g.Weight, Bias: g.Bias, Spec: conv.Spec{
		Stride: g.Stride, Dilation: g.Dilation, Groups: g.Groups,
		Padding: conv.Padding{Top: g.Padding[0], Bottom: g.Padding[1], Left: g.Padding[2], Right: g.Padding[3]},
		PaddingMode: named(t, g.Mode, map[string]conv.PaddingMode{
			"": conv.Zeros, "reflect": conv.Reflect, "replicate": conv.Replicate, "circular": conv.Circular,
			"symmetric": conv.Symmetric}),
		Activation: named(t, g.Activation, map[string]conv.Activation{"": conv.Identity, "relu": conv.ReLU, "energy": conv.Energy}),
		Pool: conv.Pool{
			Kind: named(t, g.Pool.Kind, map[string]conv.PoolKind{"": conv.NoPool, "max": conv.MaxPool, "avg": conv.AvgPool}),
			Size: g.Pool.Size, Stride: g.Pool.Stride},
	}}
}

// named looks up one of the file's words.
func named[T any](t *testing.T, word string, words map[string]T) T {
	t.Helper()
	v, ok := words[word]
	if !ok {
		t.Fatalf("testdata/reference.json says %q: want one of %v", word, words)
	}
	return v
}

// tensors makes the same inputs as the script.
func (g golden) tensors(t *testing.T) (src, weight *conv.Tensor, bias []float32) {
	t.Helper()
	const srcSeed, weightSeed, biasSeed = 1, 2, 3
	next := named(t, g.Fill, map[string]func(uint32) float32{"": grid, "dense": dense})
	src, weight = filled(t, g.Src, srcSeed, next), filled(t, g.Weight, weightSeed, next)
	if g.Bias {
		bias = filled(t, conv.Shape{g.Weight[0], 1, 1, 1}, biasSeed, next).Data
	}
	parts := map[string][]float32{"src": src.Data, "weight": weight.Data, "bias": bias}
	for _, s := range g.Special {
		named(t, s.tensor, parts)[s.at] = float32(s.value)
	}
	return src, weight, bias
}

// filled makes the script's numbers, with its generator and its seeds.
func filled(t *testing.T, shape conv.Shape, seed uint32, value func(state uint32) float32) *conv.Tensor {
	t.Helper()
	made, err := conv.NewTensor(shape)
	if err != nil {
		t.Fatal(err)
	}
	state := seed * 0x9e3779b9
	for i := range made.Data {
		state = state*1664525 + 1013904223
		made.Data[i] = value(state)
	}
	return made
}

// grid gives multiples of 1/64 in [−2, 2). Products are multiples of 2⁻¹², so every sum of them here is exact in
// float64, in any order.
func grid(state uint32) float32 { return float32(int(state>>24)-128) / 64 }

// dense gives 24 significant bits at eight exponents: products are exact in float64, but their sums round, and in
// float32 would round visibly.
func dense(state uint32) float32 {
	return float32(math.Ldexp(float64(int(state>>5&0xffffff)-1<<23), -23-int(state>>29)))
}

// allowed returns how far the reference's element i, a value or a magnitude, may be from PyTorch's. Let u = 2⁻⁵³, A the
// magnitude of the element and n the terms of its sum: the products, which are exact, and the bias.
//
// A sum of n exact terms in any order, with FMA or not, is within γ·A of the truth, γ = (n−1)u/(1−(n−1)u) (Higham,
// Accuracy and Stability of Numerical Algorithms, ch. 4), which is below n·u for n < 2²⁶. ReLU and the maximum of a
// window with the largest A do not enlarge that; a mean of m sums adds m−1 additions and a division, so n counts these
// m too. Both sides may be that far from the truth: 2·n·u·A.
//
// On the grid sums are exact, so that no error is allowed, except for a mean: each side rounds its quotient once,
// 2·u·A. With special values even means are exact, because the script then pools over powers of two. A is PyTorch's
// own, so that a wrong magnitude cannot excuse a wrong value.
func (g golden) allowed(i int) float64 {
	const u = 0x1p-53
	terms := 0
	switch {
	case len(g.Special) > 0 && (g.Activation != "energy" || math.IsInf(float64(g.Values[i]), 0)):
		return 0
	case len(g.Special) > 0:
		return 2 * rootTerms * u * math.Abs(float64(g.Values[i]))
	case g.Fill == "dense":
		terms = g.Weight[1]*g.Weight[2]*g.Weight[3] + 1
		if g.Pool.Kind == "avg" {
			terms += g.Pool.Size[0] * g.Pool.Size[1]
		}
	case g.Pool.Kind == "avg":
		terms = 1
	}
	if g.Activation == "energy" {
		terms += rootTerms
	}
	return 2 * float64(terms) * u * float64(g.Magnitude[i])
}

// rootTerms is the largest error of √(a²+b²), in multiples of u·value. The addition of rounded squares is off by 2u at
// most, which the root halves; the root adds its own u.
const rootTerms = 2

// agree reports whether two numbers are both NaN, the same infinity, or finite and differ by no more than allowed.
func agree(got, want, allowed float64) bool {
	if math.IsNaN(want) {
		return math.IsNaN(got)
	}
	return got == want || math.Abs(got-want) <= allowed
}

// TestReferenceGoldens compares the reference's float64 values, magnitudes and output shapes with PyTorch's.
func TestReferenceGoldens(t *testing.T) {
	cases, _ := readGoldens(t)
	for _, g := range cases {
		t.Run(g.Name, g.check)
	}
}

func (g golden) check(t *testing.T) {
	p := g.problem(t)
	dst, err := p.Dst()
	if err != nil {
		t.Fatal(err)
	}
	if dst != g.Dst {
		t.Fatalf("shape %v, PyTorch's %v", dst, g.Dst)
	}
	src, weight, bias := g.tensors(t)
	plan, err := cpu.Reference{}.Plan(p, weight, bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	n := len(g.Values) // RunFloat64 refuses a length that is not dst's
	value, magnitude := make([]float64, n), make([]float64, n)
	if err := plan.(conv.Oracle).RunFloat64(value, magnitude, src); err != nil {
		t.Fatal(err)
	}
	g.compare(t, "value", value, g.Values)
	if len(g.Special) == 0 {
		g.compare(t, "magnitude", magnitude, g.Magnitude)
	}
	sampled(t, plan.(conv.Sampler), src, value, magnitude)
}

// sampled checks that outputs that are computed one by one have the bits of value and magnitude.
func sampled(t *testing.T, plan conv.Sampler, src *conv.Tensor, value, magnitude []float64) {
	t.Helper()
	n := len(value)
	outputs := make([]int, n)
	for i := range outputs {
		outputs[i] = n - 1 - i
	}
	one, size := make([]float64, n), make([]float64, n)
	if err := plan.SampleFloat64(one, size, src, outputs); err != nil {
		t.Fatal(err)
	}
	for i, at := range outputs {
		if math.Float64bits(one[i]) != math.Float64bits(value[at]) || size[i] != magnitude[at] &&
			!math.IsNaN(magnitude[at]) {
			t.Fatalf("output %d alone is %v of magnitude %v, in its image %v of %v", at, one[i], size[i], value[at],
				magnitude[at])
		}
	}
	one, size = append(one, 0), append(size, 0)
	for _, wrong := range []int{-1, n} {
		if plan.SampleFloat64(one[:1], size[:1], src, []int{wrong}) == nil {
			t.Errorf("output %d of %d is accepted", wrong, n)
		}
	}
	if plan.SampleFloat64(one, size, src, outputs) == nil {
		t.Error("one value too many is accepted")
	}
}

func (g golden) compare(t *testing.T, what string, got []float64, want []number) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d %ss, PyTorch has %d", len(got), what, len(want))
	}
	for i, want := range want {
		if allowed := g.allowed(i); !agree(got[i], float64(want), allowed) {
			t.Fatalf("%s %d of %v is %v, PyTorch's %v: want within %.2g", what, i, g.Dst, got[i], want, allowed)
		}
	}
}

// differences are the verdicts in which gpuconv differs from PyTorch 1.13 on purpose, with the reason. In all others it
// must refuse what PyTorch refuses, and compute what PyTorch computes.
var differences = map[string]string{
	"stride 0":           zeroIsDefault,
	"dilation 0":         zeroIsDefault,
	"groups 0":           zeroIsDefault,
	"max pool, stride 0": zeroIsDefault,
	"avg pool, stride 0": zeroIsDefault,

	"zeros padding -1":     negativeCrops,
	"reflect padding -1":   negativeCrops,
	"replicate padding -1": negativeCrops,
	"circular padding -1":  negativeCrops,

	"no rows, zeros padding": "PyTorch convolves padding alone; here an image has at least one row and one column, whatever its padding",
	"no channels":            "PyTorch's result, with no channels where the weight has two filters, is no convolution's",
}

const (
	zeroIsDefault = "0 is how conv.Spec, whose zero value is useful, spells the default"
	negativeCrops = "torch.nn.functional.pad crops by a negative padding; here padding is at least 0, and its " +
		"caller crops"
)

// TestReferenceVerdicts: what PyTorch refuses, validation and the plan refuse as a *conv.ShapeError. What PyTorch
// computes is not refused, and has the same shape. There is a problem on both sides of each limit.
func TestReferenceVerdicts(t *testing.T) {
	_, verdicts := readGoldens(t)
	used := map[string]bool{}
	for _, g := range verdicts {
		t.Run(g.Name, func(t *testing.T) {
			refused := named(t, g.PyTorch, map[string]bool{"refused": true, "computed": false})
			if differences[g.Name] != "" {
				refused, used[g.Name] = !refused, true
			}
			if err := g.judge(t, refused); err != nil {
				t.Errorf("%v\nPyTorch %s it: %s\nwe differ because: %s", err, g.PyTorch, g.Said, differences[g.Name])
			}
		})
	}
	for name := range differences {
		if !used[name] {
			t.Errorf("differences has %q: testdata/reference.json has no such verdict", name)
		}
	}
}

// judge reports whether Dst and Plan refuse what they should and nothing else.
func (g golden) judge(t *testing.T, refused bool) error {
	p := g.problem(t)
	dst, dstErr := p.Dst()
	_, weight, bias := g.tensors(t)
	plan, planErr := cpu.Reference{}.Plan(p, weight, bias)
	if planErr == nil {
		defer plan.Close()
	}
	for _, err := range []error{dstErr, planErr} {
		var shape *conv.ShapeError
		switch {
		case refused && !errors.As(err, &shape):
			return fmt.Errorf("error %v: want a *conv.ShapeError", err)
		case !refused && err != nil:
			return fmt.Errorf("refused: %w", err)
		}
	}
	if !refused && g.PyTorch == "computed" && dst != g.Dst {
		return fmt.Errorf("shape %v, PyTorch's %v", dst, g.Dst)
	}
	return nil
}

// TestGoldensCoverSpec fails if the goldens are empty or lack a part of conv.Spec. Its limits are a little below the
// counts that make_goldens.py lists.
func TestGoldensCoverSpec(t *testing.T) {
	cases, verdicts := readGoldens(t)
	count := map[string]int{}
	note := func(what string, is bool) {
		if is {
			count[what]++
		}
	}
	for _, g := range verdicts {
		note("PyTorch "+g.PyTorch, true)
	}
	for _, g := range cases {
		note("cases", true)
		note("magnitudes", len(g.Magnitude) > 0)
		note("dense", g.Fill == "dense")
		note("mode "+g.Mode, g.Padding != [4]int{})
		note("stride", g.Stride != [2]int{})
		note("dilation", g.Dilation != [2]int{})
		note("groups", g.Groups > 1)
		note("depthwise", g.Groups > 1 && g.Groups == g.Src.C())
		note("no bias", !g.Bias)
		note("relu", g.Activation == "relu")
		note("energy", g.Activation == "energy")
		note("pool "+g.Pool.Kind, g.Pool.Kind != "")
		note("pool's default stride", g.Pool.Kind != "" && g.Pool.Stride == [2]int{})
		note("special values", len(g.Special) > 0)
		note("empty batch", g.Src.N() == 0)
	}
	for what, least := range map[string]int{
		"cases": 150, "magnitudes": 90, "dense": 35, "mode ": 40, "mode reflect": 8, "mode replicate": 8, "mode circular": 8,
		"mode symmetric": 12,
		"stride":         25, "dilation": 15, "groups": 15, "depthwise": 4, "no bias": 5, "relu": 35, "energy": 10, "pool max": 25, "pool avg": 20,
		"pool's default stride": 30, "special values": 55, "empty batch": 2, "PyTorch refused": 35, "PyTorch computed": 10,
	} {
		if count[what] < least {
			t.Errorf("testdata/reference.json has %d of %q: want at least %d", count[what], what, least)
		}
	}
}
