package compare

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// GuardError reports what no comparison of outputs shows: a backend changed memory that is not its own, or gave other
// bits the second time.
type GuardError struct{ What string }

func (e *GuardError) Error() string { return "compare: " + e.What }

// compute plans c on a backend and runs it once or twice, each time into NaNs between canaries. It returns what the
// plan says of itself, too. A [*GuardError] says that an input was changed, that something was written outside the
// output or that the second run gave other bits; the output comes with it. With any other error there is no output. The
// backend gets copies: others may be held to c at the same time.
func compute(test conv.Backend, c Case, runs int) (dst *conv.Tensor, d conv.Description, err error) {
	before := [3][]float32{c.Src.Data, c.Weight.Data, c.Bias}
	c.Src = &conv.Tensor{Shape: c.Src.Shape, Data: clone(c.Src.Data)}
	c.Weight = &conv.Tensor{Shape: c.Weight.Shape, Data: clone(c.Weight.Data)}
	c.Bias = clone(c.Bias)
	plan, err := test.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		return nil, d, err
	}
	defer plan.Close() // again, after an error; harmless
	if describer, ok := plan.(conv.Describer); ok {
		d = describer.Describe()
	}
	dst, guard := RunGuarded(plan, c.Problem, c.Src)
	if dst == nil {
		return nil, d, guard
	}
	if runs > 1 {
		again, err := RunGuarded(plan, c.Problem, c.Src)
		if again == nil {
			return nil, d, fmt.Errorf("second run: %w", err)
		}
		if at := Differ(dst.Data, again.Data); guard == nil && at >= 0 {
			guard = &GuardError{fmt.Sprintf("the second run differs at element %d: %v, then %v", at, dst.Data[at],
				again.Data[at])}
		}
	}
	for i, after := range [3][]float32{c.Src.Data, c.Weight.Data, c.Bias} {
		if at := Differ(before[i], after); guard == nil && at >= 0 {
			guard = &GuardError{fmt.Sprintf("%s was changed at element %d: %v, then %v",
				[3]string{"src", "weight", "bias"}[i], at, before[i][at], after[at])}
		}
	}
	if err := plan.Close(); err != nil {
		return nil, d, err
	}
	return dst, d, guard
}

// canary is how many elements lie before and after an output, to be left alone. It is odd, so that the output is
// aligned to no more than one element.
const canary = 67

// RunGuarded runs a plan of p on src, any batch up to p's, into a new tensor of NaNs between canaries. If a canary was
// overwritten it returns the output with a [*GuardError].
func RunGuarded(plan conv.Plan, p conv.Problem, src *conv.Tensor) (*conv.Tensor, error) {
	shape, err := p.Dst()
	if err != nil {
		return nil, err
	}
	shape[0] = src.Shape.N()
	n, err := shape.Len()
	if err != nil {
		return nil, err
	}
	whole := make([]float32, n+2*canary)
	for i := range whole {
		whole[i] = float32(math.NaN())
	}
	before, after := whole[:canary], whole[canary+n:]
	for i := range canary {
		before[i], after[i] = float32(i+1), float32(-i-1)
	}
	dst := &conv.Tensor{Shape: shape, Data: whole[canary : canary+n : canary+n]}
	if err := plan.Run(dst, src); err != nil {
		return nil, err
	}
	for i := range canary {
		if before[i] != float32(i+1) {
			return dst, &GuardError{fmt.Sprintf("%v was written %d elements before dst", before[i], canary-i)}
		}
		if after[i] != float32(-i-1) {
			return dst, &GuardError{fmt.Sprintf("%v was written %d elements after dst", after[i], i+1)}
		}
	}
	return dst, nil
}

// Differ returns the index at which two slices first differ in their bits, or −1 if they do not. If one continues the
// other they differ at the end of the shorter one.
func Differ(a, b []float32) int {
	for i := range min(len(a), len(b)) {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return -1
}

func clone(s []float32) []float32 { return append([]float32(nil), s...) }
