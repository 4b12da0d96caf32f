package compare

import (
	"errors"
	"fmt"
	"math"

	"gpuconv/conv"
)

// sumRMS is the largest RMS error, in parts of the largest output, that sums of
// products in float32 may have: inputs that were rounded to fewer bits at large n
// stay within the bound of each output and not within this. Random sums of 4,608
// terms come to 4.7e-7, and to 9.8e-5 if their inputs are rounded as TF32 is
// (TestEachGateAlone). It is what √n·u is at n = 625: beyond that, √n·u is allowed, the
// probable error of a sum (Higham & Mary 2019), which sums of terms of one sign do have:
// pixels 0 and 1 with filters that keep their mean come to 1.9e-6 at n = 2,524. Outputs that all cancel have no such scale: see cancelled.
const sumRMS = 1.5e-6

// cancelled is how small the largest output may be against the largest A before RMS
// says nothing: errors are in proportion to A, so that at 1/25 a direct sum
// comes to 25 times the 6e-8 of one rounding.
const cancelled = 0.04

// Trial is a case that the judge has computed, once for any number of backends
// that are then held to it. Four gates are looked at, each by checks with the names
// of the Check constants:
//
//  1. CheckExact: filled with small integers for which every partial sum is exact in
//     float32, with or without fused multiply-add and in any order, the output
//     equals the judge's bit for bit (−0 = +0): once with |x|, |w| ≤ 32 and once with |x| ≤
//     4095, |w| ≤ 4, which inputs rounded to float16 or TF32 do not survive.
//  2. CheckBound: with the case's own numbers no output is further off than the forward
//     error bound.
//  3. CheckRMS: nor are all outputs together further off than sumRMS.
//  4. CheckGuards: every run leaves its inputs and what is around its output as they
//     were, and a second run gives the same bits.
//
// An algorithm that states a [conv.Description].Tolerance is not held to 1; its outputs are
// held to 8 times that tolerance of the largest output, or of what a filter makes of pixels like
// the brightest if that is more, and to it as RMS.
type Trial struct {
	Case     Case
	judge    conv.Backend
	fillings []*filling
}

// filling is a way to fill a case, with the judge's answer.
type filling struct {
	numbers string
	c       Case
	inexact string // why the output need not equal the judge's
	truth   *truth
}

// NewTrial has the judge, each of whose plans must be a [conv.Oracle], compute c with its own
// numbers and with integers. c must have at least one image.
func NewTrial(judge conv.Backend, c Case) (*Trial, error) {
	t := &Trial{Case: c, judge: judge}
	if c.Src == nil || c.Src.Shape.N() == 0 {
		return nil, inCase(c, errors.New("want at least one image"))
	}
	if err := c.Problem.CheckPlan(c.Weight, c.Bias); err != nil {
		return nil, inCase(c, err)
	}
	for _, fill := range []struct {
		numbers string
		x, w    int
	}{{SmallIntegers, 32, 32}, {LargeIntegers, 4095, 4}} {
		x := exactRange(c.Problem, fill.x, fill.w, 1)
		if x < 2 || fill.numbers == LargeIntegers && x <= fill.w {
			continue // too many terms for integers that tell taps apart
		}
		filled, err := Integers(c.Name+" "+fill.numbers, c.Problem, x, min(x, fill.w))
		if err != nil {
			return nil, inCase(c, err)
		}
		t.fillings = append(t.fillings, &filling{numbers: fill.numbers, c: filled, inexact: inexact(c.Problem)})
	}
	t.fillings = append(t.fillings, &filling{c: c, inexact: "these are not integers"})
	for _, p := range t.fillings {
		var err error
		if p.truth, err = newTruth(judge, p.c); err != nil {
			return nil, inCase(c, err)
		}
	}
	return t, nil
}

// Options choose what a backend is held to.
type Options struct {
	// Relations are checked too, on the case's problem; none by default.
	Relations []Relation
	// FirstFailure ends a case at the first check that fails.
	FirstFailure bool
}

// Run holds a backend to the trial. A backend's error is part of the outcome.
func (t *Trial) Run(test conv.Backend, o Options) Outcome {
	out := Outcome{Case: t.Case.Name, Problem: t.Case.Problem}
	out.run(t, test, o)
	return out
}

