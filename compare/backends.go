package compare

import (
	"iter"

	"gpuconv/conv"
)

// Report is what [Backends] found.
type Report struct{ Outcomes []Outcome }

// Count returns how many cases passed, failed and were skipped.
func (r Report) Count() (passed, failed, skipped int) {
	for _, o := range r.Outcomes {
		switch o.Status() {
		case Passed:
			passed++
		case Failed:
			failed++
		case Skipped:
			skipped++
		}
	}
	return passed, failed, skipped
}

// OK reports whether no case failed and at least one passed: a report of nothing
// proves nothing.
func (r Report) OK() bool {
	passed, failed, _ := r.Count()
	return passed > 0 && failed == 0
}

// Failures returns the outcomes of the cases that failed.
func (r Report) Failures() (all []Outcome) {
	for _, o := range r.Outcomes {
		if o.Status() == Failed {
			all = append(all, o)
		}
	}
	return all
}

// Backends holds test to every case, as judge, each of whose plans must be a [conv.Oracle],
// computes it. A case that the backend cannot compute is an outcome like others; an
// error is one of the judge or of a case that is not valid, and comes with what was
// found until then.
func Backends(test, judge conv.Backend, cases iter.Seq[Case], o Options) (Report, error) {
	var r Report
	for c := range cases {
		trial, err := NewTrial(judge, c)
		if err != nil {
			return r, err
		}
		r.Outcomes = append(r.Outcomes, trial.Run(test, o))
	}
	return r, nil
}
