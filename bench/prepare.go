package bench

import (
	"math"

	"gpuconv/conv"
)

// prepared is a case with its tensors.
type prepared struct {
	Case
	src, dst, weight *conv.Tensor
	bias             []float32
	check            *check
}

// prepare gives a case its data, and lets the judge compute its outputs. Its images, weights and biases are its own or
// random numbers.
func (w *running) prepare(c Case) (*prepared, error) {
	p := &prepared{Case: c}
	shape, err := c.Problem.Dst()
	if err != nil {
		return nil, err
	}
	p.dst = w.outputs.tensor(shape)
	if p.Data != nil {
		p.src, p.weight, p.bias = p.Data.Src, p.Data.Weight, p.Data.Bias
	} else {
		p.src = w.images.tensor(c.Problem.Src)
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

// pool is memory that all cases share. A part is filled when a case needs it, because filling all takes seconds for the
// largest case.
type pool struct {
	data   []float32
	filled int
	fill   func([]float32)
}

func newPool(bytes float64, fill func([]float32)) pool {
	return pool{data: make([]float32, int(bytes/4)), fill: fill}
}

// tensor returns a tensor in the pool, which was made for shapes that are as large.
func (p *pool) tensor(shape conv.Shape) *conv.Tensor {
	n, _ := shape.Len()
	if n > p.filled {
		p.fill(p.data[p.filled:n])
		p.filled = n
	}
	return &conv.Tensor{Shape: shape, Data: p.data[:n:n]}
}
