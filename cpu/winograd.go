package cpu

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// winograd computes 3×3 kernels by Winograd's F(4×4, 3×3): each block of 4×4 outputs takes 36 products per channel and
// filter instead of 144. It transforms the 6×6 patches of inputs of a band, multiplies each of their 36 elements with
// the same element of each transformed filter, adds up the channels, and transforms the sums back.
//
// A 5×5 kernel is the sum of four quarters of 3×3, 3×2, 2×3 and 2×2 weights, each of which sees the image shifted by 0
// or 3 pixels along each axis. So it takes 144 products instead of 400. Each channel counts as four channels with
// patches and 3×3 kernels of their own; a kernel has zeros where its quarter has fewer weights.
//
// The rounding error of a large pixel would reach all outputs of its blocks. Therefore a screen examines each block
// first. Blocks that it rejects are called odd. Their patches have an outlier, pixels that are not finite or whose
// squares may overflow or underflow, or only zeros in the receptive field of an output. The screen accepts patches that
// have only zeros. A block is also odd if one of its transformed outputs is not finite. Odd blocks are computed as
// plain sums, to the same bits as direct.
type winograd struct {
	problem  conv.Problem // with defaults filled in
	sums     conv.Shape
	kernels  *simd.Kernels
	split    int // into how many parts a kernel is cut along each axis: 1, or 2 for 5×5
	layout   []panels
	slab     slab
	across   int // blocks side by side
	down     int // the most rows of blocks in a band
	perTask  int // the most images of a task
	capacity int // floats between channels of transformed patches, and between filters of their products
	// patchStep and productStep are floats between elements of a patch, and of its products. The transforms read or
	// write all elements in turn: a multiple of 4 KiB apart they would compete for one set of the first-level cache.
	// Without that, layers with 64 channels have 1.2 times the speed (Zen 3). TestTransformsSpread guards it.
	patchStep, productStep int

	taps    simd.Taps
	weight  []float32 // [groups][36][panels][parts][channels][filters of the panel]
	bias    []float32
	screens []*screen // one for each group
	plain   *plain
	zeros   [simd.MaxFilters]float32
}

const (
	// block is the number of outputs in a block along each axis.
	block = 4
	// third is the number of weights along each axis that the transforms take at a time.
	third = 3
)

// splitOf returns into how many parts a kernel of this many rows is cut along each axis.
func splitOf(rows int) int { return ceilDiv(rows, third) }

// winogradLeast is the least number of channels and of filters: with fewer, the transforms cost more time than they
// save. BenchmarkConv measures both algorithms.
const winogradLeast = 32

// winogradMost is the largest number of channels for which TestDeviation measured rounding errors.
const winogradMost = 2048

// acceptsWinograd returns nil, or an error that says why winograd cannot compute p.
func acceptsWinograd(p conv.Problem, sums conv.Shape, _ *simd.Kernels) error {
	switch channels, filters := p.Weight[1], p.Weight[0]/p.Groups; {
	case p.Weight[2] != p.Weight[3] || p.Weight[2] != 3 && p.Weight[2] != 5:
		return fmt.Errorf("it computes kernels of 3x3 and 5x5, not of %dx%d", p.Weight[2], p.Weight[3])
	case p.Stride != [2]int{1, 1} || p.Dilation != [2]int{1, 1}:
		return fmt.Errorf("it computes stride and dilation 1, not stride %v and dilation %v", p.Stride, p.Dilation)
	case channels < winogradLeast || filters < winogradLeast:
		const why = "it computes %d channels and filters per group or more, not %d and %d"
		return fmt.Errorf(why, winogradLeast, channels, filters)
	case channels*splitOf(p.Weight[2])*splitOf(p.Weight[2]) > winogradMost:
		return fmt.Errorf("its rounding was measured with %d channels at most, here are %d", winogradMost, channels)
	case sums.H() < block || sums.W() < block:
		return fmt.Errorf("its blocks are of %dx%d outputs, there are %dx%d", block, block, sums.H(), sums.W())
	}
	return nil
}

func prepareWinograd(p conv.Problem, sums conv.Shape, k *simd.Kernels) recipe {
	return &winograd{problem: p, sums: sums, kernels: k, split: splitOf(p.Weight[2]), across: ceilDiv(sums.W(), block),
		plain: newPlain(p, k)}
}

func (w *winograd) inPlace() bool          { return false }
func (w *winograd) cuts() int              { return 1 }
func (w *winograd) together() int          { return 1 }
func (w *winograd) columns() int           { return block*w.across + w.patchSide() - block }
func (w *winograd) phases(int) phases      { return phases{columns: block} }
func (w *winograd) rowStep() int           { return block }
func (w *winograd) inputRows(rows int) int { return ceilDiv(rows, block)*block + w.patchSide() - block }
func (w *winograd) bound() float64         { return winogradBound }
func (w *winograd) tolerance() float64     { return 0 }
func (w *winograd) filters() int           { return w.problem.Weight[0] / w.problem.Groups }
func (w *winograd) packedLen() int {
	return w.problem.Weight[0] * (w.channels()*simd.PatchSize + w.problem.Weight[1]*w.size() + 1)
}