func (o *Outcome) run(t *Trial, test conv.Backend, options Options) {
	guards := Finding{Check: CheckGuards}
	for _, p := range t.fillings {
		if !o.try(p, test, &guards) {
			return
		}
		if options.FirstFailure && (o.Status() == Failed || guards.Status == Failed) {
			break
		}
	}
	if len(t.fillings) == 1 {
		o.Findings = append(o.Findings, skipped(CheckExact, "", "sums of so many terms are exact for no integers"))
	}
	o.Findings = append(o.Findings, guards)
	for _, r := range options.Relations {
		if options.FirstFailure && o.Status() == Failed {
			return
		}
		o.Findings = append(o.Findings, r.Check(test, t.Case.Problem, t.Case.Name))
	}
}

// try has the backend compute one filling of a case, adds what was found and
// reports whether it could be computed.
func (o *Outcome) try(p *filling, test conv.Backend, guards *Finding) bool {
	got, d, err := compute(test, p.c, 2)
	o.Algorithm = d.Algorithm
	var guard *GuardError
	switch {
	case errors.As(err, &guard):
		if guards.Status == Passed {
			*guards = failed(CheckGuards, p.numbers, guard.What)
		}
	case errors.Is(err, conv.ErrUnsupported):
		*o = Refused(o.Case, o.Problem, err)
		return false
	case err != nil:
		o.Err = err
		o.Findings = append(o.Findings, failed(CheckRun, p.numbers, err.Error()))
		return false
	}
	findings := p.check(got, d)
	for _, f := range findings {
		if f.Status == Failed && (o.Evidence == nil || p.numbers == "" && o.Evidence.Case.Name != p.c.Name) {
			o.Evidence = p.evidence(f, got, d)
		}
	}
	o.Findings = append(o.Findings, findings...)
	return true
}

// check applies the gates that compare outputs to one filling.
func (p *filling) check(got *conv.Tensor, d conv.Description) (all []Finding) {
	result := p.truth.compare(got, d.Tolerance)
	inexact := p.inexact
	if inexact == "" && d.Tolerance > 0 {
		inexact = d.Algorithm + " does not add the products themselves"
	}
	if inexact == "" {
		result.exact(got, p.truth)
		return append(all, judged(CheckExact, p.numbers, result.Wrong == 0, result, result.String()))
	}
	if p.numbers != "" {
		all = append(all, skipped(CheckExact, p.numbers, inexact))
	}
	all = append(all, judged(CheckBound, p.numbers, result.OK(), result, result.String()))
	if p.numbers == "" {
		all = append(all, p.rms(result, d.Tolerance))
	}
	return all
}

func (p *filling) rms(result Result, tolerance float64) Finding {
	switch {
	case p.truth.largest == 0:
		return skipped(CheckRMS, "", "all outputs are 0")
	case tolerance == 0:
		tolerance = max(sumRMS, math.Sqrt(p.truth.bound.terms)*unit)
	default:
		tolerance *= p.truth.scale / p.truth.largest
	}
	switch {
	case p.truth.bound.underflow > tolerance*p.truth.largest:
		return skipped(CheckRMS, "", fmt.Sprintf("the largest output is %.2g: what underflows may count for more", p.truth.largest))
	case p.truth.largest < cancelled*p.truth.sums:
		return skipped(CheckRMS, "", fmt.Sprintf("the sums cancel: the largest output is %.2g, of terms that come to %.2g", p.truth.largest, p.truth.sums))
	}
	return judged(CheckRMS, "", result.RMS <= tolerance, result, fmt.Sprintf("RMS error %.2g of the largest output, want at most %.2g", result.RMS, tolerance))
}

// exact counts as wrong what is not the judge's value.
func (r *Result) exact(got *conv.Tensor, t *truth) {
	strict := Result{Elements: r.Elements, Largest: r.Largest, RMS: r.RMS}
	for i, g := range got.Data {
		strict.add(verdict{at: i, got: g, want: t.want[i]})
	}
	strict.locate(t.shape)
	*r = strict
}

func (p *filling) evidence(f Finding, got *conv.Tensor, d conv.Description) *Evidence {
	limit := make([]float64, len(got.Data))
	if f.Check != CheckExact {
		b := p.truth.bound.withTolerance(d.Tolerance, p.truth.scale)
		for i, a := range p.truth.magnitude {
			limit[i] = b.limit(a)
		}
	}
	return &Evidence{Check: f.Check, Case: p.c, Got: got, Want: p.truth.want, Limit: limit, Worst: f.Result.Worst, Result: f.Result, Algorithm: d.Algorithm}
}
