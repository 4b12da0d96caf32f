package cpu

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// winograd computes kernels of 3×3 by Winograd's F(4×4, 3×3): each block of 4×4 outputs takes 36 products per channel
// and filter instead of 144. It transforms the patches of a band, multiplies each of the 36 elements of all channels
// with those of all filters, and transforms the sums back.
//
// Its rounding differs from that of sums of products, see winogradTolerance. A block with an output that is not finite
// is computed again as plain sums, so that NaN and infinity reach the outputs that they belong to, and no others.
type winograd struct {
	problem  conv.Problem // with defaults filled in
	sums     conv.Shape
	kernels  *simd.Kernels
	layout   []panels
	slab     slab
	across   int // blocks side by side
	capacity int // floats between channels or filters of transformed patches
	taps     simd.Taps
	weight   []float32 // [groups][36][panels][channels][filters of the panel]
	plain    []float32 // the weights as they were given
	bias     []float32
	zeros    [simd.MaxFilters]float32
}

// block is how many outputs a block has along each axis.
const block = 4

// winogradLeast is how many channels and filters it takes: with fewer, the transforms cost more time than they save.
// BenchmarkConv measures both algorithms.
const winogradLeast = 32

// winogradMost is the most channels that winogradTolerance was measured with.
const winogradMost = 2048

// winogradTolerance is above every RMS error, as a fraction of the largest output. TestWinogradTolerance measures 4e-7
// with 32 channels and 2.4e-6 with 2,048.
const winogradTolerance = 5e-6

func acceptsWinograd(p conv.Problem, sums conv.Shape, _ *simd.Kernels) error {
	switch channels, filters := p.Weight[1], p.Weight[0]/p.Groups; {
	case p.Weight[2] != 3 || p.Weight[3] != 3:
		return fmt.Errorf("it computes kernels of 3x3, not of %dx%d", p.Weight[2], p.Weight[3])
	case p.Stride != [2]int{1, 1} || p.Dilation != [2]int{1, 1}:
		return fmt.Errorf("it computes stride and dilation 1, not stride %v and dilation %v", p.Stride, p.Dilation)
	case channels < winogradLeast || filters < winogradLeast:
		return fmt.Errorf("it pays from %d channels and filters per group on, here are %d and %d", winogradLeast, channels, filters)
	case channels > winogradMost:
		return fmt.Errorf("its rounding was measured with %d channels at most, here are %d", winogradMost, channels)
	case sums.H() < block || sums.W() < block:
		return fmt.Errorf("its blocks are of %dx%d outputs, there are %dx%d", block, block, sums.H(), sums.W())
	}
	return nil
}

func prepareWinograd(p conv.Problem, sums conv.Shape, k *simd.Kernels) recipe {
	return &winograd{problem: p, sums: sums, kernels: k, across: ceilDiv(sums.W(), block)}
}

func (w *winograd) columns() int           { return block*w.across + 2 }
func (w *winograd) phases() int            { return block }
func (w *winograd) rowStep() int           { return block }
func (w *winograd) inputRows(rows int) int { return ceilDiv(rows, block)*block + 2 }
func (w *winograd) tolerance() float64     { return winogradTolerance }
func (w *winograd) filters() int           { return w.problem.Weight[0] / w.problem.Groups }
func (w *winograd) packedLen() int {
	return w.problem.Weight[0] * (w.problem.Weight[1]*(simd.PatchSize+9) + 1)
}

// elementFloats is half of a first cache. One element of a band's patches stays there while it is multiplied with all
// filters.
const elementFloats = 16 << 10 / 4

func (w *winograd) fits(rows int) bool {
	return ceilDiv(rows, block)*w.across*w.problem.Weight[1] <= elementFloats
}

func (w *winograd) settle(s slab, rows int) {
	w.slab = s
	blocks := ceilDiv(rows, block) * w.across
	w.layout = cutFilters(w.filters(), ceilDiv(blocks, w.kernels.Lanes), w.kernels)
	w.capacity = lines(blocks + 2*w.kernels.Lanes)
	offsets := make([]int, w.problem.Weight[1])
	for c := range offsets {
		offsets[c] = c * w.capacity
	}
	w.taps = simd.NewTaps(offsets)
}

func (w *winograd) pack(weight, bias []float32) {
	w.bias = append([]float32(nil), bias...)
	w.plain = append([]float32(nil), weight...)
	channels, filters := w.problem.Weight[1], w.filters()
	transformed := make([][simd.PatchSize]float32, filters*channels)
	w.weight = make([]float32, 0, w.problem.Weight[0]*channels*simd.PatchSize)
	for group := range w.problem.Groups {
		for i := range transformed {
			transformed[i] = simd.TransformKernel(weight[(group*len(transformed)+i)*9:][:9])
		}
		for element := range simd.PatchSize {
			w.packElement(transformed, element)
		}
	}
}

// packElement appends one element of a group's transformed kernels.
func (w *winograd) packElement(transformed [][simd.PatchSize]float32, element int) {
	channels := w.problem.Weight[1]
	for _, l := range w.layout {
		for panel := range l.count {
			first := l.first + panel*l.filters
			for c := range channels {
				for k := range l.filters {
					w.weight = append(w.weight, transformed[(first+k)*channels+c][element])
				}
			}
		}
	}
}

// workspace has room for transformed patches, for sums of products, and for what the transforms need.
func (w *winograd) workspace() int {
	return simd.PatchSize*w.capacity*(w.problem.Weight[1]+w.filters()) + (simd.PatchSize+16+1)*w.kernels.Lanes
}

// winogradSpace is the parts of a worker's workspace.
type winogradSpace struct{ patches, products, temp, blocks, check []float32 }

