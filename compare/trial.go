package compare

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"

	"gpuconv/conv"
)

// sumRMS is the largest RMS error, as a fraction of the largest output, that sums of products in float32 may have. If
// inputs were rounded to fewer bits and a sum has many terms, each output stays within its own bound, but this check
// fails. Random sums of 4,608 terms have an RMS error of 4.7e-7, or of 9.8e-5 if their inputs are rounded to TF32
// (TestEachGateAlone). sumRMS equals √n·u at n = 633 terms. For more terms √n·u is allowed, the probable error of a sum
// (Higham & Mary 2019). Sums whose terms all have one sign do have such errors: pixels 0 and 1 with filters that are
// not centred on 0 give 1.9e-6 at n = 2,524. Sums that drift have larger ones: see mostDrift. If all outputs cancel,
// the largest output is not a useful scale: see cancelled.
const sumRMS = 1.5e-6

// cancelled is a ratio of the largest output to the largest A. Below this ratio, the RMS check is skipped. Errors are
// proportional to A: at a ratio of 1/25, a direct sum's RMS error is 25 times 6e-8, the error of one rounding. That
// equals sumRMS.
const cancelled = 0.04

// Trial is a case that the judge has computed once, for any number of backends. A backend must pass five gates, named
// as the Check constants are:
//
//  1. CheckExact: with small integers the output equals the judge's bit for bit (−0 = +0). All partial sums of such
//     integers are exact in float32, in any order, with or without fused multiply-add. One filling has |x|, |w| ≤ 32.
//     Another has |x| ≤ 4095, |w| ≤ 4: it fails if inputs are rounded to float16 or TF32.
//  2. CheckBound: with the case's own numbers, no error exceeds the forward error bound, or the multiple of it that the
//     algorithm states as [conv.Description].Bound.
//  3. CheckRMS: the RMS error of all outputs is at most 1.5e-6 of the largest output, or √n·u of it for n terms if that
//     is more, or twice what a plain loop in float32 has if that is more. The check is skipped if all outputs are 0, or
//     so small that terms have cancelled or underflowed.
//  4. CheckLocality: an output depends on its receptive field only. The images have some pixels that are far larger
//     than all others: a pixel, a column or a frame of 1e6 or 1e20; one bright pixel in a black image; every 35th pixel
//     or the left half as large as 16 bits allow. Still no error exceeds CheckBound's bound, and outputs whose A is 0
//     have no error. The case's own numbers must pass this check, too, if the plan states a Tolerance or a Bound above
//     [conv.MaxBound], because CheckBound then allows more than this check does.
//  5. CheckGuards: every run leaves its inputs and the memory around its output unchanged, and a second run gives the
//     same bits. So do images that the plan makes itself, see [conv.Painter].
//
// If the backend's plan can measure maps ([conv.Measurer]), what it measures must be within its bound of float64 sums
// over the backend's own outputs. CheckMeasured says where it is not.
//
// An algorithm that states a [conv.Description].Tolerance need not pass CheckExact. In addition to the bound, each of
// its outputs may be off by 8 times that tolerance, and their RMS error may be the tolerance itself. The unit of both
// is the largest output, or the largest pixel times the largest norm of a filter, if that is more. Such an algorithm
// fails CheckLocality unless the caller asked for it, see [Options]. Then CheckLocality is skipped, and outputs beside
// outliers are tested by the tolerance. An algorithm that a backend chose by itself may be off by at most
// [conv.MaxBound]·γₙ·A, even if it states a larger Bound.
//
// Several goroutines may use a trial.
type Trial struct {
	Case     Case
	fillings []*filling
}

// filling is a case filled with one kind of numbers, with what the judge computes for it.
type filling struct {
	numbers string // the kind of numbers, as in Finding.Numbers
	c       Case
	inexact string // for integers: why the output need not equal the judge's
	truth   *truth
}

