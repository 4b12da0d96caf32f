package compare

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// Sampling judges a sample of the outputs that a backend has already computed. One goroutine at a time may use it.
type Sampling struct {
	c                Case // its Src is nil
	judge            conv.Sampler
	close            func() error
	value, magnitude []float64
}

// NewSampling prepares to judge outputs of c, whose Src is not used. The judge's plan must be a [conv.Sampler]. The
// caller must call Close.
func NewSampling(judge conv.Backend, c Case) (*Sampling, error) {
	plan, err := judge.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		return nil, inCase(c, fmt.Errorf("judge: %w", err))
	}
	sampler, ok := plan.(conv.Sampler)
	if !ok {
		plan.Close()
		return nil, inCase(c, fmt.Errorf("judge: its plan is not a conv.Sampler"))
	}
	return &Sampling{c: c, judge: sampler, close: plan.Close}, nil
}

// Close ends the judge's plan.
func (s *Sampling) Close() error { return s.close() }

// Batch judges outputs of one batch.
type Batch struct {
	s        *Sampling
	src, got *conv.Tensor
	bound    bound
	scale    float64 // what errors of transforms are proportional to
	d        conv.Description
}

// Batch returns a judge of the outputs for src, which has at most as many images as the problem. got has the outputs
// that a backend computed, and d describes the backend's plan. If d states a tolerance, one output is judged to learn
// how large outputs are: the one that is largest in got.
func (s *Sampling) Batch(src, got *conv.Tensor, d conv.Description) (*Batch, error) {
	c := s.c
	c.Src = src
	b := &Batch{s: s, src: src, got: got, bound: newBound(c), d: d}
	if d.Tolerance == 0 || len(got.Data) == 0 {
		return b, nil
	}
	var want, magnitude [1]float64
	at, _ := whereLargest(got.Data)
	if err := s.judge.SampleFloat64(want[:], magnitude[:], src, []int{at}); err != nil {
		return nil, inCase(c, err)
	}
	b.scale = transformScale(c, finiteMagnitude(want[0]))
	return b, nil
}

// Compare judges some outputs, by their indices into got.Data, within the error bound that the description states. The
// errors of transforms are compared with the largest output of the batch, as [Trial] does, or, if that is larger, with
// the brightest pixel times the largest norm of a filter's weights. So it does not matter which outputs are judged
// together. The largest output is taken to be the judge's value where the backend's is largest: an output that the
// backend got wrong cannot raise it. A wrong output is not an error; it gives a Result that is not OK. Result.Largest
// is the largest of these outputs.
func (b *Batch) Compare(outputs []int) (Result, error) {
	s := b.s
	if len(s.value) < len(outputs) {
		s.value, s.magnitude = make([]float64, len(outputs)), make([]float64, len(outputs))
	}
	want, magnitude := s.value[:len(outputs)], s.magnitude[:len(outputs)]
	if err := s.judge.SampleFloat64(want, magnitude, b.src, outputs); err != nil {
		return Result{}, inCase(s.c, err)
	}
	result, squares := Result{Elements: len(outputs)}, 0.0
	for _, v := range want {
		result.Largest = max(result.Largest, finiteMagnitude(v))
	}
	bound := b.bound.of(b.d, b.scale)
	for i, at := range outputs {
		g := b.got.Data[at]
		result.add(verdict{at: at, got: g, want: want[i], limit: bound.limit(magnitude[i]),
			probable: bound.probable(magnitude[i])})
		e := finiteMagnitude(float64(g) - want[i])
		squares += e * e
	}
	if result.Largest > 0 {
		result.RMS = math.Sqrt(squares/float64(len(outputs))) / result.Largest
	}
	result.locate(b.got.Shape)
	return result, nil
}
