package compare

import (
	"fmt"

	"gpuconv/conv"
)

// Result compares got, an output of the first images of the case, with the answer by
// the error bound of sums of products, or of an algorithm of transforms that states a
// tolerance. It says what was found where [Answer.Judge] says what is wrong.
func (a *Answer) Result(got *conv.Tensor, tolerance float64) (Result, error) {
	want := a.paper.truth.shape
	if got.Shape.Image() != want.Image() || got.Shape.N() > want.N() {
		return Result{}, fmt.Errorf("compare: case %s: an output of %v, want at most %v", a.paper.c.Name, got.Shape, want)
	}
	return a.paper.truth.judge(got, tolerance), nil
}