// NewTrial has the judge compute c with its own numbers, with integers and with outliers. Each of the judge's plans
// must be a [conv.Oracle]. c must have at least one image.
func NewTrial(judge conv.Backend, c Case) (*Trial, error) {
	t := &Trial{Case: c}
	if c.Src == nil || c.Src.Shape.N() == 0 {
		return nil, inCase(c, errors.New("want at least one image"))
	}
	if err := c.Problem.CheckPlan(c.Weight, c.Bias); err != nil {
		return nil, inCase(c, err)
	}
	for _, fill := range []struct {
		numbers string
		x, w    int
	}{{smallIntegers, 32, 32}, {largeIntegers, 4095, 4}} {
		x := exactRange(c.Problem, fill.x, fill.w, 1)
		if x < 2 || fill.numbers == largeIntegers && x <= fill.w {
			continue // with so many terms the integers would be too small to tell taps apart
		}
		filled, err := integers(c.Name+" "+fill.numbers, c.Problem, x, min(x, fill.w))
		if err != nil {
			return nil, inCase(c, err)
		}
		t.fillings = append(t.fillings, &filling{numbers: fill.numbers, c: filled, inexact: inexact(c.Problem)})
	}
	for first := 0; first == 0 || c.EveryOutlier && first < len(outlierKinds); first += c.Src.Shape.N() {
		t.fillings = append(t.fillings, &filling{numbers: outlierImages, c: outliers(c, first)})
	}
	t.fillings = append(t.fillings, &filling{c: c})
	for _, f := range t.fillings {
		var err error
		if f.truth, err = newTruth(judge, f.c); err != nil {
			return nil, inCase(c, err)
		}
	}
	return t, nil
}

// Options choose what a Trial checks.
type Options struct {
	// Relations are also checked, on the case's problem. The default is none.
	Relations []Relation
	// FirstFailure ends a case as soon as a check fails.
	FirstFailure bool
	// Asked says that the caller asked for the algorithm, by its name or by [conv.Fast]. Then the algorithm may state a
	// Tolerance, or a Bound above [conv.MaxBound].
	Asked bool
}

// Run tests a backend. If the backend reports an error, it is part of the outcome.
func (t *Trial) Run(test conv.Backend, o Options) Outcome {
	out := Outcome{Case: t.Case.Name, Problem: t.Case.Problem}
	out.run(t, test, o)
	return out
}

func (o *Outcome) run(t *Trial, test conv.Backend, options Options) {
	guards, exact := Finding{Check: CheckGuards}, false
	for _, f := range t.fillings {
		if !o.try(f, test, options, &guards) {
			return
		}
		exact = exact || f.numbers == smallIntegers || f.numbers == largeIntegers
		if options.FirstFailure && (o.Status() == Failed || guards.Status == Failed) {
			break
		}
	}
	if !exact {
		o.Findings = append(o.Findings, skipped(CheckExact, "", "with this many terms no integers have exact sums"))
	}
	o.Findings = append(o.Findings, guards)
	for _, r := range options.Relations {
		if options.FirstFailure && o.Status() == Failed {
			return
		}
		o.Findings = append(o.Findings, r.Check(test, t.Case.Problem, t.Case.Name))
	}
}

// try has the backend compute one filling of a case, and adds what was found. It reports whether the backend could
// compute it.
func (o *Outcome) try(f *filling, test conv.Backend, options Options, guards *Finding) bool {
	got, d, err := compute(test, f.c, 2)
	o.Algorithm = d.Algorithm
	var guard *GuardError
	var measured *MeasureError
	switch {
	case errors.As(err, &guard):
		if guards.Status == Passed {
			*guards = failed(CheckGuards, f.numbers, guard.What)
		}
	case errors.As(err, &measured):
		o.Findings = append(o.Findings, failed(CheckMeasured, f.numbers, measured.What))
	case errors.Is(err, conv.ErrUnsupported):
		*o = Refused(o.Case, o.Problem, err)
		return false
	case err != nil:
		o.Err = err
		o.Findings = append(o.Findings, failed(CheckRun, f.numbers, err.Error()))
		return false
	}
	if f.numbers == "" {
		o.Bits = hashOf(got.Data)
	}
	findings := f.check(got, d, options.Asked)
	for _, found := range findings {
		if found.Status == Failed && (o.Evidence == nil || f.numbers == "" && o.Evidence.Case.Name != f.c.Name) {
			o.Evidence = f.evidence(found, got, d, options.Asked)
		}
	}
	o.Findings = append(o.Findings, findings...)
	return true
}

// hashOf returns a hash of the bits of numbers. The hash is never 0.
func hashOf(values []float32) uint64 {
	h := fnv.New64a()
	var word [4]byte
	for _, v := range values {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
		h.Write(word[:])
	}
	return max(1, h.Sum64())
}

