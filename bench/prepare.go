package bench

import (
	"math"

	"gpuconv/conv"
)

type prepared struct {
	Case
	src, dst, weight *conv.Tensor
	bias             []float32
	check            *check
	entries          []*entry // on the subjects on which it was tried, in their order
}

// prepare gives a case its data, and lets the judge compute its outputs. Its images, weights and biases are its own or
// random numbers.
func (w *running) prepare(c Case) (*prepared, error) {
	p := &prepared{Case: c}
	shape, err := c.Problem.Dst()
	if err != nil {
		return nil, err
	}
	p.dst = view(w.outputs, shape)
	if p.Data != nil {
		p.src, p.weight, p.bias = p.Data.Src, p.Data.Weight, p.Data.Bias
	} else {
		p.src = view(w.images, c.Problem.Src)
		if n := len(p.src.Data); n > w.filled {
			w.fill(p.src.Data[w.filled:])
			w.filled = n
		}
		if p.weight, err = conv.NewTensor(c.Problem.Weight); err != nil {
			return nil, err
		}
		w.fill(p.weight.Data)
		if c.Problem.Bias {
			p.bias = make([]float32, c.Problem.Weight[0])
			w.fill(p.bias)
		}
	}
	p.check, err = newCheck(w.Judge, p, w.rand)
	return p, err
}

// fill fills values with random numbers from −1 to 1.
func (w *running) fill(values []float32) {
	for i := range values {
		values[i] = 2*w.rand.Float32() - 1
	}
}

// poison fills values with NaN, so that outputs that a run does not write are found.
func poison(values []float32) {
	for i := range values {
		values[i] = float32(math.NaN())
	}
}

// view returns a tensor of this shape whose elements are the first ones of memory, which has at least as many.
func view(memory []float32, shape conv.Shape) *conv.Tensor {
	n, _ := shape.Len()
	return &conv.Tensor{Shape: shape, Data: memory[:n:n]}
}
