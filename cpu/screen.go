package cpu

import (
	"errors"
	"math"
	"math/bits"

	"gpuconv/cpu/internal/simd"
)

// A screen decides which blocks Winograd's transforms may compute: those whose outputs all stay within
//
//	|error| ≤ winogradBound · γₙ · A,  A = Σ|x||w| + |b| over the output's own receptive field.
//
// The transforms of a block mix all pixels of its patch of 6×6, so that their errors are in proportion to the patch,
// while A is in proportion to an output's own 3×3 pixels.
//
// The error. Rounding errors are taken as independent with a mean of 0 (Higham and Mary, SIAM J. Sci. Comput. 41(5),
// 2019), of variance u²/3 each, and the terms of a sum as of random sign. The sum over C channels of an element e of
// the patch rounds at each step, and what is rounded has grown to c terms at step c. Output (3,3), whose factors are
// the largest, then has
//
//	variance = u²/3 · (C/2 + 16) · ‖w‖²/9C · E,  E = Σ spread[r]·spread[s]·x², over the patch's rows r and columns s
//
// of all channels. spread[r] is Σ aₑ²·‖gₑ‖²·bₑᵣ² over the rows e of the transforms: a of Aᵀ, g of G, b of Bᵀ (see
// package simd). TestSpread computes it from the matrices. The 16 counts the roundings of the transforms themselves,
// four on the way to each pixel's element, four on the way to each weight's, and eight on the way back. An output may
// be off by errorDeviations of these deviations.
//
// That is for channels whose terms differ in sign. If one pattern over the channels has a part of a filter, as where
// each channel has the same kernel, or weights have a mean, an image with that pattern has larger partial sums: see
// alike.
//
// The magnitude. Only S = Σ|x| and Q = Σx² of each receptive field are known. Whatever pixels have these two, and
// wherever the large ones lie, A ≥ Q/S · G(S²/Q) with, for weights |w₁| ≤ |w₂| ≤ …,
//
//	G(p) = Σᵢ (|wᵢ₊₁| − |wᵢ|) · max(0, p − √(i·p))
//
// because z = x·S/Q has Σz = Σz² = p, the i smallest weights meet at most √(i·p) of it (Cauchy and Schwarz), and the
// rest meets weights from wᵢ₊₁ on. So p says how many pixels, at least, carry the sum.
type screen struct {
	channels int
	error2   float64   // squared: the error that is allowed for, in parts of ‖w‖·√E, in units of winogradBound·γₙ
	floor    float64   // E must be larger, or something may underflow
	least    []float64 // min G(p)/‖w‖√alike of all filters, for p from 2^(i/8) on or so, see octave
}

const unit = 0x1p-24 // u of float32

const (
	// winogradBound is c of the rule.
	winogradBound = 4
	// errorDeviations is how many standard deviations an output may be off even where the large pixels of its receptive
	// field all meet the filter's smallest weights. Of errors that are spread normally one in 16,000 is more than four,
	// but pixels that meet weights by chance leave room for ten and more. What it must cover beside chance are sums
	// whose terms agree in sign. The largest error seen is 0.3 γₙ·A (TestOrdinary, TestLocalityAgainstFilters), and 2
	// of filters whose channels are alike (TestLocalityOfMeans).
	errorDeviations = 4
	// screenParts is how many sets of filters are looked at side by side.
	screenParts = 16
)

// spread is how much a squared pixel in each row, or column, of a patch counts in the error of output (3,3). Row 0,
// which that output does not see, is what it is for output (0,0); all others count no more for any other output.
var spread = [6]float64{1, 37.334, 7.334, 43.834, 4.834, 1}

// leastSquares and mostSquares are the range of E. Outside of it squares of pixels may have underflowed or overflowed.
//
// What is less than 2⁻¹²⁶ has an error of up to 2⁻¹⁵⁰, however small it is. For transformed weights that counts for
// nothing beside errors of u if the RMS of a filter's weights is leastWeight or more. Each product and each partial sum
// may be so small: an output takes 36 elements of C of them, with factors of 19² together, so that they are off by less
// than 2⁻¹³⁰ for 2,048 channels. That is a part of what error2 allows if ‖w‖²·E is leastProduct or more.
// TestTinyWeights guards both.
const (
	leastSquares = 0x1p-90
	mostSquares  = 0x1p110
	leastWeight  = 0x1p-110
	leastProduct = 0x1p-200
)

