package cpu

import (
	"math"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// direct adds up the products in the formula's order. A tile of sums, filters × columns, stays in registers, and the
// inputs and weights of each tap are loaded once for the whole tile. Inputs are read directly from the slab: there is
// no matrix of unrolled inputs (im2col). Multiply-adds limit its speed as long as the inputs of a tile stay in the
// first-level cache while all filters use them. Where the channels are too many for that, they are taken in parts, see
// cutChannels. Where rows are short and taps many, a band is computed as one long row, see cutBand.
type direct struct {
	problem   conv.Problem // with defaults filled in
	sums      conv.Shape
	kernels   *simd.Kernels
	layout    []panels
	slab      slab
	taps      simd.Taps
	parts     []int     // the first tap of each part of the channels, and at the end the number of all taps
	inner     int       // how many rows of sums one panel computes before the next panel follows
	flat      bool      // whether bands are flat, see cutBand
	down      bool      // whether panels always compute columns of tiles down a band, see panelRows; for tests
	flatPlane int       // floats between the sums of two filters of a flat band
	weight    []float32 // [groups][parts][panels][taps of the part][filters of the panel]
	bias      []float32
}

func acceptsDirect(conv.Problem, conv.Shape, *simd.Kernels) error { return nil }

func worthDirect(conv.Problem, int, conv.Shape, *simd.Kernels) error { return nil }

func prepareDirect(p conv.Problem, sums conv.Shape, k *simd.Kernels) recipe {
	return &direct{problem: p, sums: sums, kernels: k}
}

func (d *direct) bound() float64        { return 1 }
func (d *direct) tolerance() float64    { return 0 }
func (d *direct) marks() int            { return 0 }
func (d *direct) suits([]float32) error { return nil }
func (d *direct) inPlace() bool         { return false }
func (d *direct) cuts() int             { return 1 }
func (d *direct) together() int         { return 1 }
func (d *direct) columns() int          { return 0 }

func (d *direct) phases(rows int) phases {
	if _, flat, _ := cutBand(&d.problem, d.sums, d.kernels, rows); flat && d.problem.Stride != [2]int{1, 1} {
		return phases{rows: d.problem.Stride[0], columns: d.problem.Stride[1]}
	}
	return phases{columns: d.problem.Stride[1]}
}

func (d *direct) rowStep() int   { return 1 }
func (d *direct) packedLen() int { return d.problem.Weight[0] * (d.size() + 1) }

// size returns how many taps a filter has.
func (d *direct) size() int { return d.problem.Weight[1] * d.problem.Weight[2] * d.problem.Weight[3] }

func (d *direct) inputRows(rows int) int {
	return (rows-1)*d.problem.Stride[0] + (d.problem.Weight[2]-1)*d.problem.Dilation[0] + 1
}

// slabFloats limits the inputs of a task to 192 KiB: together with the weights they fit into a core's second-level
// cache. If even one row of sums needs more, a task has one row.
const slabFloats = 192 << 10 / 4

// wideFloats is the same limit while more than a quarter of a band's inputs are those of the next band, too, which
// copies them again. deepbench's second layer of speech has 4 rows in a band instead of one, and 1.07 to 1.11 times the
// speed (Emerald Rapids).
const wideFloats = 512 << 10 / 4

func (d *direct) fits(rows int) bool {
	most, inputs := slabFloats, d.inputRows(rows)
	if shared := inputs - rows*d.problem.Stride[0]; 4*shared > inputs {
		most = wideFloats
	}
	n, err := conv.Product(d.problem.Weight[1], paddedWidth(&d.problem), inputs)
	return err == nil && n <= most
}

// windowFloats is half of a first-level cache of 32 KiB. If the inputs of a tile and the weights of a panel fit into
// it, or if the kernel is 1×1, a panel computes all rows of a band before the next panel. Otherwise all panels compute
// one row before the next, so that the row's inputs stay in the cache.
const windowFloats = 16 << 10 / 4

// cutRows is how many rows one call computes at most if the tiles reach beyond the ends of the rows.
const cutRows = 16

// images returns the number of images for which a flat band takes the least time per image.
func (d *direct) images(rows, most int) int {
	p, filters := &d.problem, d.problem.Weight[0]/d.problem.Groups
	if _, flat, _ := cutBand(p, d.sums, d.kernels, rows); !flat || p.Stride != [2]int{1, 1} {
		return 1
	}
	best, least := 1, math.Inf(1)
	for n := 1; n <= most && (n == 1 || flatColumns(p, d.sums, rows, n) <= columnsMost); n++ {
		_, cost := cheapestPanels(filters, ceilDiv(flatColumns(p, d.sums, rows, n), d.kernels.Lanes), d.kernels)
		if cost /= float64(n); cost < flatGain*least {
			best, least = n, cost
		}
	}
	return best
}

// columnsMost is the largest number of columns of a flat band of several images.
const columnsMost = 512

func (d *direct) settle(s *slab, rows, images int) {
	p := &d.problem
	d.layout, d.flat, _ = cutBand(p, d.sums, d.kernels, rows)
	if d.flat {
		d.layout = cutFilters(p.Weight[0]/p.Groups, ceilDiv(flatColumns(p, d.sums, rows, images), d.kernels.Lanes),
			d.kernels)
		if p.Stride == [2]int{1, 1} {
			s.hold(images, p.PaddingMode == conv.Zeros)
		}
	}
	d.slab = *s
	d.flatPlane = lines(flatColumns(p, d.sums, rows, images) + d.kernels.Lanes)
	for i := range d.layout {
		l := &d.layout[i]
		l.spans = cutRow(d.sums.W(), d.kernels.Lanes, d.kernels.Vectors(l.filters))
		l.joined = join(l.spans, d.kernels.Lanes)
	}
	d.inner = rows
	window := p.Weight[1] * p.Weight[2] * (2*lineFloats + p.Weight[3])
	if window+d.size()*simd.MaxFilters > windowFloats && !d.pointwise() {
		d.inner = 1
	}
	offsets := make([]int, 0, d.size())
	for c := range p.Weight[1] {
		for u := range p.Weight[2] {
			for v := range p.Weight[3] {
				offsets = append(offsets, s.at(c, u*p.Dilation[0], v*p.Dilation[1]))
			}
		}
	}
	d.taps = simd.NewTaps(offsets)
	d.cutChannels()
}

func (d *direct) pack(weight, bias []float32) {
	d.bias = append([]float32(nil), bias...)
	d.weight = packPanels(weight, d.layout, d.problem.Groups, d.parts)
}

// workspace returns the floats for a flat band of a panel or a flat tile of all filters, or for tiles that reach beyond
// the end of a row.
func (d *direct) workspace() int {
	switch {
	case d.flat && d.deep():
		return d.problem.Weight[0] / d.problem.Groups * maxVectors * d.kernels.Lanes
	case d.flat:
		return simd.MaxFilters * d.flatPlane
	}
	return simd.MaxFilters * cutRows * d.kernels.Lanes
}

// maxVectors is the largest width of a tile, in registers.
const maxVectors = 8

func (d *direct) band(w *worker, o output, p part) {
	n := p.rows
	for m := range p.images {
		d.slab.fill(w, p, m, m, d.inputRows(n))
	}
	w.tile.Taps, w.tile.Flags = d.taps, d.last()
	if d.flat {
		d.flatBand(w, o, p)
		return
	}
	if d.deep() {
		d.deepRows(w, o, p)
		return
	}
	for i := 0; i < n; i += d.inner {
		for j := range d.layout {
			d.panelRows(w, o, p.group, i, min(d.inner, n-i), &d.layout[j])
		}
	}
}

// panelRows computes the rows i ≤ r < i+rows of a band, for all filters of the panels l. It completes the rows of a
// panel one after the other: so a core writes to as few places at a time as a panel has filters, and the processor
// fetches what comes next. The first layer of U-Net took a third of the time that it took in columns of tiles
// (AVX-512, Xeon of Emerald Rapids). Where the outputs of a panel stay in the first-level cache, columns need fewer
// calls.
func (d *direct) panelRows(w *worker, o output, group, i, rows int, l *panels) {
	t := &w.tile
	perGroup, size := d.problem.Weight[0]/d.problem.Groups, d.size()
	pitch, width := d.problem.Stride[0]*d.slab.pitch, d.sums.W()
	columns := d.down || len(l.spans) == 1 || rows*width*l.filters <= windowFloats
	for panel := range l.count {
		filter := l.first + panel*l.filters
		at := group*perGroup + filter
		t.Weight, t.Bias, t.Plane = d.weight[at*size:], d.bias[at:], o.plane
		x, dst := w.slab[i*pitch:], o.data[filter*o.plane+i*width:]
		if columns {
			d.columnTiles(w, x, dst, rows, l)
			continue
		}
		for r := range rows {
			for j := range l.joined {
				s := &l.joined[j]
				t.X, t.Dst, t.Tiles, t.Back = x[r*pitch+s.column:], dst[r*width+s.column:], s.tiles, s.back
				t.XStep, t.DstStep = s.vectors*d.kernels.Lanes, s.vectors*d.kernels.Lanes
				d.kernels.Run(l.filters, s.vectors, t)
			}
		}
	}
}

// columnTiles computes some rows of a panel, as columns of tiles.
func (d *direct) columnTiles(w *worker, x, dst []float32, rows int, l *panels) {
	t := &w.tile
	t.XStep, t.DstStep, t.Tiles = d.problem.Stride[0]*d.slab.pitch, d.sums.W(), rows
	for j := range l.spans {
		s := &l.spans[j]
		t.X, t.Dst, t.Back = x[s.column:], dst[s.column:], s.back
		if s.cut > 0 { // then there is no other span
			d.cutTiles(w, rows, l.filters, s)
			continue
		}
		d.kernels.Run(l.filters, s.vectors, t)
	}
}

// cutTiles computes a column of tiles of one register that reach beyond the ends of their rows, and keeps only what is
// inside.
func (d *direct) cutTiles(w *worker, rows, filters int, s *span) {
	t := &w.tile
	x, dst, plane := t.X, t.Dst, t.Plane
	width := d.kernels.Lanes
	t.Dst, t.Plane, t.DstStep = w.work, cutRows*width, width
	for i := 0; i < rows; i += cutRows {
		t.X, t.Tiles = x[i*t.XStep:], min(cutRows, rows-i)
		d.kernels.Run(filters, s.vectors, t)
		for k := range filters {
			for r := range t.Tiles {
				copy(dst[k*plane+(i+r)*d.sums.W():][:s.cut], w.work[k*t.Plane+r*width:])
			}
		}
	}
}
