package main

import (
	"context"
	"fmt"
	"slices"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/verify"
)

// ownCase reads the user's images and weights.
func (f *verifyFlags) ownCase(ctx context.Context) (verify.Case, error) {
	c, err := f.own.given(ctx, f.judgeOwn)
	if err != nil {
		return verify.Case{}, err
	}
	return verify.Given(c), nil
}

// given reads all images, weights and biases of the flags. Before it reads the images, judge may refuse the problem;
// bytes is what reading them takes in addition to the images themselves.
func (f *convFlags) given(ctx context.Context, judge func(p conv.Problem, bytes float64) error) (compare.Case, error) {
	images, err := f.openImages(ctx)
	if err != nil {
		return compare.Case{}, err
	}
	defer images.Close()
	shape := images.Shape()
	if shape.N() < 1 {
		return compare.Case{}, refused("input", f.input, fmt.Errorf("shape %v: want at least one image", shape))
	}
	l, err := f.layer(ctx, shape, func(p conv.Problem) error { return judge(p, images.memory) })
	if err != nil {
		return compare.Case{}, err
	}
	if err := images.check(); err != nil {
		return compare.Case{}, err
	}
	src, err := conv.NewTensor(shape)
	if err != nil {
		return compare.Case{}, err
	}
	if err := images.Draw(src, 0); err != nil {
		return compare.Case{}, err
	}
	images.seen()
	return compare.Case{Name: fault.Printable(f.input) + " with " + fault.Printable(f.weight), Problem: l.problem,
		Src: src, Weight: l.weight, Bias: l.bias}, nil
}

// judgeOwn refuses a problem that is not valid or does not fit in memory. bytes is what reading the images takes in
// addition to them.
func (f *verifyFlags) judgeOwn(p conv.Problem, bytes float64) error {
	dst, err := p.Dst()
	if err != nil {
		return usage(plain(err))
	}
	return reserve(fmt.Sprintf("verifying images of %v to %v", p.Src, dst), bytes+f.ownMemory(p, dst))
}

// ownMemory estimates the bytes that verifying a valid problem takes. All images are convolved at once, not in
// portions. compare.Trial has memory for all images three times, with different numbers, and for up to twenty images
// with outliers. Each image of these takes its pixels, two outputs in float32, and from the reference two numbers in
// float64 for each output. There are up to two plans at a time, made for any number of images.
func (f *verifyFlags) ownMemory(p conv.Problem, dst conv.Shape) float64 {
	extra := 0.0
	if slices.Contains(f.names(), "cpu") {
		engine := backendFlags{backend: "cpu", deviceFlags: deviceFlags{precision: f.precision}}
		extra = engine.planExtra(0, p, (copies-1)*p.Weight.Bytes())
	}
	return (3+20/float64(p.Src.N()))*(p.Src.Bytes()+6*dst.Bytes()) + 2*(copies*p.Weight.Bytes()+extra)
}
