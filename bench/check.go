package bench

import (
	"math/rand/v2"
	"slices"

	"gpuconv/compare"
	"gpuconv/conv"
)

// checkMACs is about how many multiplications the judge makes for a case. They take the float64 reference a fraction of
// a second. It makes more only if the smallest sample needs more: two images with two filters, or with all filters if
// there are groups or energy.
const checkMACs = 1e8

// mostChecked is how many images of a case are judged at most.
const mostChecked = 16

// check judges a sample of a case's outputs: some filters of some images. The first and the last of each are always
// among them.
type check struct {
	images, filters []int
	planes          []int      // channels of the outputs: one for each of the filters, or for each pair with energy
	dst             conv.Shape // of the sample
	answer          *compare.Answer
}

// newCheck chooses the sample and lets the judge compute it.
func newCheck(judge conv.Backend, c *prepared, r *rand.Rand) (*check, error) {
	p := c.Problem
	k := &check{}
	each := p.MACs() / float64(p.Src.N())
	k.images = sample(r, p.Src.N(), min(mostChecked, max(2, int(checkMACs/each))))
	k.filters = sample(r, p.Weight[0], p.Weight[0])
	// With groups, a filter's place decides which channels it reads. Energy takes filters in pairs.
	if p.Groups <= 1 && p.Activation != conv.Energy {
		k.filters = sample(r, p.Weight[0], max(2, int(checkMACs*float64(p.Weight[0])/(each*float64(len(k.images))))))
	}
	part := p
	part.Src[0], part.Weight[0] = len(k.images), len(k.filters)
	sampled := compare.Case{Name: c.Name, Problem: part}
	sampled.Src, sampled.Weight = pick(c.src, k.images), pick(c.weight, k.filters)
	if p.Bias {
		for _, f := range k.filters {
			sampled.Bias = append(sampled.Bias, c.bias[f])
		}
	}
	var err error
	if k.dst, err = part.Dst(); err != nil {
		return nil, err
	}
	if k.planes = k.filters; p.Activation == conv.Energy {
		k.planes = sample(r, k.dst.C(), k.dst.C())
	}
	k.answer, err = compare.NewAnswer(judge, sampled)
	return k, err
}

// sample chooses count of the numbers 0 … n−1 at random, in ascending order: all if count is n or more. count is at
// least 2, or n is 1. It always includes the first and the last.
func sample(r *rand.Rand, n, count int) []int {
	list := slices.Compact([]int{0, n - 1})
	for _, i := range r.Perm(max(0, n-2))[:max(0, min(n, count)-2)] {
		list = append(list, i+1)
	}
	slices.Sort(list)
	return list
}

// pick returns a tensor with copies of the images, or filters, whose numbers are in which.
func pick(from *conv.Tensor, which []int) *conv.Tensor {
	size := from.Shape[1] * from.Shape[2] * from.Shape[3]
	picked := &conv.Tensor{Shape: from.Shape.WithN(len(which)), Data: make([]float32, 0, len(which)*size)}
	for _, i := range which {
		picked.Data = append(picked.Data, from.Data[i*size:(i+1)*size]...)
	}
	return picked
}

// poison fills the sample's part of dst with NaN, so that judge finds outputs that a run does not write.
func (k *check) poison(dst *conv.Tensor) {
	for _, n := range k.images {
		for _, f := range k.planes {
			poison(dst.Plane(n, f))
		}
	}
}

// judge returns what is wrong with the sample's part of dst, or "" if nothing is wrong. d, the plan's description, has
// the tolerance of its algorithm.
func (k *check) judge(dst *conv.Tensor, d conv.Description) string {
	got := &conv.Tensor{Shape: k.dst}
	for _, n := range k.images {
		for _, f := range k.planes {
			got.Data = append(got.Data, dst.Plane(n, f)...)
		}
	}
	return k.answer.Wrong(got, d)
}
