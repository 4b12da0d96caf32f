package simd

// Magnitudes is the work of adding up |v| and v² over Count channels, for each of Vectors·Lanes positions.
// [Kernels.AddMagnitudes] equals
//
//	for i := range Vectors * Lanes {
//		Sums[i], Squares[i] = 0, 0
//		for c := range Count {
//			v := Src[c*SrcStep+i]
//			Sums[i] += |v|
//			Squares[i] += v * v
//		}
//	}
//
// If the instruction set has FMA, a square and its addition are rounded together, once.
type Magnitudes struct {
	Sums, Squares []float32
	Src           []float32
	SrcStep       int // floats between channels
	Count         int // of channels, at least 1
	Vectors       int
}

// AddMagnitudes adds up magnitudes. It panics if m reaches beyond one of its slices.
func (k *Kernels) AddMagnitudes(m *Magnitudes) {
	n := m.Vectors * k.Lanes
	if n == 0 {
		return
	}
	_ = m.Sums[n-1]
	_ = m.Squares[n-1]
	_ = m.Src[(m.Count-1)*m.SrcStep+n-1]
	k.magnitudes(m)
}

// magnitudesGeneric does what AddMagnitudes does, in plain Go, for 4 lanes.
func magnitudesGeneric(m *Magnitudes) {
	n := 4 * m.Vectors
	sums, squares := m.Sums[:n], m.Squares[:n]
	clear(sums)
	clear(squares)
	for c := range m.Count {
		for i, v := range m.Src[c*m.SrcStep:][:n] {
			sums[i] += max(v, -v)
			squares[i] += v * v
		}
	}
}
