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
//
// That is one of several gates, since none catches all that can be wrong; see
// [Trial]. Use [Backends] to hold a backend to many cases, [NewTrial] to hold
// several backends to the same case, [Check] or [Judge] where the bound alone is
// wanted. [Relations] need no judge. [Taps] shows the sum behind one output.
package compare

import (
	"errors"
	"fmt"

	"gpuconv/conv"
)

// Case is one convolution with its numbers. Bias is nil if Problem.Bias is false.
type Case struct {
	Name        string
	Problem     conv.Problem
	Src, Weight *conv.Tensor
	Bias        []float32
}

// Check runs c on the backend under test and judges its output by the error bound
// alone, with the judge, each of whose plans must be a [conv.Oracle]. An error means that c
// could not be run, or a [*GuardError]; a wrong output is not an error but a Result
// that is not OK.
func Check(test, judge conv.Backend, c Case) (Result, error) {
	got, description, err := compute(test, c, 2)
	if err != nil {
		var guard *GuardError
		if errors.As(err, &guard) {
			return Result{}, fmt.Errorf("compare: case %s: %s", c.Name, guard.What)
		}
		return Result{}, fmt.Errorf("compare: case %s: %w", c.Name, err)
	}
	t, err := newTruth(judge, c)
	if err != nil {
		return Result{}, fmt.Errorf("compare: case %s: %w", c.Name, err)
	}
	return t.judge(got, description.Tolerance), nil
}

// Judge compares got, an output of c, with what the oracle computes for c, by the
// error bound of sums of products, or of an algorithm of transforms that states a
// tolerance; see [conv.Description].
func Judge(got *conv.Tensor, c Case, oracle conv.Oracle, tolerance float64) (Result, error) {
	if err := c.Problem.CheckRun(got, c.Src); err != nil {
		return Result{}, err
	}
	t, err := askOracle(oracle, c)
	if err != nil {
		return Result{}, err
	}
	return t.judge(got, tolerance), nil
}
