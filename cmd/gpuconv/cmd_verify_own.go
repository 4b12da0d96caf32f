package main

import (
	"context"
	"fmt"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/verify"
)

// ownCase reads the user's images and weights.
func (f *verifyFlags) ownCase(ctx context.Context) (verify.Case, error) {
	images, seen, err := f.own.inputs.openImages(ctx, f.own.input)
	if err != nil {
		return verify.Case{}, err
	}
	defer images.Close()
	shape := images.Shape()
	if shape.N() < 1 {
		return verify.Case{}, refused("input", f.own.input, fmt.Errorf("shape %v: want at least one image", shape))
	}
	l, err := f.own.layer(ctx, shape)
	if err != nil {
		return verify.Case{}, err
	}
	dst, err := l.problem.Dst() // all images at once: portions are for files
	if err != nil {
		return verify.Case{}, usage(plain(err))
	}
	// There are three fillings. Each has its inputs, two outputs, and two float64 of the judge for each output.
	if err := checkMemory(fmt.Sprintf("verifying images of %v to %v", shape, dst),
		3*(shape.Bytes()+6*dst.Bytes())); err != nil {
		return verify.Case{}, err
	}
	src, err := conv.NewTensor(shape)
	if err != nil {
		return verify.Case{}, err
	}
	if err := images.Draw(src, 0); err != nil {
		return verify.Case{}, err
	}
	seen()
	name := fault.Printable(f.own.input) + " with " + fault.Printable(f.own.weight)
	return verify.Given(compare.Case{Name: name, Problem: l.problem, Src: src, Weight: l.weight, Bias: l.bias}), nil
}