// check applies the gates that compare outputs to one filling.
func (f *filling) check(got *conv.Tensor, d conv.Description, asked bool) []Finding {
	switch f.numbers {
	case smallIntegers, largeIntegers:
		return f.checkIntegers(got, d)
	case outlierImages:
		local := f.local(got, d, asked)
		if local.Status != Skipped {
			return []Finding{local}
		}
		return []Finding{local, f.bounded(f.truth.compare(got, d))}
	}
	result := f.truth.compare(got, d)
	findings := []Finding{f.bounded(result)}
	if d.Tolerance > 0 || d.Bound > conv.MaxBound { // otherwise bounded has checked as much
		findings = append(findings, f.local(got, d, asked))
	}
	return append(findings, f.rms(result, d.Tolerance))
}

func (f *filling) checkIntegers(got *conv.Tensor, d conv.Description) []Finding {
	inexact := f.inexact
	if inexact == "" && d.Tolerance > 0 {
		inexact = d.Algorithm + " does not add the products themselves"
	}
	result := f.truth.compare(got, d)
	if inexact != "" {
		return []Finding{skipped(CheckExact, f.numbers, inexact), f.bounded(result)}
	}
	result.exact(got, f.truth)
	return []Finding{judged(CheckExact, f.numbers, result.Wrong == 0, result, result.String())}
}

func (f *filling) bounded(result Result) Finding {
	return judged(CheckBound, f.numbers, result.OK(), result, result.String())
}

// local checks that the errors of each output come from its own pixels. It skips algorithms with a Tolerance that the
// caller asked for.
func (f *filling) local(got *conv.Tensor, d conv.Description, asked bool) Finding {
	if asked && d.Tolerance > 0 {
		return skipped(CheckLocality, f.numbers,
			"it spreads errors, and is taken only if it is asked for: its tolerance was verified")
	}
	result := f.truth.compareWithin(got, f.localBound(d, asked))
	note := result.String()
	if d.Tolerance > 0 {
		note = d.Algorithm + " states a tolerance, and nobody asked for it: " + note
	}
	return judged(CheckLocality, f.numbers, result.OK(), result, note)
}

func (f *filling) localBound(d conv.Description, asked bool) bound {
	most := float64(conv.MaxBound)
	if asked {
		most = math.Inf(1)
	}
	return f.truth.bound.local(d, most)
}

func (f *filling) rms(result Result, tolerance float64) Finding {
	switch {
	case f.truth.largest == 0:
		return skipped(CheckRMS, "", "all outputs are 0")
	case tolerance == 0:
		tolerance = f.sumRMS(result.RMS)
	default:
		tolerance *= f.truth.scale / f.truth.largest
	}
	switch {
	case f.truth.bound.underflow > tolerance*f.truth.largest:
		return skipped(CheckRMS, "", fmt.Sprintf("the largest output is %.2g: underflow may exceed the RMS error "+
			"that is allowed", f.truth.largest))
	case f.truth.largest < cancelled*f.truth.sums:
		why := "the sums cancel: the largest output is %.2g, the largest sum of magnitudes is %.2g"
		return skipped(CheckRMS, "", fmt.Sprintf(why, f.truth.largest, f.truth.sums))
	}
	return judged(CheckRMS, "", result.RMS <= tolerance, result,
		fmt.Sprintf("RMS error %.2g of the largest output, want at most %.2g", result.RMS, tolerance))
}

// sumRMS returns the RMS error that sums of products may have. found is the error that was measured: only if it is
// larger than usual does sumRMS compute how far a plain loop drifts.
func (f *filling) sumRMS(found float64) float64 {
	usual := max(sumRMS, math.Sqrt(f.truth.bound.terms)*unit)
	if found <= usual {
		return usual
	}
	return max(usual, mostDrift*f.drift())
}

// exact replaces r by a comparison in which every output that does not equal the judge's is wrong.
func (r *Result) exact(got *conv.Tensor, t *truth) {
	strict := Result{Elements: r.Elements, Largest: r.Largest, RMS: r.RMS}
	for i, g := range got.Data {
		strict.add(verdict{at: i, got: g, want: t.want[i]})
	}
	strict.locate(t.shape)
	*r = strict
}

func (f *filling) evidence(found Finding, got *conv.Tensor, d conv.Description, asked bool) *Evidence {
	limit := make([]float64, len(got.Data))
	if found.Check != CheckExact {
		b := f.truth.bound.of(d, f.truth.scale)
		if found.Check == CheckLocality {
			b = f.localBound(d, asked)
		}
		for i, a := range f.truth.magnitude {
			limit[i] = b.limit(a)
		}
	}
	return &Evidence{Check: found.Check, Case: f.c, Got: got, Want: f.truth.want, Limit: limit,
		Worst: found.Result.Worst, Result: found.Result, Algorithm: d.Algorithm}
}
