// Package convtest is what every backend must pass: a table of problems, each
// judged against the reference, the relations that convolutions keep whoever
// computes them, and the contract of Plan and Run.
//
// A backend's test is one line:
//
//	convtest.Run(t, backend, cpu.Reference{})
//
// [Cases] is the table. Each case is filled three times: with integers for which
// every partial sum is exact in float32, so that the output must equal the
// reference bit for bit; with larger integers, which catch inputs that are
// silently rounded to a shorter format; and with random numbers, judged by the
// error bound of package compare.
package convtest

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Run runs the whole suite. judge's plans must be [conv.Oracle]s. A case that
// backend does not support fails: a backend that refuses part of a problem is
// not conforming. With -short, for runs under the race detector, which slows the
// judge many times, it leaves out the cases of more than a million multiplications.
func Run(t *testing.T, backend, judge conv.Backend) {
	t.Run("cases", func(t *testing.T) {
		for _, c := range Cases() {
			if testing.Short() && c.Problem.MACs() > 1e6 {
				continue
			}
			t.Run(c.Name, func(t *testing.T) { check(t, backend, judge, c) })
		}
	})
	t.Run("special values", func(t *testing.T) { specialValues(t, backend, judge) })
	t.Run("relations", func(t *testing.T) { relations(t, backend) })
	t.Run("contract", func(t *testing.T) { contract(t, backend) })
}

// Case is one problem of the table.
type Case struct {
	Name    string
	Problem conv.Problem
}

// fill is a way to make a problem's numbers.
type fill struct {
	name  string
	exact bool // every partial sum is an integer below 2²⁴
	draw  func(p conv.Problem, r *rand.Rand) numbers
}

// numbers are what a problem is filled with.
type numbers struct {
	src, weight *conv.Tensor
	bias        []float32
}

func fills(p conv.Problem) []fill {
	exact := p.Activation != conv.Energy // a square root seldom is
	small, large := exactRange(p, 32, 32), exactRange(p, 4095, 4)
	all := []fill{{"random", false, drawRandom}}
	if small > 0 {
		all = append(all, fill{"integers", exact, func(p conv.Problem, r *rand.Rand) numbers { return drawIntegers(p, r, small, min(small, 32)) }})
	}
	if large > 4 {
		all = append(all, fill{"large integers", exact, func(p conv.Problem, r *rand.Rand) numbers { return drawIntegers(p, r, large, 4) }})
	}
	return all
}

// exactRange returns the largest |x| ≤ x for which all partial sums of p with
// |w| ≤ w (or the same as x, if that is less) stay exact in float32, 0 if none
// does. Means are exact only over powers of two.
func exactRange(p conv.Problem, x, w int) int {
	terms := p.Weight[1]*p.Weight[2]*p.Weight[3] + 1
	if p.Pool.Kind == conv.AvgPool {
		area := p.Pool.Size[0] * p.Pool.Size[1]
		if area&(area-1) != 0 {
			return 0
		}
		terms *= area
	}
	for x > 0 && terms*x*min(x, w) > 1<<24 {
		x--
	}
	return x
}

// check judges one case with each of its fills.
func check(t *testing.T, backend, judge conv.Backend, c Case) {
	for _, f := range fills(c.Problem) {
		drawn := f.draw(c.Problem, generator(c.Name+f.name))
		got, err := compute(backend, c.Problem, drawn)
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		plan, err := judge.Plan(c.Problem, drawn.weight, drawn.bias)
		if err != nil {
			t.Fatalf("%s: judge: %v", f.name, err)
		}
		whole := compare.Case{Name: c.Name, Problem: c.Problem, Src: drawn.src, Weight: drawn.weight, Bias: drawn.bias}
		result, err := compare.Judge(got, whole, plan.(conv.Oracle))
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		if c.Problem.Src.N() > 0 && !result.OK() {
			t.Fatalf("%s: %v", f.name, result)
		}
		if f.exact && result.MaxError != 0 {
			t.Fatalf("%s: not exact: largest error %v at %v (%v, want %v)", f.name, result.MaxError, result.Worst, result.Got, result.Want)
		}
	}
}

