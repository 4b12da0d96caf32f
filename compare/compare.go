// Package compare says whether a backend computes convolutions correctly. It imports no backend: it is handed the one
// to be held, and a judge, each of whose plans is a [conv.Oracle].
//
// There are three ways in:
//
//   - [NewTrial] holds a backend to a case as strictly as can be. Several backends can be held to the same trial.
//   - [Check] holds a backend to the error bound alone.
//   - [NewAnswer] holds outputs that are there already, as after timing a run.
//
// [Relations] need no judge: they hold a backend to itself. A Trial's [Evidence] shows the products of the worst
// output.
//
// An output is right if it differs from the float64 value by no more than the classical forward error bound of a
// float32 sum,
//
//	|got − want| ≤ γₙ·A + 2n·2⁻¹²⁶·max(1, |x|max, |w|max),  A = Σ|x||w| + |b|,
//
// with γₙ = n·u/(1−n·u), u = 2⁻²⁴ and n the terms of the sum: Higham, Accuracy and Stability of Numerical Algorithms,
// chapter 3. It holds for any order of summation, with or without fused multiply-add. Errors beyond the probable size
// 4·√n·u·A (Higham & Mary 2019) are counted as warnings. An algorithm of transforms states a tolerance
// of its own, or a multiple of the bound, see [conv.Description].
//
// NaN must answer NaN, and infinity the same infinity. Outputs are filled with NaN beforehand, so that one that is not
// written counts as wrong.
//
// The bound is one of several gates, because no gate finds everything that can be wrong; see [Trial].
package compare

import "gpuconv/conv"

// Case is one convolution with its numbers. Bias is nil if Problem.Bias is false.
type Case struct {
	Name        string
	Problem     conv.Problem
	Src, Weight *conv.Tensor
	Bias        []float32
	// EveryOutlier lets a [Trial] fill images with every kind of outliers. Else there are as many kinds as images.
	EveryOutlier bool
}

// Check runs c on the backend under test, twice, and holds its output to the error bound alone. An error says that c
// could not be run, or it wraps a [*GuardError]. A wrong output is not an error but a Result that is not OK.
func Check(test, judge conv.Backend, c Case) (Result, error) {
	got, description, err := compute(test, c, 2)
	if err != nil {
		return Result{}, inCase(c, err)
	}
	answer, err := NewAnswer(judge, c)
	if err != nil {
		return Result{}, err
	}
	return answer.Compare(got, description)
}

// caseError says which case could not be computed, or not as it should be.
type caseError struct {
	name string
	err  error
}

func inCase(c Case, err error) error { return &caseError{c.Name, err} }

func (e *caseError) Error() string { return "compare: " + e.Plain() }
func (e *caseError) Unwrap() error { return e.err }

// Plain returns the text without the package.
func (e *caseError) Plain() string {
	what := e.err.Error()
	if guard, ok := e.err.(*GuardError); ok {
		what = guard.What
	}
	return "case " + e.name + ": " + what
}
