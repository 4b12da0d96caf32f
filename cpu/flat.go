package cpu

import (
	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// A flat band is computed as if it were one long row. The rows of its inputs, perhaps of several images, lie in the
// slab one after the other, with their padding, pitch floats apart. With a stride, the rows of each phase lie like
// that. So output j of row i reads what output i·pitch+j of the long row reads. Rows of outputs are shorter than those
// of the slab, so some outputs of the long row belong to no row. They are dropped. In return tiles are as wide as
// possible, however short the rows are, and load each weight for several rows at a time.

const (
	// Copying a row out of a flat band takes copyRow cycles, and copyFloats more for each float in it.
	copyRow    = 10
	copyFloats = 0.25
	// Bands are flat if their estimated cycles are less than flatGain times those of separate rows. Smaller gains did
	// not show in measurements.
	flatGain = 0.95
)

// cutBand returns the panels for bands of this many rows, and whether flat bands take less time than separate rows.
// cost estimates the cycles that one tap of all filters of a group takes for one row, copying flat bands included.
func cutBand(p *conv.Problem, sums conv.Shape, k *simd.Kernels, rows int) (layout []panels, flat bool, cost float64) {
	filters := p.Weight[0] / p.Groups
	layout, cost = cheapestPanels(filters, ceilDiv(sums.W(), k.Lanes), k)
	taps := p.Weight[1] * p.Weight[2] * p.Weight[3]
	copies := float64(filters) * (copyRow + copyFloats*float64(sums.W())) / float64(taps)
	rowed := cost
	if sums.W() < k.Lanes {
		rowed += copies // see cutTiles
	}
	long, all := cheapestPanels(filters, ceilDiv(flatColumns(p, sums, rows, 1), k.Lanes), k)
	if perRow := all/float64(rows) + copies; perRow < flatGain*rowed {
		return long, true, perRow
	}
	return layout, false, cost
}

// flatPitch returns how many floats lie between two rows of a flat band.
func flatPitch(p *conv.Problem) int {
	if p.Stride != [2]int{1, 1} {
		return ceilDiv(paddedWidth(p), min(p.Stride[1], paddedWidth(p)))
	}
	if p.PaddingMode == conv.Zeros {
		return p.Src.W() + max(p.Padding.Left, p.Padding.Right) // see slab.hold
	}
	return paddedWidth(p)
}

// flatColumns returns how many columns a flat band has that computes this many rows of sums of each of its images. With
// a stride there is one image.
func flatColumns(p *conv.Problem, sums conv.Shape, rows, images int) int {
	inputs := rows + (p.Weight[2]-1)*p.Dilation[0] // rows of an image in the slab
	return ((images-1)*inputs+rows-1)*flatPitch(p) + sums.W()
}

// flatBand computes a flat band. It computes the sums of each panel in w.work, and copies those that belong to a row of
// outputs.
func (d *direct) flatBand(w *worker, o output, p part) {
	t := &w.tile
	columns := flatColumns(&d.problem, d.sums, p.rows, p.images)
	if d.deep() {
		d.deepFlat(w, o, p, columns)
		return
	}
	t.Plane = d.flatPlane
	perGroup, size := d.problem.Weight[0]/d.problem.Groups, d.size()
	for _, l := range d.layout {
		for panel := range l.count {
			filter := l.first + panel*l.filters
			at := p.group*perGroup + filter
			t.Weight, t.Bias = d.weight[at*size:], d.bias[at:]
			runRow(d.kernels, t, w.work, w.slab, l.filters, columns)
			for k := range l.filters {
				for m := range p.images {
					sums := w.work[k*t.Plane+m*d.slab.rows*d.slab.pitch:]
					d.unfold(o.data[m*o.image+(filter+k)*o.plane:], sums, p.rows)
				}
			}
		}
	}
}

// unfold copies rows of sums of one filter from a flat band.
func (d *direct) unfold(dst, sums []float32, rows int) {
	width, pitch := d.sums.W(), d.slab.pitch
	if pitch == width {
		copy(dst[:rows*width], sums)
		return
	}
	for i := range rows {
		copy(dst[i*width:][:width], sums[i*pitch:])
	}
}

// runRow computes a row of columns as tiles that are as even as possible: some have one width, the others are one
// register narrower. The last one may reach beyond the end of the row, by less than a register.
func runRow(k *simd.Kernels, t *simd.Tile, dst, x []float32, filters, columns int) {
	vectors := ceilDiv(columns, k.Lanes)
	tiles := ceilDiv(vectors, k.Vectors(filters))
	narrow, wide := vectors/tiles, vectors%tiles
	at := 0
	for i, count := range [2]int{wide, tiles - wide} {
		if count == 0 {
			continue
		}
		width := narrow + 1 - i
		step := width * k.Lanes
		t.X, t.Dst, t.Tiles, t.XStep, t.DstStep = x[at:], dst[at:], count, step, step
		k.Run(filters, width, t)
		at += count * step
	}
}
