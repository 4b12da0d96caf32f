package main

import (
	"fmt"

	"gpuconv/compare"
	"gpuconv/verify"
)

// ownCase reads the user's images and weights.
func (f *verifyFlags) ownCase() (verify.Case, error) {
	images, err := openImages(f.own.input)
	if err != nil {
		return verify.Case{}, err
	}
	defer images.Close()
	shape := images.Shape()
	if shape.N() < 1 {
		return verify.Case{}, refused("input", f.own.input, fmt.Errorf("shape %v: want at least one image", shape))
	}
	l, err := f.own.layer(shape)
	if err != nil {
		return verify.Case{}, err
	}
	dst, err := l.problem.Dst() // all images at once: portions are for files
	if err != nil {
		return verify.Case{}, usage(plain(err))
	}
	// Three fillings, each with its inputs, two outputs and the judge's two float64 a pixel.
	if err := checkMemory(fmt.Sprintf("verifying images of %v to %v", shape, dst), 3*(shape.Bytes()+6*dst.Bytes())); err != nil {
		return verify.Case{}, err
	}
	src, err := compare.Random("own", l.problem) // the shape of it
	if err != nil {
		return verify.Case{}, err
	}
	if err := images.Draw(src.Src, 0); err != nil {
		return verify.Case{}, err
	}
	name := f.own.input + " with " + f.own.weight
	return verify.Given(compare.Case{Name: name, Problem: l.problem, Src: src.Src, Weight: l.weight, Bias: l.bias}), nil
}
