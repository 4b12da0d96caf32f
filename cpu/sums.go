package cpu

import (
	"math"
	"sync"

	"gpuconv/cpu/internal/simd"
)

// Sums makes numbers of many values with the vector instructions of the processor: sums in float64, and largest values.
// The zero value is ready. Sums must not be used by several goroutines at a time.
//
// The order in which values are added depends only on how many there are. So all instruction sets give the same bits,
// except that one NaN may be another.
type Sums struct {
	adding  simd.Columns
	lanes   [simd.ColumnLanes]float64
	finding simd.Extremes
}

var bestKernels = sync.OnceValue(func() *simd.Kernels {
	k, _ := simd.Use(simd.Best) // every processor has it
	return k
})

// Sum returns the sum of values: 16 sums, each of every 16th value, are added up by a tree.
func (s *Sums) Sum(values []float32) float64 { return s.sum(values, false) }

// Squares returns the sum of the squares of values, in the same order. Each square is exact.
func (s *Sums) Squares(values []float32) float64 { return s.sum(values, true) }

func (s *Sums) sum(values []float32, squares bool) float64 {
	s.lanes = [simd.ColumnLanes]float64{}
	rows := len(values) / len(s.lanes)
	if rows > 0 {
		s.add(s.lanes[:], values, len(s.lanes), rows, squares)
	}
	for i, v := range values[rows*len(s.lanes):] {
		if squares {
			s.lanes[i] += float64(v) * float64(v)
		} else {
			s.lanes[i] += float64(v)
		}
	}
	for n := len(s.lanes) / 2; n > 0; n /= 2 {
		for i := range n {
			s.lanes[i] += s.lanes[i+n]
		}
	}
	return s.lanes[0]
}

// add stores in dst the sums of as many whole blocks of columns as it has room for. Rows begin step values after each
// other.
func (s *Sums) add(dst []float64, values []float32, step, rows int, squares bool) {
	s.adding = simd.Columns{Sums: dst, Src: values, Step: step, Count: rows, Blocks: len(dst) / simd.ColumnLanes,
		Squares: squares}
	bestKernels().AddColumns(&s.adding)
}

// Columns stores in dst the sums of the columns of values, each from the first row to the last. A row has as many
// values as dst has room for sums.
func (s *Sums) Columns(dst []float64, values []float32) {
	columns := len(dst)
	if len(values) < columns || columns < simd.ColumnLanes {
		clear(dst)
		for ; columns > 0 && len(values) >= columns; values = values[columns:] {
			for i, v := range values[:columns] {
				dst[i] += float64(v)
			}
		}
		return
	}
	rows := len(values) / columns
	s.add(dst, values, columns, rows, false)
	if columns%simd.ColumnLanes != 0 { // some columns are added up again, to the same sums
		last := columns - simd.ColumnLanes
		s.add(dst[last:], values[last:], columns, rows, false)
	}
}

// Largest returns the largest value, or NaN if one is NaN. 0 is larger than −0. It returns −∞ if there are no values.
func (s *Sums) Largest(values []float32) float32 {
	largest, nan := float32(math.Inf(-1)), uint32(0)
	blocks := len(values) / simd.ExtremeLanes
	if blocks > 0 {
		f := &s.finding
		if f.Largest == nil {
			f.Largest, f.NaN = make([]float32, simd.ExtremeLanes), make([]uint32, simd.ExtremeLanes/2)
		}
		f.Src, f.Blocks = values, blocks
		bestKernels().FindExtremes(f)
		for _, v := range f.Largest {
			largest = max(largest, v)
		}
		for _, word := range f.NaN {
			nan |= word
		}
	}
	for _, v := range values[blocks*simd.ExtremeLanes:] {
		largest = max(largest, v)
	}
	switch {
	case nan != 0 || largest != largest:
		return float32(math.NaN())
	case largest == 0: // the kernel takes 0 and −0 for equal
		return zeroOf(values)
	}
	return largest
}

// zeroOf returns 0 if it is among values, otherwise −0.
func zeroOf(values []float32) float32 {
	for _, v := range values {
		if math.Float32bits(v) == 0 {
			return 0
		}
	}
	return float32(math.Copysign(0, -1))
}
