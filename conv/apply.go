package conv

// Apply computes one convolution: it makes a plan on backend, runs the plan and closes it. src is [N, C, H, W], weight
// is [filters, channels per group, kernel rows, kernel columns], and bias is nil or has one value per filter. The
// result is a new tensor of the shape that [Problem.Dst] returns. Errors are those of [Tensor.Check], [Problem.Dst],
// [Backend.Plan], [Plan.Run] and [Plan.Close].
//
// For several batches with the same weights, call Plan once instead: it packs the weights and compiles the shaders.
func Apply(backend Backend, spec Spec, weight *Tensor, bias []float32, src *Tensor) (*Tensor, error) {
	if err := src.Check("src"); err != nil {
		return nil, err
	}
	if err := weight.Check("weight"); err != nil {
		return nil, err
	}
	p := Problem{Src: src.Shape, Weight: weight.Shape, Bias: bias != nil, Spec: spec}
	shape, err := p.Dst()
	if err != nil {
		return nil, err
	}
	dst, err := NewTensor(shape)
	if err != nil {
		return nil, err
	}
	plan, err := Expecting(backend, p.Src.N()).Plan(p, weight, bias)
	if err != nil {
		return nil, err
	}
	err = plan.Run(dst, src)
	if closeErr := plan.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	return dst, nil
}