// newScreen looks at filters of 3×3, [filters][channels][9].
func newScreen(weight []float32, filters, channels int) *screen {
	s := &screen{channels: channels}
	terms := float64(9 * channels)
	allowed := winogradBound * terms * unit
	s.error2 = errorDeviations * errorDeviations * unit * unit / 3 * (float64(channels)/2 +
		16) / terms / (allowed * allowed)
	size := 9 * channels
	points := octave(terms) + 1 // p is at most n
	parts := make([]*filterBound, min(filters, screenParts))
	forEach(len(parts), func(i int) {
		parts[i] = newFilterBound(points)
		for k := i; k < filters; k += len(parts) {
			parts[i].add(weight[k*size:][:size])
		}
	})
	s.least = parts[0].least
	smallest := parts[0].squares
	for _, part := range parts[1:] {
		smallest = min(smallest, part.squares)
		for i, v := range part.least {
			s.least[i] = min(s.least[i], v)
		}
	}
	s.floor = max(leastSquares, leastProduct/smallest)
	return s
}

// octave numbers p ≥ 1: by its exponent and three bits of its mantissa.
func octave(p float64) int { return int(math.Float64bits(p)>>49) - 1023*8 }

// octaveStart is the smallest p of a number.
func octaveStart(i int) float64 { return math.Float64frombits(uint64(i+1023*8) << 49) }

// accepts reports whether an output whose receptive field has sum S and squares Q, in a patch with E = squares, is
// within the bound.
func (s *screen) accepts(sum, fieldSquares, squares float64) bool {
	if !(squares > s.floor && squares < mostSquares) { // NaN is neither
		return false
	}
	magnitude := s.magnitude(sum, fieldSquares)
	return magnitude*magnitude >= s.error2*squares
}

// magnitude is what A/‖w‖√alike of any filter is at least, see alike.
func (s *screen) magnitude(sum, squares float64) float64 {
	p := sum * sum / squares
	if !(p >= 1) || squares == 0 {
		return 0
	}
	return s.least[min(octave(p), len(s.least)-1)] * squares / sum
}

// worth returns why ordinary images would not be computed by transforms, or nil. An ordinary image has pixels of normal
// distribution, or like them.
func (s *screen) worth() error {
	n, white := float64(9*s.channels), 0.0
	for _, r := range spread {
		for _, c := range spread {
			white += r * c
		}
	}
	if s.accepts(math.Sqrt(2/math.Pi)*n, n, white*float64(s.channels)) {
		return nil
	}
	return errIrregular
}

var errIrregular = errors.New("a filter's weights are too uneven, or of too few bits, for its rounding")

// filterBound is the least G(p)/‖w‖√alike of some filters.
type filterBound struct {
	least   []float64
	squares float64                     // the least ‖w‖² of filters that are not 0
	counts  [1 << (31 - binShift)]int32 // of weights by their size: exponent and two bits of the mantissa
}

const (
	binShift = 21
	// weightBins is how many sizes of weights are told apart: down to 2⁻¹⁶ of the largest. Smaller ones count as 0.
	weightBins = 64
)

func newFilterBound(points int) *filterBound {
	f := &filterBound{least: make([]float64, points), squares: math.Inf(1)}
	for i := range f.least {
		f.least[i] = math.Inf(1)
	}
	return f
}

// add takes a filter into account. It says that no image suits one whose sums float32 may add exactly, whose weights
// are tiny, or with a weight that is not finite.
func (f *filterBound) add(weight []float32) {
	clear(f.counts[:])
	squares := 0.0
	for _, w := range weight {
		f.counts[math.Float32bits(w)<<1>>(binShift+1)]++
		squares += float64(w) * float64(w)
	}
	switch {
	case squares == 0:
		// the transforms have zeros, too
	case !(squares < math.Inf(1)) || squares < leastWeight*leastWeight*float64(len(weight)) || coarse(weight):
		clear(f.least)
	default:
		f.squares = min(f.squares, squares)
		f.lower(1 / math.Sqrt(squares*alike(weight)))
	}
}

// coarse reports whether sums of products of a filter with integers may be exact in float32: all weights are
// multiples of one power of two, and all together at most 2²⁴ times that. Transforms would round them.
func coarse(weight []float32) bool {
	grid, sum := math.Inf(1), 0.0
	for _, w := range weight {
		if w == 0 {
			continue
		}
		sum += math.Abs(float64(w))
		b := math.Float64bits(float64(w)) // in which no float32 is subnormal
		lowest := bits.TrailingZeros64(b&(1<<52-1) | 1<<52)
		grid = min(grid, math.Ldexp(1, int(b>>52&0x7ff)-1023-52+lowest))
		if sum > grid*(1<<24) {
			return false // and no further weight makes the grid coarser
		}
	}
	return true
}

