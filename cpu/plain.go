package cpu

import (
	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// plain computes the odd blocks of winograd, of 4×4 outputs and 3×3 or 5×5 taps. Odd blocks may lie anywhere in a band.
// plain adds up the products in the order of the taps, so that it gives the same bits as direct. For each tap it copies
// the inputs of a block's 16 outputs side by side. So the registers are full, like those of direct.
type plain struct {
	problem  conv.Problem
	kernels  *simd.Kernels
	slab     slab
	layout   []panels
	channels int       // how many channels are copied at a time
	taps     simd.Taps // of that many channels
	weight   []float32 // [groups][panels][taps][filters of the panel]
	bias     []float32
}

const (
	// plainBlocks is how many blocks are computed at a time, at most.
	plainBlocks = 8
	// blockSize is the number of outputs in a block.
	blockSize = block * block
	// plainFloats limits the copied inputs to a quarter of a core's second-level cache.
	plainFloats = 128 << 10 / 4
)

func newPlain(p conv.Problem, k *simd.Kernels) *plain {
	q := &plain{problem: p, kernels: k}
	q.layout = cutFilters(p.Weight[0]/p.Groups, max(1, blockSize/k.Lanes), k)
	q.channels = min(p.Weight[1], plainFloats/(plainBlocks*blockSize*q.size()))
	offsets := make([]int, q.size()*q.channels)
	for i := range offsets {
		offsets[i] = i * blockSize
	}
	q.taps = simd.NewTaps(offsets)
	return q
}

// size returns how many taps a channel has.
func (q *plain) size() int { return q.problem.Weight[2] * q.problem.Weight[3] }

func (q *plain) pack(weight, bias []float32) {
	q.bias = bias
	q.weight = packPanels(weight, q.layout, q.problem.Groups, []int{0, q.size() * q.problem.Weight[1]})
}

// workspace returns the floats for copied inputs and for sums.
func (q *plain) workspace() int {
	return plainBlocks * blockSize * (q.size()*q.channels + q.problem.Weight[0]/q.problem.Groups)
}

// compute computes at most plainBlocks blocks of a band, for all filters of a group. Block b is in row b/across and
// column b%across of the band's blocks. compute returns sums[filters][plainBlocks][16], a part of work.
func (q *plain) compute(w *worker, group int, blocks []int32, work []float32, across int) (sums []float32) {
	floats := plainBlocks * blockSize * q.size() * q.channels
	inputs, sums := work[:floats], work[floats:]
	for c := 0; c < q.problem.Weight[1]; c += q.channels {
		count := min(q.channels, q.problem.Weight[1]-c)
		for i, b := range blocks {
			q.gather(inputs[i*q.size()*count*blockSize:], w.slab, c, count, block*(int(b)/across), int(b)%across)
		}
		q.add(w, group, inputs, sums, c, count, len(blocks))
	}
	return sums
}

// gather copies the inputs of the block whose first output is in row y and in the j-th column of blocks. For each of
// count channels, from channel on, and each tap, it copies what the 16 outputs read: dst is [count][taps][16].
func (q *plain) gather(dst, slab []float32, channel, count, y, j int) {
	side := q.problem.Weight[2]
	var columns [block + mostSide - 1]int
	for x := range columns {
		columns[x] = q.slab.at(0, 0, x)
	}
	var row [block + mostSide - 1]float32
	for c := range count {
		to := dst[c*q.size()*blockSize:][:q.size()*blockSize]
		at := (channel+c)*q.slab.plane + y*q.slab.pitch + j
		for r := range block + side - 1 {
			for x := range block + side - 1 {
				row[x] = slab[at+r*q.slab.pitch+columns[x]]
			}
			for u := max(0, r-block+1); u <= min(side-1, r); u++ {
				for v := range side {
					*(*[block]float32)(to[(u*side+v)*blockSize+(r-u)*block:]) = [block]float32(row[v:])
				}
			}
		}
	}
}

// mostSide is the largest number of rows of a kernel.
const mostSide = 5

// add adds the products of count channels, from channel on, to the sums, [filters][plainBlocks][16]. Only the first
// `blocks` blocks are in use. With channel 0 the sums start from the biases; with the last channel they get ReLU if the
// problem has it.
func (q *plain) add(w *worker, group int, inputs, sums []float32, channel, count, blocks int) {
	t := &w.tile
	taps := q.size()
	perGroup, size := q.problem.Weight[0]/q.problem.Groups, taps*q.problem.Weight[1]
	t.Taps, t.Flags = q.taps.Slice(0, taps*count), 0
	if channel > 0 {
		t.Flags |= simd.Accumulate
	}
	if channel+count == q.problem.Weight[1] && q.problem.Activation == conv.ReLU {
		t.Flags |= simd.ReLU
	}
	t.Tiles, t.XStep, t.DstStep, t.Plane = blocks, taps*count*blockSize, blockSize, plainBlocks*blockSize
	for _, l := range q.layout {
		vectors := min(q.kernels.Vectors(l.filters), max(1, blockSize/q.kernels.Lanes))
		for panel := range l.count {
			first := l.first + panel*l.filters
			at := group*perGroup + first
			t.Weight, t.Bias = q.weight[at*size+taps*channel*l.filters:], q.bias[at:]
			for column := 0; column < blockSize; column += vectors * q.kernels.Lanes {
				t.X, t.Dst = inputs[column:], sums[first*t.Plane+column:]
				q.kernels.Run(l.filters, vectors, t)
			}
		}
	}
}

// packPanels packs the filters of all groups as [groups][parts][panels][taps of the part][filters of the panel]. parts
// has the first tap of each part, and at the end the number of taps of a filter.
func packPanels(weight []float32, layout []panels, groups int, parts []int) []float32 {
	packed := make([]float32, len(weight))
	size := parts[len(parts)-1]
	perGroup := len(weight) / groups / size
	eachPanel(layout, groups, perGroup, func(group, filter, filters int) {
		for i, lo := range parts[:len(parts)-1] {
			n := parts[i+1] - lo
			at := perGroup*(group*size+lo) + (filter-group*perGroup)*n
			packPanel(packed[at:][:filters*n], weight[filter*size+lo:], filters, size)
		}
	})
	return packed
}

// eachPanel calls f for each panel of each group, on all cores. filter is the panel's first filter, counted over all
// groups, and filters the number of its filters.
func eachPanel(layout []panels, groups, perGroup int, f func(group, filter, filters int)) {
	type panel struct{ group, filter, filters int }
	var all []panel
	for group := range groups {
		for _, l := range layout {
			for i := range l.count {
				all = append(all, panel{group, group*perGroup + l.first + i*l.filters, l.filters})
			}
		}
	}
	forEach(len(all), func(i int) { f(all[i].group, all[i].filter, all[i].filters) })
}

// packPanel packs some taps of count filters, [filters][taps], as [taps][filters]. In filters, step is the number of
// floats from the taps of one filter to those of the next.
func packPanel(packed, filters []float32, count, step int) {
	size := len(packed) / count
	if count == simd.MaxFilters { // the usual panel: a loop that avoids a cache miss for each weight
		a, b, c := filters[:size], filters[step:][:size], filters[2*step:][:size]
		d, e, f := filters[3*step:][:size], filters[4*step:][:size], filters[5*step:][:size]
		for t := range a {
			*(*[simd.MaxFilters]float32)(packed[t*simd.MaxFilters:]) = [simd.MaxFilters]float32{a[t], b[t], c[t], d[t],
				e[t], f[t]}
		}
		return
	}
	for k := range count {
		for t, w := range filters[k*step:][:size] {
			packed[t*count+k] = w
		}
	}
}
