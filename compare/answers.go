package compare

import (
	"fmt"

	"gpuconv/conv"
)

// Answers are what a judge computed for a case, for any number of outputs to be held to.
type Answers struct{ truth *truth }

// NewAnswers has the judge, whose plans must be [conv.Oracle]s, compute c.
func NewAnswers(judge conv.Backend, c Case) (*Answers, error) {
	t, err := newTruth(judge, c)
	if err != nil {
		return nil, fmt.Errorf("compare: case %s: %w", c.Name, err)
	}
	return &Answers{t}, nil
}

// Judge compares got, an output of the case, with the answers by the error bound of
// sums of products, or of an algorithm of transforms that states a tolerance. got may
// have fewer images than the case: its first ones.
func (a *Answers) Judge(got *conv.Tensor, tolerance float64) (Result, error) {
	want := a.truth.shape
	if got.Shape.Image() != want.Image() || got.Shape.N() > want.N() {
		return Result{}, fmt.Errorf("compare: an output of %v, want at most %v", got.Shape, want)
	}
	return a.truth.judge(got, tolerance), nil
}
