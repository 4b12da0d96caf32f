package cpu

import (
	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// slab is the layout of the inputs of one task: a band of rows of one image, or all rows of some images, all channels
// of one group, copied with their padding. The columns of a row are distributed over S phases, which lie one after the
// other:
//
//	row: columns 0, S, 2S, … | columns 1, S+1, 2S+1, … | …
//
// S is the column stride, or 4 for Winograd, whose blocks begin at every fourth column. So neighbouring outputs, or
// blocks, read neighbouring floats, whatever the stride is.
type slab struct {
	problem  conv.Problem // with defaults filled in
	phases   int
	columns  int   // of the padded image, with zeros after it if the recipe reads further
	perPhase int   // floats of one phase of a row: columns / phases, rounded up
	pitch    int   // floats between rows
	plane    int   // floats between channels
	rows     int   // the most rows that a task has of an image; the rows of the next image follow
	to       []int // places in a row of the slab: of columns 0 to phases−1 of the image without its padding
}

// lineFloats is the number of floats in a cache line.
const lineFloats = 16

// newSlab lays out bands of this many rows of the padded image, with at least this many columns.
func newSlab(p conv.Problem, rows, columns, phases int) slab {
	s := slab{problem: p, rows: rows}
	s.columns = max(columns, paddedWidth(&p))
	s.phases = min(phases, s.columns) // more would be empty
	s.perPhase = ceilDiv(s.columns, s.phases)
	s.pitch = s.perPhase * s.phases
	s.plane = lines(rows * s.pitch)
	for x := range s.phases {
		s.to = append(s.to, s.at(0, 0, p.Padding.Left+x))
	}
	return s
}

// hold makes room for this many images. If rows share their padding, the zeros at the left of a row are also those at
// the right of the row before it.
func (s *slab) hold(images int, shared bool) {
	p, after := &s.problem.Padding, 0
	if shared {
		after = max(p.Left, p.Right)
		s.pitch = s.problem.Src.W() + after
		s.perPhase = s.pitch
	}
	s.plane = lines(images*s.rows*s.pitch + after)
}

func paddedWidth(p *conv.Problem) int  { return p.Src.W() + p.Padding.Left + p.Padding.Right }
func paddedHeight(p *conv.Problem) int { return p.Src.H() + p.Padding.Top + p.Padding.Bottom }

// lines rounds n floats up to an odd number of cache lines. Arrays at that distance do not compete for the same sets of
// a cache.
func lines(n int) int { return (ceilDiv(n, lineFloats) | 1) * lineFloats }

// len returns how many floats a slab takes, with slack for a last tile that reads beyond the end of its row.
func (s *slab) len(slack int) int { return s.problem.Weight[1]*s.plane + slack }

// at returns the index of an element. row and column count from the slab's first.
func (s *slab) at(channel, row, column int) int {
	return channel*s.plane + row*s.pitch + column%s.phases*s.perPhase + column/s.phases
}

// fill copies the rows of the m-th image of a part that its sums need to w.slab, for the channels of its group, as the
// image number place. There are this many rows, or fewer if the slab has fewer. After the padded image's last row it
// writes zeros. It leaves the zeros after the end of each row as they are.
func (s *slab) fill(w *worker, of part, m, place, rows int) {
	p := &s.problem
	first := of.first * p.Stride[0]
	rows = min(rows, s.rows)
	top := min(max(p.Padding.Top-first, 0), rows)                // rows above the image
	inside := min(max(p.Padding.Top+p.Src.H()-first, top), rows) // rows above the image and in it
	for c := range p.Weight[1] {
		plane := of.src.Plane(of.image+m, of.group*p.Weight[1]+c)
		dst := w.slab[c*s.plane+place*s.rows*s.pitch:][:rows*s.pitch]
		if top > 0 {
			s.fillPadding(w, dst, plane, first, 0, top)
		}
		if top < inside {
			s.fillRows(w, dst[top*s.pitch:], plane[(first+top-p.Padding.Top)*p.Src.W():], inside-top)
		}
		if inside < rows {
			s.fillPadding(w, dst, plane, first, inside, rows)
		}
	}
}

// fillPadding writes the rows lo ≤ i < hi of a channel of the slab, all of which lie above or below the image. Row i is
// row first+i of the padded image. plane has the channel's pixels.
func (s *slab) fillPadding(w *worker, dst, plane []float32, first, lo, hi int) {
	p, height := &s.problem, paddedHeight(&s.problem)
	for i := lo; i < hi; i++ {
		row := dst[i*s.pitch:][:s.pitch]
		y := p.PaddingMode.Source(first+i-p.Padding.Top, p.Src.H())
		if y < 0 || first+i >= height {
			clear(row)
			continue
		}
		s.fillRows(w, row, plane[y*p.Src.W():], 1)
	}
}

// fillRows writes neighbouring rows of the image, with the padding at their sides.
func (s *slab) fillRows(w *worker, dst, pixels []float32, rows int) {
	p := &s.problem
	left, width := p.Padding.Left, p.Src.W()
	switch {
	case s.phases > 1:
		s.deal(w, dst, pixels, rows)
	case s.pitch == width:
		copy(dst, pixels[:rows*width])
	default:
		for i := range rows {
			copy(dst[i*s.pitch+left:], pixels[i*width:][:width])
		}
	}
	if p.PaddingMode == conv.Zeros {
		return // the padding still has the zeros that the slab was made with
	}
	for i := range rows {
		row, from := dst[i*s.pitch:][:s.pitch], pixels[i*width:][:width]
		for x := range left {
			row[s.at(0, 0, x)] = from[p.PaddingMode.Source(x-left, width)]
		}
		for x := left + width; x < paddedWidth(p); x++ {
			row[s.at(0, 0, x)] = from[p.PaddingMode.Source(x-left, width)]
		}
	}
}

// deal copies the pixels of some rows to their phases. A kernel copies groups of one pixel for each phase; a loop
// copies the pixels that remain at the end of each row.
func (s *slab) deal(w *worker, dst, pixels []float32, rows int) {
	width := s.problem.Src.W()
	d := &w.dealt
	*d = simd.Deal{Dst: dst, Src: pixels, To: s.to, SrcStep: width, DstStep: s.pitch, Groups: width / s.phases,
		Rows: rows}
	w.kernels.Deal(d)
	for x := d.Groups * s.phases; x < width; x++ {
		to := s.at(0, 0, s.problem.Padding.Left+x)
		for i := range rows {
			dst[i*s.pitch+to] = pixels[i*width+x]
		}
	}
}
