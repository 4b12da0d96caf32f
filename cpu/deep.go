package cpu

import (
	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// With many channels, the inputs of a tile exceed a first-level cache, and each panel of filters would read them from
// the second one. So direct takes the channels in parts. The inputs of some tiles, for the channels of a part, stay in
// the cache while all panels use them. Then the next part follows, and adds to the sums that the part before it has
// stored. The products are added in the same order as without parts, so that the sums have the same bits.

const (
	// reuseFloats limits the inputs of a call, for the channels of a part, to 20 KiB of a first-level cache of 32 KiB.
	reuseFloats = 20 << 10 / 4
	// pointFloats is the same limit for 1×1 kernels. Their tiles read whole cache lines, in order, which come from the
	// second-level cache in time.
	pointFloats = 60 << 10 / 4
	// partTaps is the least number of taps of a part. With that many, loading and storing the sums costs little.
	partTaps = 48
)

// cutChannels divides the taps into parts of whole channels.
func (d *direct) cutChannels() {
	p, perChannel := &d.problem, d.problem.Weight[2]*d.problem.Weight[3]
	most := reuseFloats
	if d.pointwise() {
		most = pointFloats
	}
	count := ceilDiv(p.Weight[1]*d.tileFloats(1), most)
	if count > 1 && !d.flat && !d.pointwise() {
		count = ceilDiv(p.Weight[1]*d.tileFloats(d.layout[0].joined[0].tiles), most) // see deepRows
	}
	count = max(1, min(count, p.Weight[1], d.size()/partTaps))
	if d.layout[0].count+len(d.layout) == 2 || d.cut() {
		count = 1
	}
	if d.flat && p.Stride != [2]int{1, 1} {
		count = 1 // AlexNet's first layer took 1.04 times as long in two parts (AVX-512, Zen 4)
	}
	for i := range count + 1 {
		d.parts = append(d.parts, p.Weight[1]*i/count*perChannel)
	}
}

// pointwise reports whether the kernel is 1×1.
func (d *direct) pointwise() bool { return d.size() == d.problem.Weight[1] }

// deep reports whether the channels are taken in several parts.
func (d *direct) deep() bool { return len(d.parts) > 2 }

// cut reports whether tiles reach beyond the ends of their rows, and are computed by cutTiles.
func (d *direct) cut() bool { return !d.flat && d.layout[0].spans[0].cut > 0 }

// tileFloats returns about how many floats of a channel this many neighbouring tiles read.
func (d *direct) tileFloats(tiles int) int {
	p, width := &d.problem, d.kernels.Vectors(d.layout[0].filters)*d.kernels.Lanes
	if !d.flat {
		width = tiles * d.layout[0].spans[0].vectors * d.kernels.Lanes // of the widest
	}
	phases := min(p.Stride[1], p.Weight[3])
	rows := p.Weight[2] * (phases*width + (p.Weight[3]-1)*p.Dilation[1])
	if d.flat && phases == 1 {
		rows = min(rows, (p.Weight[2]-1)*p.Dilation[0]*d.slab.pitch+(p.Weight[3]-1)*p.Dilation[1]+width)
	}
	return rows
}

// last returns the flags of a tile that completes its sums.
func (d *direct) last() simd.Flags {
	if d.problem.Activation == conv.ReLU {
		return simd.ReLU
	}
	return 0
}

// deepRows computes the rows of a band. It computes neighbouring tiles of the same width in one call: so the weights of
// a panel and a part are read once for them. The sums of a tile stay in dst between the parts. One tile in each call,
// with larger parts, has 0.9 to 1 times the speed (AVX2, Zen 3).
func (d *direct) deepRows(w *worker, o output, p part) {
	t := &w.tile
	t.Plane = o.plane
	for i := range p.rows {
		for _, s := range d.layout[0].joined { // panels of fewer filters could have wider tiles, but not narrower ones
			t.Tiles, t.Back = s.tiles, s.back
			t.XStep, t.DstStep = s.vectors*d.kernels.Lanes, s.vectors*d.kernels.Lanes
			for part := range d.parts[1:] {
				d.setPart(t, part)
				for j := range d.layout {
					l := &d.layout[j]
					t.X = w.slab[i*d.problem.Stride[0]*d.slab.pitch+s.column:]
					for panel := range l.count {
						filter := d.setPanel(t, p.group, part, l, panel)
						t.Dst = o.data[filter*o.plane+i*d.sums.W()+s.column:]
						d.kernels.Run(l.filters, s.vectors, t)
					}
				}
			}
		}
	}
}

// setPart prepares a tile for the taps of a part.
func (d *direct) setPart(t *simd.Tile, part int) {
	t.Taps, t.Flags = d.taps.Slice(d.parts[part], d.parts[part+1]), 0
	if part > 0 {
		t.Flags |= simd.Accumulate
	}
	if part == len(d.parts)-2 {
		t.Flags |= d.last()
	}
}

// setPanel prepares a tile for a panel and a part, and returns the panel's first filter, counted within the group.
func (d *direct) setPanel(t *simd.Tile, group, part int, l *panels, panel int) (filter int) {
	filter = l.first + panel*l.filters
	perGroup, lo := d.problem.Weight[0]/d.problem.Groups, d.parts[part]
	t.Weight = d.weight[perGroup*(group*d.size()+lo)+filter*(d.parts[part+1]-lo):]
	t.Bias = d.bias[group*perGroup+filter:]
	return filter
}

// segment is a piece of a row of outputs that a flat tile computes.
type segment struct{ from, to, floats int } // from is a column of the tile, to an index into output.data

// deepFlat computes a flat band, tile by tile. The sums of a tile stay in w.work, for all filters.
func (d *direct) deepFlat(w *worker, o output, p part, columns int) {
	t := &w.tile
	vectors, at := ceilDiv(columns, d.kernels.Lanes), 0
	for tiles := ceilDiv(vectors, d.kernels.Vectors(d.layout[0].filters)); tiles > 0; tiles-- {
		width := ceilDiv(vectors, tiles)
		vectors -= width
		t.X, t.Tiles, t.Plane = w.slab[at:], 1, width*d.kernels.Lanes
		w.segments = d.segments(w.segments[:0], o, p, at, t.Plane)
		for part := range d.parts[1:] {
			d.setPart(t, part)
			for j := range d.layout {
				l := &d.layout[j]
				for panel := range l.count {
					filter := d.setPanel(t, p.group, part, l, panel)
					t.Dst = w.work[filter*t.Plane:]
					d.kernels.Run(l.filters, width, t)
					if part < len(d.parts)-2 {
						continue
					}
					for k := range l.filters {
						dst, sums := o.data[(filter+k)*o.plane:], w.work[(filter+k)*t.Plane:][:t.Plane]
						for _, s := range w.segments {
							copy(dst[s.to:][:s.floats], sums[s.from:])
						}
					}
				}
			}
		}
		at += t.Plane
	}
}

// segments appends the pieces of rows that the columns first ≤ x < first+count of a flat band have.
func (d *direct) segments(all []segment, o output, p part, first, count int) []segment {
	width, pitch := d.sums.W(), d.slab.pitch
	image := d.slab.rows * pitch
	for at := first; at < first+count && at/image < p.images; {
		m, i, j := at/image, at%image/pitch, at%pitch
		floats := min(width-j, first+count-at)
		if i < p.rows && floats > 0 {
			to := m*o.image + i*width + j
			if n := len(all); n > 0 && all[n-1].to+all[n-1].floats == to && pitch == width {
				all[n-1].floats += floats
			} else {
				all = append(all, segment{at - first, to, floats})
			}
		}
		at += min(pitch-j, first+count-at)
	}
	return all
}
