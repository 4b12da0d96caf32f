package cpu

import (
	"errors"
	"math"
	"math/bits"

	"gpuconv/cpu/internal/simd"
)

// A screen decides which blocks Winograd's transforms may compute: those whose outputs all satisfy
//
//	|error| ≤ winogradBound · γₙ · A,  A = Σ|x||w| + |b| over the output's own receptive field.
//
// With C channels, a sum of 3×3 kernels has n = 9C terms, and γₙ is about n·u, where u = 2⁻²⁴ is float32's unit
// roundoff. What follows is about 3×3; the end says what differs for 5×5.
//
// The transforms of a block mix all pixels of its patch of 6×6. So their errors are proportional to the whole patch,
// while A is proportional to the 3×3 pixels of one output.
//
// The error. Rounding errors are modelled as independent, each with mean 0 and, relative to the number that is rounded,
// variance u²/3 (Higham and Mary, SIAM J. Sci. Comput. 41(5), 2019). The terms of a sum are modelled as having random
// signs. The sum over C channels, for an element of the patch, is rounded at each step; the partial sum at step c has c
// terms. Output (3,3), whose factors are the largest, then has
//
//	variance = u²/3 · (C/2 + 16) · ‖w‖²/(9C) · E,  E = Σ spread[r]·spread[s]·x²
//
// where the sum is over the pixels x at rows r and columns s of the patch, in all channels, and w is the filter's
// weights. spread[r] is Σ aₑ²·‖gₑ‖²·bₑᵣ² over the six elements e that the transforms give along an axis: aₑ = Aᵀ[3][e],
// gₑ is row e of G, and bₑᵣ = Bᵀ[e][r] (see package simd for the matrices Aᵀ, G and Bᵀ, which are not the A above).
// TestSpread computes it from the matrices. The 16 counts the roundings of the transforms themselves: four for each
// element of the pixels, four for each element of the weights, and eight for the transform back. The screen allows for
// errors of errorDeviations standard deviations.
//
// This holds if the channels' terms differ in sign. If one pattern over the channels makes up a part of a filter, for
// instance because all channels have the same kernel or the weights' mean is not 0, an image with that pattern has
// larger partial sums: see alike.
//
// The magnitude. Of each receptive field only S = Σ|x| and Q = Σx² are known. For all pixels with these S and Q,
// wherever the large ones lie, A ≥ Q/S · G(S²/Q). For weights |w₁| ≤ |w₂| ≤ …, with w₀ = 0, G is
//
//	G(p) = Σᵢ (|wᵢ₊₁| − |wᵢ|) · max(0, p − √(i·p))
//
// because z = |x|·S/Q has Σz = Σz² = p. By Cauchy and Schwarz, the pixels at the i smallest weights have at most √(i·p)
// of Σz, and the rest meets weights of at least |wᵢ₊₁|. So p says how many pixels, at least, carry the sum.
//
// 5×5 kernels are cut into four parts, see winograd. So 4C channels are added up, n is 25C, and ‖w‖²/(25C) is the mean
// square of a weight. E is the sum over the patches of all four parts: each of the 9×9 pixels counts by its rows and
// its columns in those patches that have it. The receptive field has 5×5 pixels, and the weights in G are those of 5×5.
type screen struct {
	channels int
	side     int       // rows of a kernel
	spread   []float64 // how much a squared pixel counts, by its row, or its column, in the patches of a block
	error2   float64   // square of the error that the screen allows for, in units of winogradBound·γₙ·‖w‖·√E
	floor    float64   // E must be larger, otherwise something may underflow
	least    []float64 // the least G(p)/(‖w‖·√alike) of all filters, for each interval of p, see octave
}

const unit = 0x1p-24 // u of float32

const (
	// winogradBound is the factor in the rule above.
	winogradBound = 4
	// errorDeviations is the number of standard deviations that an error may have in the worst case, in which the large
	// pixels of a receptive field all meet the filter's smallest weights. Of normally distributed errors, one in 16,000
	// exceeds four standard deviations; but where pixels meet weights at random, there is room for ten and more. That
	// room must also cover sums whose terms agree in sign. The largest error seen is 0.3 γₙ·A (TestOrdinary,
	// TestLocalityAgainstFilters), or 2 γₙ·A with filters whose channels are alike (TestLocalityOfMeans).
	errorDeviations = 4
	// screenParts is the number of sets of filters that are examined in parallel.
	screenParts = 16
)

// spread says how much a squared pixel counts in the error of output (3,3), by its row, or its column, in the patch.
// That output does not depend on row 0, so the first value is that of output (0,0). The other values are at least as
// large as those of any other output.
var spread = [6]float64{1, 37.334, 7.334, 43.834, 4.834, 1}

// spreadOf returns spread for all patches of a block, if kernels are cut into this many parts along each axis.
func spreadOf(split int) []float64 {
	all := make([]float64, third*(split-1)+patchSide)
	for part := range split {
		for i, v := range spread {
			all[part*third+i] += v
		}
	}
	return all
}

