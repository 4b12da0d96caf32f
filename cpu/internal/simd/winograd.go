package simd

// The transforms of Winograd's F(4×4, 3×3), after Lavin and Gray, Fast Algorithms for Convolutional Neural Networks
// (2015), section 4.3: with the points 0, ±1, ±2 and infinity,
//
//	y = Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A
//
// is a block of 4×4 outputs from a patch d of 6×6 inputs and a kernel g of 3×3.

// PatchSize is the number of elements in a transformed patch.
const PatchSize = 36

// Patches is the work of transforming [Kernels.Lanes] neighbouring patches of Count channels. The columns of the image
// are distributed over 4 phases, so that neighbouring patches have neighbouring floats. Row r, column s of patch j of
// channel c is at
//
//	Src[c·SrcStep + r·Pitch + Columns[s] + j]
//
// If d is patch j of channel c, [Kernels.TransformPatches] equals
//
//	for c := range Count {
//		for j := range Lanes {
//			for i, v := range Bᵀ d B { // of 36 elements, row by row
//				Dst[i*DstStride+c*DstStep+j] = v
//			}
//		}
//	}
type Patches struct {
	Dst, Src  []float32
	Temp      []float32 // scratch space, 36·Lanes
	Pitch     int       // floats between rows
	Columns   [6]int    // where the columns of a patch begin
	SrcStep   int       // floats between channels of Src
	DstStride int       // floats between elements of a patch
	DstStep   int       // floats between channels of Dst
	Count     int       // number of channels, at least 1
}

// Products is the work of transforming Lanes neighbouring blocks back. With m[i] = Src[i·SrcStride + j] for i < 36,
// [Kernels.TransformProducts] equals
//
//	for j := range Lanes {
//		for i, v := range Aᵀ m A { // of 16 elements, row by row
//			v += Bias
//			Check[j] += 0 * v      // starting from 0: not 0 if some v is not finite
//			if Flags&ReLU != 0 && v < 0 {
//				v = 0
//			}
//			Dst[(i/4*Lanes+j)*4+i%4] = v
//		}
//	}
type Products struct {
	Dst, Src  []float32
	Temp      []float32 // scratch space, 24·Lanes
	Check     []float32 // Lanes
	SrcStride int       // floats between elements of a patch
	Bias      float32
	Flags     Flags
}

// TransformPatches transforms patches. It panics if p reaches beyond one of its slices.
func (k *Kernels) TransformPatches(p *Patches) {
	last := p.Count - 1
	for _, column := range p.Columns {
		_ = p.Src[last*p.SrcStep+5*p.Pitch+column+k.Lanes-1]
	}
	_ = p.Dst[(PatchSize-1)*p.DstStride+last*p.DstStep+k.Lanes-1]
	_ = p.Temp[PatchSize*k.Lanes-1]
	k.patches(p)
}

// TransformProducts transforms sums of products back. It panics if p reaches beyond one of its slices.
func (k *Kernels) TransformProducts(p *Products) {
	_ = p.Src[(PatchSize-1)*p.SrcStride+k.Lanes-1]
	_ = p.Dst[16*k.Lanes-1]
	_ = p.Temp[24*k.Lanes-1]
	_ = p.Check[k.Lanes-1]
	k.products(p)
}

// patchesGeneric does what TransformPatches does, in plain Go, for 4 lanes.
func patchesGeneric(p *Patches) {
	for c := range p.Count {
		for j := range 4 {
			src, dst := p.Src[c*p.SrcStep+j:], p.Dst[c*p.DstStep+j:]
			var half [6][6]float32
			for s := range 6 {
				var d [6]float32
				for r := range d {
					d[r] = src[r*p.Pitch+p.Columns[s]]
				}
				for i, v := range inputTransform(d) {
					half[i][s] = v
				}
			}
			for i, row := range half {
				for s, v := range inputTransform(row) {
					dst[(6*i+s)*p.DstStride] = v
				}
			}
		}
	}
}

// inputTransform returns Bᵀd.
func inputTransform(d [6]float32) [6]float32 {
	a, b, c, e := d[4]-4*d[2], d[3]-4*d[1], d[4]-d[2], 2*(d[3]-d[1])
	return [6]float32{4*d[0] - 5*d[2] + d[4], a + b, a - b, c + e, c - e, 4*d[1] - 5*d[3] + d[5]}
}

// productsGeneric does what TransformProducts does, in plain Go, for 4 lanes.
func productsGeneric(p *Products) {
	for j := range 4 {
		var half [4][6]float32
		for s := range 6 {
			var m [6]float32
			for i := range m {
				m[i] = p.Src[(6*i+s)*p.SrcStride+j]
			}
			for a, v := range outputTransform(m) {
				half[a][s] = v
			}
		}
		p.Check[j] = 0
		for a, row := range half {
			for b, v := range outputTransform(row) {
				v += p.Bias
				p.Check[j] += 0 * v
				if p.Flags&ReLU != 0 {
					v = rectify(v)
				}
				p.Dst[(a*4+j)*4+b] = v
			}
		}
	}
}

// outputTransform returns Aᵀm.
func outputTransform(m [6]float32) [4]float32 {
	s1, d1, s2, d2 := m[1]+m[2], m[1]-m[2], m[3]+m[4], m[3]-m[4]
	return [4]float32{m[0] + s1 + s2, d1 + 2*d2, s1 + 4*s2, d1 + 8*d2 + m[5]}
}

// TransformKernel transforms a 3×3 kernel g: it writes element i of G g Gᵀ, row by row, to dst[i·step]. It computes in
// float64.
func TransformKernel(dst []float32, step int, g *[9]float32) {
	_ = dst[(PatchSize-1)*step]
	var half [6][3]float64
	for v := range 3 {
		half[0][v], half[1][v], half[2][v], half[3][v], half[4][v], half[5][v] =
			kernelTransform(float64(g[v]), float64(g[3+v]), float64(g[6+v]))
	}
	at := 0
	for i := range half {
		row := &half[i]
		u0, u1, u2, u3, u4, u5 := kernelTransform(row[0], row[1], row[2])
		dst[at], dst[at+step], dst[at+2*step] = float32(u0), float32(u1), float32(u2)
		dst[at+3*step], dst[at+4*step], dst[at+5*step] = float32(u3), float32(u4), float32(u5)
		at += 6 * step
	}
}

// kernelTransform returns Gg. It multiplies by reciprocals, because divisions would take most of the time.
func kernelTransform(a, b, c float64) (u0, u1, u2, u3, u4, u5 float64) {
	const sixth, twelfth, twentyFourth = 1.0 / 6, 1.0 / 12, 1.0 / 24
	outer, far, near, middle := (a+c)*-sixth, (a+4*c)*twentyFourth, b*sixth, b*twelfth
	return a * 0.25, outer - near, outer + near, far + middle, far - middle, c
}
