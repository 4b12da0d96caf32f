package conv

// Parameters returns the number of weights and biases of a valid problem.
func (p Problem) Parameters() float64 {
	count := product(p.Weight[:]...)
	if p.Bias {
		count += float64(p.Weight[0])
	}
	return count
}

// Bytes returns the memory traffic that no algorithm can avoid: the bytes of src, weights, biases and dst in float32,
// each counted once. It is 0 if p is invalid.
func (p Problem) Bytes() float64 {
	dst, err := p.Dst()
	if err != nil {
		return 0
	}
	return 4 * (product(p.Src[:]...) + p.Parameters() + product(dst[:]...))
}

// Intensity returns how many floating-point operations there are, two for each of [Problem.MACs], per byte of
// [Problem.Bytes]. p must be valid.
func (p Problem) Intensity() float64 { return 2 * p.MACs() / p.Bytes() }

// product multiplies extents as float64, so that it cannot overflow.
func product(extents ...int) float64 {
	result := 1.0
	for _, e := range extents {
		result *= float64(e)
	}
	return result
}
