package compare

import (
	"fmt"
	"strings"

	"gpuconv/conv"
)

// Answer is what the judge computes for a case, once for any number of outputs. It applies the gates that need nothing
// but an output: Compare applies CheckBound, Wrong applies CheckBound and CheckRMS. Several goroutines may use it.
type Answer struct{ filling filling }

// NewAnswer has the judge compute c. Each of the judge's plans must be a [conv.Oracle].
func NewAnswer(judge conv.Backend, c Case) (*Answer, error) {
	t, err := newTruth(judge, c)
	if err != nil {
		return nil, inCase(c, err)
	}
	return &Answer{filling{c: c, truth: t}}, nil
}

// Compare compares got with the judge's output, within the error bound that d states. got is the output of the first
// images of the case, one or more. A wrong output is not an error; it gives a Result that is not OK.
func (a *Answer) Compare(got *conv.Tensor, d conv.Description) (Result, error) {
	want := a.filling.truth.shape
	if got.Shape.Image() != want.Image() || got.Shape.N() > want.N() {
		return Result{}, inCase(a.filling.c, fmt.Errorf("an output of %v, want at most %v", got.Shape, want))
	}
	return a.filling.truth.compare(got, d), nil
}

// Wrong says in one line what is wrong with got, an output of all images of the case. It applies the error bound and
// the RMS error that d allows. It returns "" if got is right.
func (a *Answer) Wrong(got *conv.Tensor, d conv.Description) string {
	if got.Shape != a.filling.truth.shape {
		return fmt.Sprintf("output %v, want %v", got.Shape, a.filling.truth.shape)
	}
	var wrong []string
	result := a.filling.truth.compare(got, d)
	for _, f := range []Finding{a.filling.bounded(result), a.filling.rms(result, d.Tolerance)} {
		if f.Status == Failed {
			wrong = append(wrong, f.String())
		}
	}
	return strings.Join(wrong, "; ")
}