// channels returns the number of channels that are transformed and multiplied: each channel counts as split² channels.
func (w *winograd) channels() int { return w.problem.Weight[1] * w.split * w.split }

// size returns the number of weights in a channel of a filter.
func (w *winograd) size() int { return w.problem.Weight[2] * w.problem.Weight[3] }

// patchSide returns how many rows and columns of inputs all patches of a block have together.
func (w *winograd) patchSide() int { return third*(w.split-1) + patchSide }

func (w *winograd) fits(rows int) bool {
	return ceilDiv(rows, block)*w.across <= blocksMost(w.channels(), w.filters())
}

// blocksMost returns how many blocks a task has at most, if it has more than one row of them: so many that their
// transformed patches and products fit into spaceFloats, but not less than blocksLeast and not more than blocksEnough.
func blocksMost(channels, filters int) int {
	return max(blocksLeast, min(spaceFloats/(simd.PatchSize*(channels+filters)), blocksEnough))
}

const (
	// spaceFloats is a part of the cache that all cores share.
	spaceFloats = 16 << 20 / 4
	// A task reads all transformed weights, which may lie in memory: the more blocks it multiplies them with, the less
	// that matters. And the more blocks, the fewer lanes of registers are empty. With 256 blocks instead of 128, 256
	// channels at 138×138 and at 56×56 are 1.15 times as fast, 64 channels of 5×5 at 27×27 1.08 times.
	blocksLeast  = 128
	blocksEnough = 256
)

// images returns the number of images whose blocks fill registers best.
func (w *winograd) images(rows, most int) int {
	each := ceilDiv(rows, block) * w.across
	best, least := 1, math.Inf(1)
	for n := 1; n <= most && (n == 1 || n*each <= blocksMost(w.channels(), w.filters())); n++ {
		_, cost := cheapestPanels(w.filters(), ceilDiv(n*each, w.kernels.Lanes), w.kernels)
		if cost /= float64(n); cost <= least {
			best, least = n, cost
		}
	}
	return best
}

func (w *winograd) settle(s *slab, rows, images int) {
	w.slab, w.plain.slab = *s, *s
	w.down, w.perTask = ceilDiv(rows, block), images
	blocks := w.blocks()
	w.layout = cutFilters(w.filters(), ceilDiv(blocks, w.kernels.Lanes), w.kernels)
	w.capacity = lines(blocks + 2*w.kernels.Lanes)
	w.patchStep, w.productStep = lines(w.channels()*w.capacity), lines(w.filters()*w.capacity)
	offsets := make([]int, w.channels())
	for c := range offsets {
		offsets[c] = c * w.capacity
	}
	w.taps = simd.NewTaps(offsets)
}

// blocks returns how many blocks a task has at most.
func (w *winograd) blocks() int { return w.perTask * w.down * w.across }

// suits makes the screens, and reports what they find wrong with the weights. If the weights do not suit but winograd
// is forced, the screens reject most blocks or all of them.
func (w *winograd) suits(weight []float32) error {
	var err error
	size := w.filters() * w.problem.Weight[1] * w.size()
	for group := range w.problem.Groups {
		s := newScreen(weight[group*size:][:size], w.filters(), w.problem.Weight[1], w.problem.Weight[2])
		w.screens = append(w.screens, s)
		err = cmp.Or(err, s.worth())
	}
	return err
}

func (w *winograd) pack(weight, bias []float32) {
	w.bias = append([]float32(nil), bias...)
	w.plain.pack(weight, w.bias)
	channels, filters, size := w.channels(), w.filters(), w.problem.Weight[1]*w.size()
	w.weight = make([]float32, simd.PatchSize*w.problem.Weight[0]*channels)
	t := newKernelTransform(w.kernels)
	eachPanel(w.layout, w.problem.Groups, filters, func(group, first, count int) {
		packed := w.weight[(group*filters*(simd.PatchSize-1)+first)*channels:]
		t.pack(packed, w.cutKernels(weight[first*size:][:count*size]), filters*channels, channels, count)
	})
}