func (w *winograd) space(work []float32) (s winogradSpace) {
	take := func(n int) []float32 {
		part := work[:n:n]
		work = work[n:]
		return part
	}
	s.patches = take(simd.PatchSize * w.capacity * w.problem.Weight[1])
	s.products = take(simd.PatchSize * w.capacity * w.filters())
	s.temp, s.blocks, s.check = take(simd.PatchSize*w.kernels.Lanes), take(16*w.kernels.Lanes), take(w.kernels.Lanes)
	return s
}

func (w *winograd) band(worker *worker, o output, group, n int) {
	s := w.space(worker.work)
	down := ceilDiv(n, block)
	w.transformPatches(worker, s, down)
	w.multiply(worker, s, group, down*w.across)
	w.transformProducts(worker, s, o, group, n)
}

// transformPatches transforms down rows of patches. A register has some beyond the end of a row: the next row
// overwrites them, or they lie after the last.
func (w *winograd) transformPatches(worker *worker, s winogradSpace, down int) {
	p := &worker.patches
	*p = simd.Patches{Temp: s.temp, Pitch: w.slab.pitch, Phase: w.slab.perPhase, SrcStep: w.slab.plane,
		DstStride: w.capacity * w.problem.Weight[1], DstStep: w.capacity, Count: w.problem.Weight[1]}
	for i := range down {
		for j := 0; j < w.across; j += w.kernels.Lanes {
			p.Src, p.Dst = worker.slab[block*i*w.slab.pitch+j:], s.patches[i*w.across+j:]
			w.kernels.TransformPatches(p)
		}
	}
}

// multiply adds up the products of each element over the channels.
func (w *winograd) multiply(worker *worker, s winogradSpace, group, blocks int) {
	channels, filters := w.problem.Weight[1], w.filters()
	weight := w.weight[group*simd.PatchSize*filters*channels:]
	t := &worker.tile
	*t = simd.Tile{Taps: w.taps, Bias: w.zeros[:], Plane: w.capacity}
	for element := range simd.PatchSize {
		patches := s.patches[element*channels*w.capacity:]
		products := s.products[element*filters*w.capacity:]
		for _, l := range w.layout {
			for panel := range l.count {
				first := l.first + panel*l.filters
				t.Weight = weight[(element*filters+first)*channels:]
				w.multiplyPanel(t, products[first*w.capacity:], patches, l.filters, blocks)
			}
		}
	}
}

// multiplyPanel computes the sums of one element for the filters of a panel. Tiles are as even as possible: some have
// one width, the others are a register narrower.
func (w *winograd) multiplyPanel(t *simd.Tile, products, patches []float32, filters, blocks int) {
	vectors := ceilDiv(blocks, w.kernels.Lanes)
	tiles := ceilDiv(vectors, w.kernels.Vectors(filters))
	narrow, wide := vectors/tiles, vectors%tiles
	at := 0
	for i, count := range [2]int{wide, tiles - wide} {
		if count == 0 {
			continue
		}
		width := narrow + 1 - i
		step := width * w.kernels.Lanes
		t.X, t.Dst, t.Tiles, t.XStep, t.DstStep = patches[at:], products[at:], count, step, step
		w.kernels.Run(filters, width, t)
		at += count * step
	}
}

// transformProducts computes n rows of outputs of all filters.
func (w *winograd) transformProducts(worker *worker, s winogradSpace, o output, group, n int) {
	p := &worker.products
	*p = simd.Products{Dst: s.blocks, Temp: s.temp, Check: s.check, SrcStride: w.capacity * w.filters()}
	if w.problem.Activation == conv.ReLU {
		p.Flags = simd.ReLU
	}
	blocks := ceilDiv(n, block) * w.across
	for k := range w.filters() {
		p.Bias = w.bias[group*w.filters()+k]
		plane := o.data[k*o.plane:][:n*w.sums.W()]
		for at := 0; at < blocks; at += w.kernels.Lanes {
			p.Src = s.products[k*w.capacity+at:]
			w.kernels.TransformProducts(p)
			for lane := range min(w.kernels.Lanes, blocks-at) {
				i, j := (at+lane)/w.across*block, (at+lane)%w.across*block
				if s.check[lane] != 0 {
					w.plainBlock(worker.slab, plane, group*w.filters()+k, i, j)
					continue
				}
				w.place(plane, s.blocks[4*lane:], i, j)
			}
		}
	}
}

// place copies a block, whose rows are 4·Lanes apart, to row i, column j of a plane.
func (w *winograd) place(plane, from []float32, i, j int) {
	width, pitch := w.sums.W(), block*w.kernels.Lanes
	for at := i*width + j; at < len(plane) && len(from) > 0; at += width {
		if j+block <= width {
			*(*[block]float32)(plane[at:]) = [block]float32(from)
		} else {
			copy(plane[at:][:width-j], from)
		}
		if i++; i%block == 0 {
			return
		}
		from = from[pitch:]
	}
}

// plainBlock computes the block at row i, column j as sums of products.
func (w *winograd) plainBlock(inputs, plane []float32, filter, i, j int) {
	width := w.sums.W()
	for y := i; y < i+block && y*width < len(plane); y++ {
		for x := j; x < min(j+block, width); x++ {
			sum := w.plainSum(inputs, filter, y, x)
			if w.problem.Activation == conv.ReLU && sum < 0 {
				sum = 0
			}
			plane[y*width+x] = sum
		}
	}
}

func (w *winograd) plainSum(inputs []float32, filter, y, x int) float32 {
	sum, channels := w.bias[filter], w.problem.Weight[1]
	for c := range channels {
		for tap, weight := range w.plain[(filter*channels+c)*9:][:9] {
			sum += weight * inputs[w.slab.at(c, y+tap/3, x+tap%3)]
		}
	}
	return sum
}
