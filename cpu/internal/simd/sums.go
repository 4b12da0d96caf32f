package simd

import "math"

// ColumnLanes is how many columns are in a block of [Columns].
const ColumnLanes = 16

// Columns is the work of adding up columns of numbers, or their squares, in float64. [Kernels.AddColumns] equals
//
//	for i := range Blocks * ColumnLanes {
//		Sums[i] = 0
//		for c := range Count {
//			v := float64(Src[c*Step+i])
//			Sums[i] += v // with Squares v*v, which is exact
//		}
//	}
//
// All instruction sets give the same bits, except those of NaN.
type Columns struct {
	Sums    []float64
	Src     []float32
	Step    int // floats between rows
	Count   int // of rows, at least 1
	Blocks  int // at least 1
	Squares bool
}

// AddColumns adds up columns. It panics if c reaches beyond one of its slices.
func (k *Kernels) AddColumns(c *Columns) {
	if c.Count < 1 || c.Blocks < 1 || c.Step < 0 {
		panic("simd: no rows or no columns")
	}
	columns := c.Blocks * ColumnLanes
	_ = c.Sums[columns-1]
	_ = c.Src[(c.Count-1)*c.Step+columns-1]
	if c.Squares {
		k.squares(c)
		return
	}
	k.columns(c)
}

// columnsGeneric and squaresGeneric do what AddColumns does, in plain Go, 4 columns at a time.
func columnsGeneric(c *Columns) {
	for j := 0; j < c.Blocks*ColumnLanes; j += 4 {
		var s0, s1, s2, s3 float64
		for i := range c.Count {
			v := (*[4]float32)(c.Src[i*c.Step+j:])
			s0, s1, s2, s3 = s0+float64(v[0]), s1+float64(v[1]), s2+float64(v[2]), s3+float64(v[3])
		}
		*(*[4]float64)(c.Sums[j:]) = [4]float64{s0, s1, s2, s3}
	}
}

func squaresGeneric(c *Columns) {
	for j := 0; j < c.Blocks*ColumnLanes; j += 4 {
		var s0, s1, s2, s3 float64
		for i := range c.Count {
			v := (*[4]float32)(c.Src[i*c.Step+j:])
			a, b, c, d := float64(v[0]), float64(v[1]), float64(v[2]), float64(v[3])
			s0, s1, s2, s3 = s0+a*a, s1+b*b, s2+c*c, s3+d*d
		}
		*(*[4]float64)(c.Sums[j:]) = [4]float64{s0, s1, s2, s3}
	}
}

// ExtremeLanes is how many numbers are in a block of [Extremes].
const ExtremeLanes = 32

// Extremes is the work of finding the largest numbers, and whether one is NaN. [Kernels.FindExtremes] equals
//
//	for i := range ExtremeLanes {
//		Largest[i] = −∞
//		for b := range Blocks {
//			if v := Src[b*ExtremeLanes+i]; v > Largest[i] {
//				Largest[i] = v
//			}
//		}
//	}
//
// and stores in NaN, which has ExtremeLanes/2 words, whether there is a NaN: then one of the words is not 0.
type Extremes struct {
	Largest []float32
	NaN     []uint32
	Src     []float32
	Blocks  int // at least 1
}

// FindExtremes finds the largest numbers. It panics if e reaches beyond one of its slices.
func (k *Kernels) FindExtremes(e *Extremes) {
	if e.Blocks < 1 {
		panic("simd: no numbers")
	}
	_ = e.Largest[ExtremeLanes-1]
	_ = e.NaN[ExtremeLanes/2-1]
	_ = e.Src[e.Blocks*ExtremeLanes-1]
	k.extremes(e)
}

func extremesGeneric(e *Extremes) {
	for i := range ExtremeLanes {
		e.Largest[i] = float32(math.Inf(-1))
	}
	clear(e.NaN[:ExtremeLanes/2])
	for b := range e.Blocks {
		block := (*[ExtremeLanes]float32)(e.Src[b*ExtremeLanes:])
		for i, v := range block {
			if v > e.Largest[i] {
				e.Largest[i] = v
			}
			if v != v {
				e.NaN[0] = 1
			}
		}
	}
}