// minSquares and maxSquares bound E. Beyond them, squares of pixels may have underflowed or overflowed.
//
// A number below 2⁻¹²⁶ has an error of up to 2⁻¹⁵⁰, however small it is. In transformed weights that is negligible
// beside errors of u if the RMS of a filter's weights is at least minWeight. But every product and every partial sum
// may be that small. An output is made of 36 of them per channel, with factors that add up to 19², so that its error is
// less than 2⁻¹³⁰ for 2,048 channels. That is a small part of what error2 allows if ‖w‖²·E is at least minProduct.
// TestTinyWeights guards minWeight and minProduct.
const (
	minSquares = 0x1p-90
	maxSquares = 0x1p110
	minWeight  = 0x1p-110
	minProduct = 0x1p-200
)

// newScreen examines the filters of a group, [filters][channels][side][side].
func newScreen(weight []float32, filters, channels, side int) *screen {
	split := splitOf(side)
	s := &screen{channels: channels, side: side, spread: spreadOf(split)}
	terms, added := float64(side*side*channels), float64(split*split*channels)
	allowed := winogradBound * terms * unit
	s.error2 = errorDeviations * errorDeviations * unit * unit / 3 * (added/2 + 16) / terms / (allowed * allowed)
	size := side * side * channels
	points := octave(terms) + 1 // p is at most the number of terms
	parts := make([]*filterBound, min(filters, screenParts))
	forEach(len(parts), func(i int) {
		parts[i] = newFilterBound(points, side)
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
	s.floor = max(minSquares, minProduct/smallest)
	return s
}

// octave returns the number of the interval that p ≥ 1 lies in; the first is 0. There are eight intervals, equally
// long, from each power of two to the next.
func octave(p float64) int { return int(math.Float64bits(p)>>49) - 1023*8 }

// octaveStart returns the smallest p of interval i.
func octaveStart(i int) float64 { return math.Float64frombits(uint64(i+1023*8) << 49) }

// accepts reports whether an output is within the bound. Its receptive field has S = sum and Q = fieldSquares, and its
// patch has E = squares.
func (s *screen) accepts(sum, fieldSquares, squares float64) bool {
	if !(squares > s.floor && squares < maxSquares) { // false for NaN, too
		return false
	}
	magnitude := s.magnitude(sum, fieldSquares)
	return magnitude*magnitude >= s.error2*squares
}

// magnitude returns a lower bound of A/(‖w‖·√alike) for all filters, see alike.
func (s *screen) magnitude(sum, squares float64) float64 {
	p := sum * sum / squares
	if !(p >= 1) || squares == 0 {
		return 0
	}
	return s.least[min(octave(p), len(s.least)-1)] * squares / sum
}

// worth returns nil, or an error that says why transforms would not compute ordinary images: those whose pixels have a
// normal distribution or a similar one.
func (s *screen) worth() error {
	n, white := float64(s.side*s.side*s.channels), 0.0
	for _, r := range s.spread {
		for _, c := range s.spread {
			white += r * c
		}
	}
	if s.accepts(math.Sqrt(2/math.Pi)*n, n, white*float64(s.channels)) {
		return nil
	}
	return errIrregular
}

var errIrregular = errors.New("a filter's weights are too uneven, or of too few bits, for its rounding")

// filterBound has the least G(p)/(‖w‖·√alike) of some filters.
type filterBound struct {
	side    int // rows of a kernel
	least   []float64
	squares float64                     // the least ‖w‖² of the filters that are not 0
	counts  [1 << (31 - binShift)]int32 // how many weights have each size: exponent and two bits of the mantissa
}

const (
	binShift = 21
	// weightBins is how many sizes of weights are distinguished: down to 2⁻¹⁶ of the largest. Smaller ones count as 0.
	weightBins = 64
)

func newFilterBound(points, side int) *filterBound {
	f := &filterBound{side: side, least: make([]float64, points), squares: math.Inf(1)}
	for i := range f.least {
		f.least[i] = math.Inf(1)
	}
	return f
}

// add takes a filter into account. For some filters it sets least to 0, so that no image is accepted: those whose sums
// may be exact in float32, whose weights are tiny, or that have a weight that is not finite.
func (f *filterBound) add(weight []float32) {
	clear(f.counts[:])
	squares := 0.0
	for _, w := range weight {
		f.counts[math.Float32bits(w)<<1>>(binShift+1)]++
		squares += float64(w) * float64(w)
	}
	switch {
	case squares == 0:
		// the transforms give zeros, too
	case !(squares < math.Inf(1)) || squares < minWeight*minWeight*float64(len(weight)) || coarse(weight):
		clear(f.least)
	default:
		f.squares = min(f.squares, squares)
		f.lower(1 / math.Sqrt(squares*alike(weight, f.side)))
	}
}

// coarse reports whether sums of a filter's products with integers may be exact in float32: all weights are multiples
// of one power of two, and their magnitudes add up to at most 2²⁴ times that power. Transforms would round such sums.
func coarse(weight []float32) bool {
	grid, sum := math.Inf(1), 0.0
	for _, w := range weight {
		if w == 0 {
			continue
		}
		sum += math.Abs(float64(w))
		b := math.Float64bits(float64(w)) // as a float64, no float32 is subnormal
		lowest := bits.TrailingZeros64(b&(1<<52-1) | 1<<52)
		grid = min(grid, math.Ldexp(1, int(b>>52&0x7ff)-1023-52+lowest))
		if sum > grid*(1<<24) {
			return false // further weights make the grid only finer
		}
	}
	return true
}

// lower replaces least by the counted filter's G(p)·scale where that is less. Each weight counts as the smallest of its
// bin.
func (f *filterBound) lower(scale float64) {
	top := len(f.counts) - 1
	for f.counts[top] == 0 {
		top--
	}
	// For each bin: how much larger the next bin's start is, and √ of the number of weights below that start.
	var steps, roots [weightBins]float64
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

// binStart returns the smallest weight of a bin.
func binStart(bin int) float64 {
	if bin <= 0 {
		return 0
	}
	return float64(math.Float32frombits(uint32(bin) << binShift))
}

// column is what the screen knows of one column of a row of patches, over all channels.
type column struct {
	sums    [block]float64 // Σ|x| of the rows under each row of outputs
	squares [block]float64 // Σx² of them
	total   float64        // Σ|x| of all rows of the patches
	spread  float64        // Σ spread·x² of them
}

// screenSide is the largest number of rows and columns of the patches of a block.
const screenSide = third + patchSide

// screenBlocks finds the odd blocks of a band of an image, and sets their flags. It examines all outputs of a block
// that lie in the image, even those outside the band. If a pool's windows overlap, a band may end within a block that
// lies whole in the next band, and both bands must find the same.
func (w *winograd) screenBlocks(worker *worker, s *winogradSpace, p part, isOdd []int32, down int) {
	m := &worker.screened
	*m = simd.Magnitudes{Sums: s.magnitudes, Squares: s.squares, Src: worker.slab, SrcStep: w.slab.plane,
		Count: w.problem.Weight[1], Vectors: ceilDiv(w.inputRows(down*block)*w.slab.pitch, w.kernels.Lanes)}
	w.kernels.AddMagnitudes(m)
	screen := w.screens[p.group]
	var room [screenSide]column
	columns := room[:w.patchSide()]
	kept := len(columns) - block // columns that the next block sees, too
	for i := range down {
		rows := min(block, w.sums.H()-p.first-i*block)
		for x := range kept {
			w.screenColumn(&columns[block+x], s, i, x)
		}
		for j := range w.across {
			copy(columns[:kept], columns[block:])
			for x := kept; x < len(columns); x++ {
				w.screenColumn(&columns[x], s, i, block*j+x)
			}
			if !screen.acceptsBlock(columns, rows, min(block, w.sums.W()-block*j)) {
				isOdd[i*w.across+j] = 1
			}
		}
	}
}

// screenColumn computes column x of the i-th row of patches. x counts the columns of the padded image.
func (w *winograd) screenColumn(c *column, s *winogradSpace, i, x int) {
	at, pitch := w.slab.at(0, i*block, x), w.slab.pitch
	var a, q [screenSide]float64
	*c = column{}
	for r := range w.patchSide() {
		a[r], q[r] = float64(s.magnitudes[at+r*pitch]), float64(s.squares[at+r*pitch])
		c.total += a[r]
		c.spread += w.screens[0].spread[r] * q[r]
	}
	for y := range block {
		for r := y; r < y+w.problem.Weight[2]; r++ {
			c.sums[y] += a[r]
			c.squares[y] += q[r]
		}
	}
}

// acceptsBlock reports whether all outputs of a block, rows × width of them, are within the bound.
func (s *screen) acceptsBlock(columns []column, rows, width int) bool {
	squares, total := 0.0, 0.0
	for x := range columns {
		squares += s.spread[x] * columns[x].spread
		total += columns[x].total
	}
	if total == 0 {
		return true // the transforms give zeros, too
	}
	var sums, fields [block][block]float64 // of each output's receptive field
	least, most := math.Inf(1), 0.0
	for x := range width {
		for y := range rows {
			for v := range s.side {
				sums[y][x] += columns[x+v].sums[y]
				fields[y][x] += columns[x+v].squares[y]
			}
			least, most = min(least, sums[y][x]), max(most, fields[y][x])
		}
	}
	if s.accepts(least, most, squares) {
		return true
	}
	for x := range width {
		for y := range rows {
			if !s.accepts(sums[y][x], fields[y][x], squares) {
				return false
			}
		}
	}
	return true
}
