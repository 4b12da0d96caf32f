package compare_test

import (
	"math"
	"slices"
	"unsafe"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// altered is a backend that computes as the engine does, except for one thing.
type altered struct {
	// plan may change what is planned. It gets copies.
	plan func(p *conv.Problem, w *conv.Tensor, b []float32)
	// before gets a copy of src, and may change it. after may change the output.
	before func(src *conv.Tensor)
	after  func(dst, src *conv.Tensor)
	// around gets the caller's own tensors and the number of the run.
	around      func(dst, src *conv.Tensor, run int)
	description conv.Description
}

func (a altered) Plan(p conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	w, b = &conv.Tensor{Shape: w.Shape, Data: slices.Clone(w.Data)}, slices.Clone(b)
	if a.plan != nil {
		a.plan(&p, w, b)
	}
	plan, err := cpu.Engine{}.Plan(p, w, b)
	return &alteredPlan{altered: a, Plan: plan}, err
}

type alteredPlan struct {
	altered
	conv.Plan
	runs int
}

func (a *alteredPlan) Describe() conv.Description { return a.description }

func (a *alteredPlan) Run(dst, src *conv.Tensor) error {
	mine := &conv.Tensor{Shape: src.Shape, Data: slices.Clone(src.Data)}
	if a.before != nil {
		a.before(mine)
	}
	if err := a.Plan.Run(dst, mine); err != nil {
		return err
	}
	if a.after != nil {
		a.after(dst, src)
	}
	a.runs++
	if a.around != nil {
		a.around(dst, src, a.runs)
	}
	return nil
}

// poke writes an element outside dst, at an index relative to dst's first element, like an engine with a wrong index.
func poke(dst *conv.Tensor, at int) {
	*(*float32)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(dst.Data)), 4*at)) = 7
}

func rounded(bits int) func(values []float32) {
	return func(values []float32) {
		for i, v := range values {
			values[i] = shortened(v, bits)
		}
	}
}

// shortened rounds to the given number of bits after the leading one. Ties are rounded away from zero. float16 and TF32
// have 10 such bits.
func shortened(v float32, bits int) float32 {
	if v == 0 || v != v {
		return v
	}
	fraction, exponent := math.Frexp(float64(v))
	scale := math.Ldexp(1, bits+1)
	return float32(math.Ldexp(math.Round(fraction*scale)/scale, exponent))
}

// trace adds a multiple of an image's brightest pixel to all of its outputs that are not 0, as a transform of the whole
// image does.
func trace(part float64) func(dst, src *conv.Tensor) {
	return func(dst, src *conv.Tensor) {
		for n := range src.Shape.N() {
			largest := 0.0
			for _, v := range src.Images(n, n+1).Data {
				largest = max(largest, math.Abs(float64(v)))
			}
			image := dst.Images(n, n+1).Data
			for i, v := range image {
				if v != 0 {
					image[i] += float32(part * largest)
				}
			}
		}
	}
}

// failing reports an error from Plan or Run.
type failing struct {
	conv.Backend
	plan, run error
}

func (f failing) Plan(p conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	if f.plan != nil {
		return nil, f.plan
	}
	plan, err := f.Backend.Plan(p, w, b)
	return failingPlan{plan, f.run}, err
}

type failingPlan struct {
	conv.Plan
	err error
}

func (f failingPlan) Run(_, _ *conv.Tensor) error { return f.err }
