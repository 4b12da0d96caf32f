package compare

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// truth is what the judge computes for a case. want and magnitude have one value per output.
type truth struct {
	shape     conv.Shape
	want      []float64
	magnitude []float64 // A of each output, see [conv.Oracle]
	bound     bound
	largest   float64 // largest finite |want|
	sums      float64 // largest finite A
	scale     float64 // the scale of the errors of transforms, see transformScale
}

// newTruth has a judge compute c. Each of the judge's plans must be a [conv.Oracle].
func newTruth(judge conv.Backend, c Case) (*truth, error) {
	plan, err := judge.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	defer plan.Close()
	oracle, ok := plan.(conv.Oracle)
	if !ok {
		return nil, fmt.Errorf("judge: its plan is not a conv.Oracle")
	}
	shape, err := c.Problem.Dst()
	if err != nil {
		return nil, err
	}
	shape[0] = c.Src.Shape.N()
	n, err := shape.Len()
	if err != nil {
		return nil, err
	}
	t := &truth{shape: shape, want: make([]float64, n), magnitude: make([]float64, n), bound: newBound(c)}
	if err := oracle.RunFloat64(t.want, t.magnitude, c.Src); err != nil {
		return nil, err
	}
	for i, want := range t.want {
		t.largest = max(t.largest, finiteMagnitude(want))
		t.sums = max(t.sums, finiteMagnitude(t.magnitude[i]))
	}
	t.scale = transformScale(c, t.largest)
	return t, nil
}

func finiteMagnitude(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return math.Abs(v)
}

// compare compares got with the truth, within the error bound that d states.
func (t *truth) compare(got *conv.Tensor, d conv.Description) Result {
	return t.compareWithin(got, t.bound.of(d, t.scale))
}

// compareWithin compares got with the truth, within the error bound b.
func (t *truth) compareWithin(got *conv.Tensor, b bound) Result {
	result := Result{Elements: len(got.Data), Largest: t.largest}
	squares := 0.0
	for i, g := range got.Data {
		result.add(verdict{at: i, got: g, want: t.want[i], limit: b.limit(t.magnitude[i]),
			probable: b.probable(t.magnitude[i])})
		e := finiteMagnitude(float64(g) - t.want[i])
		squares += e * e
	}
	if t.largest > 0 {
		result.RMS = math.Sqrt(squares/float64(len(got.Data))) / t.largest
	}
	result.locate(t.shape)
	return result
}
