package simd

import "fmt"

// MaxFilters is the largest number of filters of a tile.
const MaxFilters = 6

// maxVectors is the largest width of a tile in registers, for any number of filters.
const maxVectors = 8

// Tile is the work of one call: Tiles tiles, each of some filters × columns sums. For f filters and w columns, which
// fill (w+Back)/[Kernels.Lanes] registers, [Kernels.Run] equals
//
//	for n := range Tiles {
//		dst, x := Dst[n*DstStep:], X[n*XStep:]
//		for k := range f {
//			for j := range w {
//				sum := Bias[k] // dst[k*Plane+j] with Accumulate
//				for t, offset := range Taps.offsets {
//					sum += Weight[t*f+k] * x[offset+j]
//				}
//				if Flags&ReLU != 0 && sum < 0 {
//					sum = 0
//				}
//				dst[k*Plane+j] = sum
//			}
//		}
//	}
//
// If the instruction set has FMA, a product and its addition are rounded together, once. The taps are added in their
// order, whatever f and w are.
type Tile struct {
	Dst    []float32
	X      []float32
	Weight []float32 // [taps][f]
	Bias   []float32 // [f], not read with Accumulate
	Taps
	Plane          int // floats between the sums of two filters
	Tiles          int // at least 1
	DstStep, XStep int // floats between two tiles
	Flags          Flags
	Back           int // by how many columns the last of several registers overlaps the one before it, less than Lanes
}

// Flags say what a tile does besides adding products.
type Flags uint

const (
	Accumulate Flags = 1 << iota // start from the values in Dst instead of the bias
	ReLU                         // replace negative sums by 0; NaN stays NaN
)

// Taps are the positions of the inputs of one sum, relative to its column in X: sum j reads x[offset+j] of each tap.
type Taps struct {
	offsets []int
	reach   int // 1 + the largest offset
}

// NewTaps returns taps with these offsets. It keeps the slice. There must be at least one offset; NewTaps panics if one
// is negative.
func NewTaps(offsets []int) Taps {
	t := Taps{offsets: offsets}
	for _, o := range offsets {
		if o < 0 {
			panic(fmt.Sprintf("simd: offset %d is negative", o))
		}
		t.reach = max(t.reach, o+1)
	}
	return t
}

// Len returns how many taps there are.
func (t Taps) Len() int { return len(t.offsets) }

// Reach returns 1 + the largest offset.
func (t Taps) Reach() int { return t.reach }

// Slice returns the taps lo ≤ i < hi of t. The reach stays that of all taps.
func (t Taps) Slice(lo, hi int) Taps { return Taps{t.offsets[lo:hi], t.reach} }

// tileTable holds kernels by number of filters and width in registers.
type tileTable [MaxFilters + 1][maxVectors + 1]func(*Tile)

// Kernels are the kernels of one instruction set.
type Kernels struct {
	ISA   ISA
	Lanes int // floats in a register

	tiles      tileTable
	patches    func(*Patches)
	products   func(*Products)
	magnitudes func(*Magnitudes)
	columns    func(*Columns)
	squares    func(*Columns)
	extremes   func(*Extremes)
	deals      [maxDealt + 1]func(*Deal) // by number of phases; nil where plain Go deals
	slides     slideTable
	pairs      func(*Slide) // nil where slides compute single rows only
	probe      func(rounds *int)
}

// Vectors returns the largest width, in registers, of a tile with this many filters.
func (k *Kernels) Vectors(filters int) int {
	n := 0
	for n < maxVectors && k.tiles[filters][n+1] != nil {
		n++
	}
	return n
}

// Run computes t's tiles, each of filters × (vectors·Lanes−Back) sums. It panics if t has no tiles or no taps, reaches
// beyond one of its slices, or has a Back that does not fit.
func (k *Kernels) Run(filters, vectors int, t *Tile) {
	width, last := vectors*k.Lanes-t.Back, t.Tiles-1
	if last < 0 || len(t.offsets) == 0 {
		panic("simd: no tiles or no taps")
	}
	if t.Back < 0 || t.Back >= k.Lanes || t.Back > 0 && vectors == 1 {
		panic("simd: the last register overlaps too much")
	}
	_ = t.Dst[last*t.DstStep+(filters-1)*t.Plane+width-1]
	_ = t.X[last*t.XStep+t.reach-1+width-1]
	_ = t.Weight[len(t.offsets)*filters-1]
	if t.Flags&Accumulate == 0 {
		_ = t.Bias[filters-1]
	}
	k.tiles[filters][vectors](t)
}

// probeSums is how many registers the probe adds to in each round.
const probeSums = 12

// Probe does this many rounds of multiply-adds on registers alone, and returns the number of floating-point operations:
// 2 for each multiply-add.
func (k *Kernels) Probe(rounds int) float64 {
	if rounds < 1 {
		return 0
	}
	k.probe(&rounds)
	return 2 * float64(rounds) * float64(probeSums*k.Lanes)
}