// compute plans and runs a problem into NaNs, twice: the second run must give the
// same bits. It reports inputs that were changed.
func compute(backend conv.Backend, p conv.Problem, drawn numbers) (*conv.Tensor, error) {
	plan, err := backend.Plan(p, drawn.weight, drawn.bias)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	before := [][]float32{clone(drawn.src.Data), clone(drawn.weight.Data), clone(drawn.bias)}
	first, err := runInto(plan, p, drawn.src)
	if err != nil {
		return nil, err
	}
	second, err := runInto(plan, p, drawn.src)
	if err != nil {
		return nil, fmt.Errorf("second run: %w", err)
	}
	if at := differ(first.Data, second.Data); at >= 0 {
		return nil, fmt.Errorf("the second run differs at element %d: %v, then %v", at, first.Data[at], second.Data[at])
	}
	for i, after := range [][]float32{drawn.src.Data, drawn.weight.Data, drawn.bias} {
		if differ(before[i], after) >= 0 {
			return nil, fmt.Errorf("%s was changed", []string{"src", "weight", "bias"}[i])
		}
	}
	return first, plan.Close()
}

// canary is how many elements stand before and after an output, to be left alone.
const canary = 67 // odd, so that the output is not aligned either

// runInto runs a plan into a tensor of NaNs between canaries.
func runInto(plan conv.Plan, p conv.Problem, src *conv.Tensor) (*conv.Tensor, error) {
	shape, err := p.Dst()
	if err != nil {
		return nil, err
	}
	shape[0] = src.Shape.N()
	n, err := shape.Len()
	if err != nil {
		return nil, err
	}
	whole := make([]float32, n+2*canary)
	for i := range whole {
		whole[i] = float32(math.NaN())
	}
	for i := range canary {
		whole[i], whole[canary+n+i] = float32(i), float32(-i)
	}
	dst := &conv.Tensor{Shape: shape, Data: whole[canary : canary+n : canary+n]}
	if err := plan.Run(dst, src); err != nil {
		return nil, err
	}
	for i := range canary {
		if whole[i] != float32(i) || whole[canary+n+i] != float32(-i) {
			return nil, fmt.Errorf("element %d outside dst was written", i)
		}
	}
	return dst, nil
}

// differ returns where two slices first differ in their bits, −1 if nowhere.
func differ(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return -1
}

func clone(s []float32) []float32 { return append([]float32(nil), s...) }

// generator is seeded with a name, so that a case has the same numbers alone and
// in the suite.
func generator(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(h.Sum64(), uint64(len(name))))
}

func blank(p conv.Problem) numbers {
	src, err := conv.NewTensor(p.Src)
	if err != nil {
		panic(err) // the table holds valid problems only
	}
	weight, err := conv.NewTensor(p.Weight)
	if err != nil {
		panic(err)
	}
	n := numbers{src: src, weight: weight}
	if p.Bias {
		n.bias = make([]float32, p.Weight[0])
	}
	return n
}

// drawRandom fills with numbers in (−1, 1).
func drawRandom(p conv.Problem, r *rand.Rand) numbers {
	n := blank(p)
	for _, values := range [][]float32{n.src.Data, n.weight.Data, n.bias} {
		for i := range values {
			values[i] = 2*r.Float32() - 1
		}
	}
	return n
}

// drawIntegers fills with integers other than 0, |x| ≤ mostX and |w| ≤ mostW.
func drawIntegers(p conv.Problem, r *rand.Rand, mostX, mostW int) numbers {
	n := blank(p)
	for _, part := range []struct {
		values []float32
		most   int
	}{{n.src.Data, mostX}, {n.weight.Data, mostW}, {n.bias, mostX}} {
		for i := range part.values {
			v := float32(1 + r.IntN(part.most))
			if r.IntN(2) == 0 {
				v = -v
			}
			part.values[i] = v
		}
	}
	return n
}
