package simd

// genericKernels returns the kernels in plain Go. Their "register" is 4 floats, for which each weight is loaded once.
// With 8 floats, amd64's 16 registers would spill.
func genericKernels() *Kernels {
	k := &Kernels{ISA: Generic, Lanes: 4, patches: patchesGeneric, products: productsGeneric,
		magnitudes: magnitudesGeneric, columns: columnsGeneric, squares: squaresGeneric, extremes: extremesGeneric,
		probe: probeGeneric}
	for filters := 1; filters <= MaxFilters; filters++ {
		k.tiles[filters][1] = func(t *Tile) { tileGeneric(t, filters) }
	}
	return k
}

func tileGeneric(t *Tile, filters int) {
	for n := range t.Tiles {
		x := t.X[n*t.XStep:]
		for f := range filters {
			dst := t.Dst[n*t.DstStep+f*t.Plane:][:4]
			t.sumGeneric(dst, x, f, filters)
		}
	}
}

// sumGeneric computes 4 sums of filter f.
func (t *Tile) sumGeneric(dst, x []float32, f, filters int) {
	s0, s1, s2, s3 := dst[0], dst[1], dst[2], dst[3]
	if t.Flags&Accumulate == 0 {
		s0 = t.Bias[f]
		s1, s2, s3 = s0, s0, s0
	}
	weight := t.Weight[f:]
	for i, offset := range t.offsets {
		w, row := weight[i*filters], x[offset:][:4]
		s0 += w * row[0]
		s1 += w * row[1]
		s2 += w * row[2]
		s3 += w * row[3]
	}
	if t.Flags&ReLU != 0 {
		s0, s1, s2, s3 = rectify(s0), rectify(s1), rectify(s2), rectify(s3)
	}
	dst[0], dst[1], dst[2], dst[3] = s0, s1, s2, s3
}

// rectify replaces a negative value by 0 and keeps NaN.
func rectify(v float32) float32 {
	if v < 0 {
		return 0
	}
	return v
}

// probeGeneric does as much work as *rounds rounds with probeSums "registers" of 4 floats. It uses only as many sums as
// fit into registers.
func probeGeneric(rounds *int) {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32 = 0, 1, 2, 3, 4, 5, 6, 7 // equal sums would be computed only once
	factor := 1 / float32(*rounds)                                      // not a constant, and no sum overflows
	for range *rounds * probeSums * 4 / 8 {
		s0 += factor * s0
		s1 += factor * s1
		s2 += factor * s2
		s3 += factor * s3
		s4 += factor * s4
		s5 += factor * s5
		s6 += factor * s6
		s7 += factor * s7
	}
	if s0+s1+s2+s3+s4+s5+s6+s7 > 1e30 { // otherwise the compiler would drop the sums
		*rounds = 0
	}
}
