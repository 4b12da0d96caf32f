package conv

// Parameters returns the number of weights and biases of a valid problem.
func (p Problem) Parameters() float64 {
	count := product(p.Weight[:]...)
	if p.Bias {
		count += float64(p.Weight[0])
	}
	return count
}

// FullyConnected returns the number of weights, without biases, of the fully
// connected layer from the same image to the same sums: (C·H·W of Src) × (filters
// · rows · columns of the sums). p must be valid.
func (p Problem) FullyConnected() float64 {
	sums, err := p.Sums()
	if err != nil {
		return 0
	}
	return product(p.Src[1:]...) * product(sums[1:]...)
}

// Bytes returns the compulsory traffic of a valid problem: src, weights, biases
// and dst once each, in float32.
func (p Problem) Bytes() float64 {
	dst, err := p.Dst()
	if err != nil {
		return 0
	}
	return 4 * (product(p.Src[:]...) + p.Parameters() + product(dst[:]...))
}

// Intensity returns the floating-point operations of the direct form, 2 for each
// of [Problem.MACs], per compulsory byte.
func (p Problem) Intensity() float64 { return 2 * p.MACs() / p.Bytes() }

// product multiplies extents as float64, which no shape overflows.
func product(extents ...int) float64 {
	result := 1.0
	for _, e := range extents {
		result *= float64(e)
	}
	return result
}
