package experiment

import (
	"context"

	"gpuconv/batch"
	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// WrongError says that a backend's activations differ from the float64 reference's by more than rounding explains.
type WrongError struct{ Result compare.Result }

// Error says how many are wrong, and which is the worst.
func (e *WrongError) Error() string {
	return "experiment: the backend disagrees with the float64 reference: " + e.Result.String()
}

// checker compares some of a job's images with the float64 reference.
type checker struct {
	problem conv.Problem
	weight  *conv.Tensor
	wanted  batch.Spread // the numbers, in the whole job, of the images to judge
	group   int          // how many images are judged at once, at most

	description conv.Description // of the plan that is judged

	images int // judged so far
	result compare.Result
}

// judgeBytes is how many bytes of activations are judged at once, on all cores; a single larger image is judged alone.
// The judge takes four times as many bytes: for each activation of 4 bytes a float64 value, and the float64 sum of the
// magnitudes of its terms.
const judgeBytes = 4 << 20

// judged returns how many images the checker judges at once, at most. p's batch is a portion of the images.
func judged(p conv.Problem) int {
	dst, err := p.Dst()
	if err != nil {
		return 1
	}
	return max(1, min(p.Src.N(), int(judgeBytes/dst.Image().Bytes())))
}

func newChecker(on Prepared, weight *conv.Tensor, wanted batch.Spread) *checker {
	c := &checker{problem: on.Problem, weight: weight, wanted: wanted, group: judged(on.Problem)}
	if d, ok := on.Plan.(conv.Describer); ok {
		c.description = d.Describe()
	}
	return c
}

// look judges those images of a portion that are in wanted. first is the number of the portion's first image.
func (c *checker) look(ctx context.Context, first int, src, dst *conv.Tensor) error {
	for lo := 0; lo < src.Shape.N(); {
		hi := lo
		for hi < src.Shape.N() && hi-lo < c.group && c.wanted.Holds(first+hi) {
			hi++
		}
		if hi == lo {
			lo++
			continue
		}
		if err := c.judge(ctx, first+lo, src.Images(lo, hi), dst.Images(lo, hi)); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

func (c *checker) judge(ctx context.Context, first int, src, dst *conv.Tensor) error {
	var result compare.Result
	asked := compare.Case{Name: "images", Problem: c.problem, Src: src, Weight: c.weight}
	err := batch.Await(ctx, func() (err error) {
		answer, err := compare.NewAnswer(cpu.Reference{}, asked)
		if err == nil {
			result, err = answer.Compare(dst, c.description)
		}
		return err
	})
	if err != nil {
		return err
	}
	c.result.Merge(result, first)
	c.images += src.Shape.N()
	return nil
}

// verdict returns an error if an output was wrong.
func (c *checker) verdict() error {
	if c.images > 0 && !c.result.OK() {
		return &WrongError{c.result}
	}
	return nil
}
