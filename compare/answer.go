package compare

import (
	"fmt"
	"strings"

	"gpuconv/conv"
)

// Answer is what the judge computes for a case, once for any number of outputs. It applies the gates that need an
// output only: CheckBound and CheckRMS. Several goroutines may use it.
type Answer struct{ filling filling }

// NewAnswer has the judge, each of whose plans must be a [conv.Oracle], compute c.
func NewAnswer(judge conv.Backend, c Case) (*Answer, error) {
	t, err := newTruth(judge, c)
	if err != nil {
		return nil, inCase(c, err)
	}
	return &Answer{filling{c: c, truth: t}}, nil
}

// Compare holds got, an output of the first images of the case, to the error bound of a plan of this description: that
// of sums of products, or a wider one if the plan states a tolerance. A wrong output is not an error but a Result that
// is not OK.
func (a *Answer) Compare(got *conv.Tensor, d conv.Description) (Result, error) {
	want := a.filling.truth.shape
	if got.Shape.Image() != want.Image() || got.Shape.N() > want.N() {
		return Result{}, inCase(a.filling.c, fmt.Errorf("an output of %v, want at most %v", got.Shape, want))
	}
	return a.filling.truth.compare(got, d), nil
}

// Wrong says in one line what is wrong with got, an output of all images of the case, by the error bound and by the RMS
// error that a plan of this description may have. It returns "" if nothing is.
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
