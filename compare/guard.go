package compare

import (
	"errors"
	"fmt"
	"math"

	"gpuconv/conv"
)

// GuardError reports a fault that a comparison of outputs cannot show: a backend changed memory that is not its own, or
// its second run, or an image that it made itself, gave other bits.
type GuardError struct{ What string }

func (e *GuardError) Error() string { return "compare: " + e.What }

// compute plans c on a backend and runs it once or twice. Each output is a tensor of NaNs between canaries: known
// values that must stay as they are. compute also returns how the plan describes itself. A [*GuardError] says that an
// input was changed, that something was written outside the output, that the second run gave other bits, or that the
// plan made other images; the output comes with it. With any other error there is no output. The backend gets copies,
// because others may use c at the same time. If it runs twice, and the plan can measure maps, the measures must be
// right too: a [*MeasureError] says that they are not, and comes with the output.
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
		if guard == nil {
			guard = err
		}
		if at := Differ(dst.Data, again.Data); guard == nil && at >= 0 {
			guard = &GuardError{fmt.Sprintf("the second run differs at element %d: %v, then %v", at, dst.Data[at],
				again.Data[at])}
		}
		if guard == nil {
			guard = checkPainted(plan, c.Problem)
			if broken := (*GuardError)(nil); guard != nil && !errors.As(guard, &broken) {
				return nil, d, fmt.Errorf("images that the plan makes: %w", guard)
			}
		}
	}
	var measured error
	if runs > 1 && guard == nil {
		if measured = checkMeasuring(plan, dst, c.Src); measured != nil && !errors.As(measured, new(*MeasureError)) {
			return nil, d, measured
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
	if guard == nil {
		guard = measured
	}
	return dst, d, guard
}

// canary is the number of elements before and after an output that nobody may change. It is odd, so that the output is
// aligned to no more than one element.
const canary = 67

// RunGuarded runs a plan of p on src, with any batch up to p's. The output is a new tensor of NaNs between canaries:
// known values that the plan must not change. If it changed one, RunGuarded returns the output with a [*GuardError].
// With any other error there is no output.
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

// Differ returns the first index at which the bits of two slices differ, or −1 if they are equal. If one slice is a
// prefix of the other, it returns the length of the shorter one.
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