// cutKernels returns the kernels of some filters, [filters][channels][K][K], as [filters][parts][channels][3][3].
func (w *winograd) cutKernels(weight []float32) []float32 {
	if w.split == 1 {
		return weight
	}
	side, channels := w.problem.Weight[2], w.problem.Weight[1]
	kernels := len(weight) / (side * side)
	all := make([]float32, kernels*w.split*w.split*third*third)
	for i := range kernels {
		from, filter, c := weight[i*side*side:][:side*side], i/channels, i%channels
		for part := range w.split * w.split {
			to := all[((filter*w.split*w.split+part)*channels+c)*third*third:][:third*third]
			y, x := part/w.split*third, part%w.split*third
			for row := y; row < min(y+third, side); row++ {
				copy(to[(row-y)*third:][:third], from[row*side+x:][:min(third, side-x)])
			}
		}
	}
	return all
}

// workspace returns the floats for transformed patches, for sums of products, for what the transforms and the screen
// need, and for plain blocks.
func (w *winograd) workspace() int {
	return simd.PatchSize*(w.patchStep+w.productStep) + (simd.PatchSize+16+1)*w.kernels.Lanes +
		2*w.screened()*w.kernels.Lanes + w.plain.workspace()
}

// screened returns the largest number of registers of slab positions that the screen examines.
func (w *winograd) screened() int {
	return ceilDiv(w.inputRows(w.down*block)*w.slab.pitch, w.kernels.Lanes)
}

// marks returns the number of integers for one flag per block and for a list of an image's odd blocks.
func (w *winograd) marks() int { return w.blocks() + w.down*w.across }

// winogradSpace has the parts of a worker's memory that a band of some blocks uses.
type winogradSpace struct {
	patches, products, temp, blocks, check []float32
	magnitudes, squares                    []float32
	plain                                  []float32
	list                                   []int32 // room for the numbers of an image's odd blocks
	isOdd                                  []int32 // for each block 0 or 1
}

// space divides the memory of a worker for a task of this many blocks.
func (w *winograd) space(worker *worker, blocks int) (s winogradSpace) {
	work := worker.work
	take := func(n int) []float32 {
		part := work[:n:n]
		work = work[n:]
		return part
	}
	s.patches = take(simd.PatchSize * w.patchStep)
	s.products = take(simd.PatchSize * w.productStep)
	s.temp, s.blocks, s.check = take(simd.PatchSize*w.kernels.Lanes), take(16*w.kernels.Lanes), take(w.kernels.Lanes)
	s.magnitudes, s.squares = take(w.screened()*w.kernels.Lanes), take(w.screened()*w.kernels.Lanes)
	s.plain = take(w.plain.workspace())
	s.isOdd, s.list = worker.marks[:blocks:blocks], worker.marks[blocks:]
	return s
}

func (w *winograd) band(worker *worker, o output, p part) {
	down := ceilDiv(p.rows, block)
	each := down * w.across // blocks of an image
	s := w.space(worker, p.images*each)
	clear(s.isOdd)
	usual := false
	for m := range p.images {
		w.slab.fill(worker, p, m, 0, w.inputRows(p.rows))
		isOdd := s.isOdd[m*each:][:each]
		w.screenBlocks(worker, &s, p, isOdd, down)
		if slices.Contains(isOdd, 0) {
			usual = true
			w.transformPatches(worker, &s, m*each, down)
		}
	}
	if usual {
		w.multiply(worker, &s, p.group, p.images*each)
		for m := range p.images {
			w.transformProducts(worker, &s, o.data[m*o.image:], o.plane, p, m*each, each)
		}
	}
	for m := range p.images {
		w.plainBlocks(worker, &s, o.data[m*o.image:], o.plane, p, m, each)
	}
}

// plainBlocks computes the odd blocks of the m-th image.
func (w *winograd) plainBlocks(worker *worker, s *winogradSpace, data []float32, pitch int, p part, m, each int) {
	odd := s.list[:0]
	for b, is := range s.isOdd[m*each:][:each] {
		if is != 0 {
			odd = append(odd, int32(b))
		}
	}
	if len(odd) > 0 && p.images > 1 { // the slab has the last image
		w.slab.fill(worker, p, m, 0, w.inputRows(p.rows))
	}
	for ; len(odd) > 0; odd = odd[min(plainBlocks, len(odd)):] {
		some := odd[:min(plainBlocks, len(odd))]
		sums := w.plain.compute(worker, p.group, some, s.plain, w.across)
		for k := range w.filters() {
			plane := data[k*pitch:][:p.rows*w.sums.W()]
			for i, b := range some {
				from, i, j := sums[(k*plainBlocks+i)*blockSize:][:blockSize], int(b)/w.across, int(b)%w.across
				w.place(plane, from, block, i, j, 1)
			}
		}
	}
}

