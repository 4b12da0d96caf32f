// Package compare says whether a backend computes convolutions correctly. It imports no backend. Its callers pass the
// backend under test, and a judge. Each of the judge's plans is a [conv.Oracle], which computes in float64.
//
// There are three ways to use it:
//
//   - [NewTrial] is the strictest test of a backend on a case. Several backends can run the same trial.
//   - [Check] tests a backend by the error bound alone.
//   - [NewAnswer] tests outputs that exist already, for instance after a run was timed.
//
// [Relations] need no judge: they compare the backend's own outputs with one another. A Trial's [Evidence] shows the
// products of the worst output.
//
// An output is right if it differs from the float64 value by no more than the classical forward error bound of a
// float32 sum,
//
//	|got − want| ≤ γₙ·A + 2n·2⁻¹²⁶·max(1, |x|max, |w|max),  A = Σ|x||w| + |b|,
//
// with γₙ = n·u/(1−n·u), u = 2⁻²⁴ and n the number of terms of the sum: Higham, Accuracy and Stability of Numerical
// Algorithms, chapter 3. The bound holds for any order of summation, with or without fused multiply-add. Errors beyond
// the probable size 4·√n·u·A (Higham & Mary 2019) count as warnings. An algorithm that works with transforms states its
// own tolerance, or a multiple of the bound; see [conv.Description].
//
// Where the judge has NaN, the output must be NaN; where the judge has an infinity, it must be the same infinity. If
// the judge's value is beyond the range of float32, an infinity of the same sign is right, too. Outputs are filled with
// NaN beforehand, so that one that is never written counts as wrong.
//
// The bound is one of several gates (checks that an output must pass), because no single gate finds every fault; see
// [Trial].
package compare

import "gpuconv/conv"

// Case is one convolution with its data. Bias is nil if Problem.Bias is false.
type Case struct {
	Name        string
	Problem     conv.Problem
	Src, Weight *conv.Tensor
	Bias        []float32
	// EveryOutlier makes a [Trial] use every kind of outliers. Otherwise it uses as many kinds as Src has images.
	EveryOutlier bool
}

// Check runs c twice on the backend under test, and tests its output by the error bound alone. An error means that c
// could not be run, or it wraps a [*GuardError]. A wrong output is not an error; it gives a Result that is not OK.
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

// caseError names the case that could not be computed, or whose computation broke a rule.
type caseError struct {
	name string
	err  error
}

func inCase(c Case, err error) error { return &caseError{c.Name, err} }

func (e *caseError) Error() string { return "compare: " + e.Plain() }
func (e *caseError) Unwrap() error { return e.err }

// Plain returns the text without the package's name.
func (e *caseError) Plain() string {
	what := e.err.Error()
	if guard, ok := e.err.(*GuardError); ok {
		what = guard.What
	}
	return "case " + e.name + ": " + what
}
