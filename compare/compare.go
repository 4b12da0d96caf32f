// Package compare says whether a backend computes convolutions correctly. It
// imports no backend: it is handed two, one to be judged and one that can judge,
// a [conv.Oracle].
//
// An output is right if it differs from the float64 value by no more than the
// classical forward error bound of a float32 sum,
//
//	|got − want| ≤ γₙ·A + 2n·2⁻¹²⁶·max(1, |x|max, |w|max),  A = Σ|x||w| + |b|,
//
// with γₙ = n·u/(1−n·u), u = 2⁻²⁴ and n the terms of the sum: Higham, Accuracy
// and Stability of Numerical Algorithms, chapter 3. It holds for any order of
// summation, with or without fused multiply-add. Errors beyond the probable size
// 4·√n·u·A (Higham & Mary 2019) are counted as warnings.
//
// NaN must answer NaN, and infinity the same infinity. Outputs are filled with
// NaN beforehand, so that one that is not written counts as wrong.
package compare

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// Case is one convolution with its numbers. Bias is nil if Problem.Bias is false.
type Case struct {
	Name        string
	Problem     conv.Problem
	Src, Weight *conv.Tensor
	Bias        []float32
}

// Check runs c on the backend under test and judges its output by the judge,
// whose plans must be [conv.Oracle]s. An error means that c could not be run; a
// wrong output is not an error but a Result that is not OK.
func Check(test, judge conv.Backend, c Case) (Result, error) {
	got, err := run(test, c)
	if err != nil {
		return Result{}, fmt.Errorf("compare: case %s: %w", c.Name, err)
	}
	plan, err := judge.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		return Result{}, fmt.Errorf("compare: case %s: judge: %w", c.Name, err)
	}
	defer plan.Close()
	oracle, ok := plan.(conv.Oracle)
	if !ok {
		return Result{}, fmt.Errorf("compare: case %s: judge: its plan is no conv.Oracle", c.Name)
	}
	result, err := Judge(got, c, oracle)
	if err != nil {
		return Result{}, fmt.Errorf("compare: case %s: %w", c.Name, err)
	}
	return result, nil
}

// run plans and runs c into an output filled with NaN.
func run(test conv.Backend, c Case) (*conv.Tensor, error) {
	shape, err := c.Problem.Dst()
	if err != nil {
		return nil, err
	}
	got, err := conv.NewTensor(shape.WithN(c.Src.Shape.N()))
	if err != nil {
		return nil, err
	}
	for i := range got.Data {
		got.Data[i] = float32(math.NaN())
	}
	plan, err := test.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		return nil, err
	}
	if err := plan.Run(got, c.Src); err != nil {
		plan.Close()
		return nil, err
	}
	return got, plan.Close()
}

// Judge compares got, an output of c, with what the oracle computes for c.
func Judge(got *conv.Tensor, c Case, oracle conv.Oracle) (Result, error) {
	if err := c.Problem.CheckRun(got, c.Src); err != nil {
		return Result{}, err
	}
	want := make([]float64, len(got.Data))
	magnitude := make([]float64, len(got.Data))
	if err := oracle.RunFloat64(want, magnitude, c.Src); err != nil {
		return Result{}, err
	}
	b := newBound(c)
	result := Result{Elements: len(got.Data)}
	var squares, largest float64
	for i, g := range got.Data {
		result.add(verdict{at: i, got: g, want: want[i], limit: b.limit(magnitude[i]), probable: b.probable(magnitude[i])})
		if e := float64(g) - want[i]; !math.IsNaN(e) && !math.IsInf(e, 0) {
			squares += e * e
			largest = max(largest, math.Abs(want[i]))
		}
	}
	if largest > 0 {
		result.RMS = math.Sqrt(squares/float64(len(got.Data))) / largest
	}
	result.locate(got.Shape)
	return result, nil
}

// bound turns the magnitude of a sum into the error that it may have.
type bound struct {
	terms     float64 // n
	gamma     float64 // γₙ
	underflow float64 // what each product may lose below the normal range
}

const unit = 0x1p-24 // u of float32, round to nearest

func newBound(c Case) bound {
	n := float64(c.Problem.Weight[1] * c.Problem.Weight[2] * c.Problem.Weight[3])
	if c.Problem.Bias {
		n++
	}
	if c.Problem.Pool.Kind == conv.AvgPool { // the mean adds its own sum and a division
		n += float64(c.Problem.Pool.Size[0]*c.Problem.Pool.Size[1] + 1)
	}
	if c.Problem.Activation == conv.Energy {
		n += energyTerms
	}
	gamma := math.Inf(1) // beyond 2²⁴ terms the bound says nothing
	if n*unit < 1 {
		gamma = n * unit / (1 - n*unit)
	}
	scale := max(1, largest(c.Src.Data), largest(c.Weight.Data))
	return bound{terms: n, gamma: gamma, underflow: 2 * n * 0x1p-126 * scale}
}

// energyTerms bounds what √(a²+b²) itself rounds, in units of u, on devices whose
// divisions and square roots are as inexact as GLSL 4.30 §4.7.1 lets them be: m·√(1+r²)
// of r = min/m, with a division of 2.5 ulp, a square and an addition of half an ulp
// each, a square root of 2 ulp behind a division of 2.5 and a product of half an ulp. One ulp
// is at most 2u of the value, and what r is off by counts at most half.
const energyTerms = 16

func (b bound) limit(magnitude float64) float64 { return b.gamma*magnitude + b.underflow }

func (b bound) probable(magnitude float64) float64 {
	return 4*math.Sqrt(b.terms)*unit*magnitude + b.underflow
}

// largest returns the largest finite |v|.
func largest(values []float32) float64 {
	most := 0.0
	for _, v := range values {
		if a := math.Abs(float64(v)); a > most && !math.IsInf(a, 0) { // NaN is not larger
			most = a
		}
	}
	return most
}