// transformPatches transforms `down` rows of an image's patches. The first patch gets number `first` of all patches.
// The last register of a row may reach beyond the row's end. The next row, or the next image, overwrites that part;
// after the last row it is not used.
func (w *winograd) transformPatches(worker *worker, s *winogradSpace, first, down int) {
	p := &worker.patches
	*p = simd.Patches{Temp: s.temp, Pitch: w.slab.pitch, SrcStep: w.slab.plane, DstStride: w.patchStep,
		DstStep: w.capacity, Count: w.problem.Weight[1]}
	for part := range w.split * w.split {
		y, x := part/w.split*third, part%w.split*third
		for column := range p.Columns {
			p.Columns[column] = w.slab.at(0, 0, x+column)
		}
		patches := s.patches[part*w.problem.Weight[1]*w.capacity:]
		for i := range down {
			for j := 0; j < w.across; j += w.kernels.Lanes {
				p.Src, p.Dst = worker.slab[(block*i+y)*w.slab.pitch+j:], patches[first+i*w.across+j:]
				w.kernels.TransformPatches(p)
			}
		}
	}
}

// multiply adds up the products of each element over the channels. It cuts the blocks into tiles. For each tile it
// takes some channels at a time, and multiplies them by the weights of all filters. Where channels are few, it does so
// with several tiles in one call, whose inputs fill half of a first-level cache: 64 channels have 1.02 to 1.05 times
// the speed.
func (w *winograd) multiply(worker *worker, s *winogradSpace, group, blocks int) {
	channels, filters, lanes := w.channels(), w.filters(), w.kernels.Lanes
	weight := w.weight[group*simd.PatchSize*filters*channels:]
	t := &worker.tile
	*t = simd.Tile{Bias: w.zeros[:], Plane: w.capacity, Tiles: 1}
	most := w.kernels.Vectors(w.layout[0].filters)
	for element := range simd.PatchSize {
		patches := s.patches[element*w.patchStep:]
		products := s.products[element*w.productStep:]
		vectors, at := ceilDiv(blocks, lanes), 0
		for tiles := ceilDiv(vectors, most); tiles > 0; tiles -= t.Tiles {
			width := ceilDiv(vectors, tiles)
			parts := ceilDiv(channels*width*lanes, reuseFloats)
			t.Tiles = max(1, min(vectors-(width-1)*tiles, windowFloats/(channels*width*lanes)))
			t.XStep, t.DstStep = width*lanes, width*lanes
			vectors -= width * t.Tiles
			for i := range parts {
				lo, hi := channels*i/parts, channels*(i+1)/parts
				t.Taps, t.X, t.Flags = w.taps.Slice(lo, hi), patches[at:], 0
				if lo > 0 {
					t.Flags = simd.Accumulate
				}
				for _, l := range w.layout {
					for panel := range l.count {
						first := l.first + panel*l.filters
						t.Weight = weight[(element*filters+first)*channels+lo*l.filters:]
						t.Dst = products[first*w.capacity+at:]
						w.kernels.Run(l.filters, width, t)
					}
				}
			}
			at += width * lanes * t.Tiles
		}
	}
}

// transformProducts computes the outputs of all filters for an image. The blocks of the image have the numbers base ≤ b
// < base+blocks. It marks a block as odd if one of its outputs is not finite. plainBlocks replaces what it writes for
// odd blocks.
func (w *winograd) transformProducts(worker *worker, s *winogradSpace, data []float32, pitch int, part part,
	base, blocks int) {
	p := &worker.products
	*p = simd.Products{Dst: s.blocks, Temp: s.temp, Check: s.check, SrcStride: w.productStep}
	if w.problem.Activation == conv.ReLU {
		p.Flags = simd.ReLU
	}
	isOdd := s.isOdd[base:][:blocks]
	for k := range w.filters() {
		p.Bias = w.bias[part.group*w.filters()+k]
		plane := data[k*pitch:][:part.rows*w.sums.W()]
		i, j := 0, 0 // row and column of the next block
		for at := 0; at < blocks; at += w.kernels.Lanes {
			p.Src = s.products[k*w.capacity+base+at:]
			w.kernels.TransformProducts(p)
			lanes := min(w.kernels.Lanes, blocks-at)
			for lane, wrong := range s.check[:lanes] {
				if wrong != 0 {
					isOdd[at+lane] = 1
				}
			}
			for lane := 0; lane < lanes; {
				n := min(lanes-lane, w.across-j)
				w.place(plane, s.blocks[block*lane:], block*w.kernels.Lanes, i, j, n)
				lane += n
				if j += n; j == w.across {
					i, j = i+1, 0
				}
			}
		}
	}
}

// place copies n neighbouring blocks, from row i and column j of the blocks on, from `from` to their place in a plane
// of a band. In from, the blocks lie side by side, and their rows are pitch floats apart. place leaves out what lies
// outside the plane.
func (w *winograd) place(plane, from []float32, pitch, i, j, n int) {
	width := w.sums.W()
	floats := min(block*n, width-block*j)
	at := block * (i*width + j)
	for row := 0; row < block && at < len(plane); row++ {
		copy(plane[at:][:floats], from[row*pitch:])
		at += width
	}
}