// lower takes the minimum with the counted filter's G(p)·scale, in which each weight counts as the smallest of its bin.
func (f *filterBound) lower(scale float64) {
	top := len(f.counts) - 1
	for f.counts[top] == 0 {
		top--
	}
	var steps, roots [weightBins]float64 // from each bin to the next, and √ of how many weights are below that
	below, last, first := 0.0, 0.0, top-weightBins
	for bin := range max(0, first) {
		below += float64(f.counts[bin])
	}
	for i := range steps {
		if first+i >= 0 {
			below += float64(f.counts[first+i])
		}
		edge := binStart(first + i + 1)
		steps[i], roots[i] = edge-last, math.Sqrt(below)
		last = edge
	}
	for i := range f.least {
		root, sum := math.Sqrt(octaveStart(i)), 0.0
		for j, r := range roots {
			if r >= root {
				break
			}
			sum += steps[j] * (root - r)
		}
		f.least[i] = min(f.least[i], sum*root*scale)
	}
}

// binStart is the smallest weight of a bin.
func binStart(bin int) float64 {
	if bin <= 0 {
		return 0
	}
	return float64(math.Float32frombits(uint32(bin) << binShift))
}

// column is what the screen knows of one column of a row of patches.
type column struct {
	sums    [block]float64 // Σ|x| of the 3 rows that each row of outputs sees
	squares [block]float64 // Σx² of them
	spread  float64        // Σ spread·x² of all 6 rows
}

// screenBlocks finds the odd blocks of a band. Which outputs a block has is a matter of the whole image: a band may end
// within a block that the next band has whole, if a pool's windows overlap.
func (w *winograd) screenBlocks(worker *worker, s *winogradSpace, p part, down int) {
	clear(s.isOdd)
	m := &worker.screened
	*m = simd.Magnitudes{Sums: s.magnitudes, Squares: s.squares, Src: worker.slab, SrcStep: w.slab.plane,
		Count: w.problem.Weight[1], Vectors: ceilDiv((down*block+2)*w.slab.pitch, w.kernels.Lanes)}
	w.kernels.AddMagnitudes(m)
	screen := w.screens[p.group]
	var columns [block + 2]column
	for i := range down {
		rows := min(block, w.sums.H()-p.first-i*block)
		w.screenColumn(&columns[4], s, i, 0)
		w.screenColumn(&columns[5], s, i, 1)
		for j := range w.across {
			columns[0], columns[1] = columns[4], columns[5]
			for x := 2; x < len(columns); x++ {
				w.screenColumn(&columns[x], s, i, block*j+x)
			}
			if !screen.acceptsBlock(&columns, rows, min(block, w.sums.W()-block*j)) {
				s.mark(i*w.across + j)
			}
		}
	}
}

// screenColumn looks at column x of the i-th row of patches.
func (w *winograd) screenColumn(c *column, s *winogradSpace, i, x int) {
	at, pitch := i*block*w.slab.pitch+x%block*w.slab.perPhase+x/block, w.slab.pitch
	sums, squares := s.magnitudes[at:][:5*pitch+1], s.squares[at:][:5*pitch+1]
	var a, q [block + 2]float64
	for r := range a {
		a[r], q[r] = float64(sums[r*pitch]), float64(squares[r*pitch])
	}
	a12, a34, q12, q34 := a[1]+a[2], a[3]+a[4], q[1]+q[2], q[3]+q[4]
	c.sums = [block]float64{a[0] + a12, a12 + a[3], a[2] + a34, a34 + a[5]}
	c.squares = [block]float64{q[0] + q12, q12 + q[3], q[2] + q34, q34 + q[5]}
	c.spread = spread[0]*q[0] + spread[1]*q[1] + spread[2]*q[2] + spread[3]*q[3] + spread[4]*q[4] + spread[5]*q[5]
}

// acceptsBlock reports whether rows × width outputs of a block are all within the bound.
func (s *screen) acceptsBlock(columns *[block + 2]column, rows, width int) bool {
	squares, total := 0.0, 0.0
	for x := range columns {
		squares += spread[x] * columns[x].spread
		total += columns[x].sums[0] + columns[x].sums[3]
	}
	if total == 0 {
		return true // the transforms have zeros, too
	}
	least, most := math.Inf(1), 0.0
	for x := range width {
		a, b, c := &columns[x], &columns[x+1], &columns[x+2]
		for y := range rows {
			least = min(least, a.sums[y]+b.sums[y]+c.sums[y])
			most = max(most, a.squares[y]+b.squares[y]+c.squares[y])
		}
	}
	if s.accepts(least, most, squares) {
		return true
	}
	for x := range width {
		a, b, c := &columns[x], &columns[x+1], &columns[x+2]
		for y := range rows {
			if !s.accepts(a.sums[y]+b.sums[y]+c.sums[y], a.squares[y]+b.squares[y]+c.squares[y], squares) {
				return false
			}
		}
	}
	return true
}
