package autotune

import (
	"slices"

	"gpuconv/compare"
	"gpuconv/conv"
)

// course is the task that all ways of a race compute, with the right answer.
type course struct {
	backend  conv.Chooser
	problem  conv.Problem
	src, dst *conv.Tensor
	weight   *conv.Tensor
	bias     []float32
	answer   *compare.Answer
	distinct int // how many images of src are distinct; the others repeat them
}

// Bounds of the number of distinct images. The judge should need about judgedMACs multiply-accumulates for all of them,
// which take seconds. Their number is from fewest to most, unless the batch is smaller. Small problems get the largest
// number. It is a prime, so that images do not repeat with the period of a tile.
const (
	judgedMACs = 1 << 28
	fewest     = 2
	most       = 7
)

// lay makes random images and weights, and has the judge compute the answer for the distinct images.
func (r Race) lay() (*course, error) {
	p, n := r.Problem, r.Problem.Src.N()
	distinct := min(n, max(fewest, int(min(most, judgedMACs*float64(n)/p.MACs()))))
	few := p
	few.Src = p.Src.WithN(distinct)
	c, err := compare.Random("autotune", few)
	if err != nil {
		return nil, err
	}
	answer, err := compare.NewAnswer(r.Judge, c)
	if err != nil {
		return nil, err
	}
	shape, err := p.Dst()
	if err != nil {
		return nil, err
	}
	laid := &course{backend: r.Backend, problem: p, weight: c.Weight, bias: c.Bias, answer: answer, distinct: distinct}
	if laid.src, err = conv.NewTensor(p.Src); err != nil {
		return nil, err
	}
	if laid.dst, err = conv.NewTensor(shape); err != nil {
		return nil, err
	}
	for at := 0; at < len(laid.src.Data); at += len(c.Src.Data) {
		copy(laid.src.Data[at:], c.Src.Data)
	}
	return laid, nil
}

// judge compares dst with the answer. It skips repeated images whose outputs equal those of the first ones.
func (c *course) judge(dst *conv.Tensor, d conv.Description) (compare.Result, error) {
	first := dst.Images(0, c.distinct)
	all, err := c.answer.Compare(first, d)
	for lo := c.distinct; lo < dst.Shape.N() && err == nil; lo += c.distinct {
		again := dst.Images(lo, min(lo+c.distinct, dst.Shape.N()))
		if slices.Equal(again.Data, first.Data[:len(again.Data)]) {
			continue
		}
		var result compare.Result
		if result, err = c.answer.Compare(again, d); err == nil {
			all.Merge(result, lo)
		}
	}
	return all, err
}
