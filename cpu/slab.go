package cpu

import (
	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// slab is the layout of the inputs of one task: a band of rows of one image, or all rows of some images, all channels
// of one group, copied with their padding. The columns are distributed over S phases. S is the column stride, or 4 for
// Winograd, whose blocks begin at every fourth column. So neighbouring outputs, or blocks, read neighbouring floats,
// whatever the stride is. The phases of a row lie one after the other:
//
//	row: columns 0, S, 2S, … | columns 1, S+1, 2S+1, … | …
//
// For flat bands the rows are distributed over R phases as well, R being the row stride. Then the phases lie apart:
// each has the columns of all of its rows. So neighbouring rows of outputs read neighbouring rows of a phase.
type slab struct {
	problem  conv.Problem // with defaults filled in
	phases   phases
	columns  int   // of the padded image, with zeros after it if the recipe reads further
	perPhase int   // floats of one phase of a row: columns / S, rounded up
	pitch    int   // floats between rows of the same phase
	rowPhase int   // floats between phases of rows
	colPhase int   // floats between phases of columns
	plane    int   // floats between channels
	rows     int   // the most rows that a task has of an image; the rows of the next image follow
	to       []int // places in a row of the slab: of columns 0 to S−1 of the image without its padding
}

// phases says over how many phases the columns and the rows are distributed. If rows is 0, the rows are not
// distributed, and all phases of columns of a row lie side by side.
type phases struct{ rows, columns int }

// lineFloats is the number of floats in a cache line.
const lineFloats = 16

// newSlab lays out bands of this many rows of the padded image, with at least this many columns.
func newSlab(p conv.Problem, rows, columns int, by phases) slab {
	s := slab{problem: p, rows: rows, phases: by}
	s.columns = max(columns, paddedWidth(&p))
	s.phases.columns = min(by.columns, s.columns) // more would be empty
	s.perPhase = ceilDiv(s.columns, s.phases.columns)
	s.pitch, s.colPhase = s.perPhase*s.phases.columns, s.perPhase
	s.plane = lines(rows * s.pitch)
	s.phases.rows = min(max(by.rows, 1), rows)
	if by.rows > 0 {
		s.pitch, s.colPhase = s.perPhase, lines(ceilDiv(rows, s.phases.rows)*s.perPhase)
		s.rowPhase = s.phases.columns * s.colPhase
		s.plane = s.phases.rows * s.rowPhase
	}
	for x := range s.phases.columns {
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
	return channel*s.plane + row%s.phases.rows*s.rowPhase + row/s.phases.rows*s.pitch +
		column%s.phases.columns*s.colPhase + column/s.phases.columns
}

// fill copies to w.slab the pixels that the sums of a part need from its m-th image, in the channels of the part's
// group. place is the number of the image in the slab. fill copies this many rows, or fewer if the slab has fewer.
// After the padded image's last row it writes zeros. It leaves the zeros after the end of each row as they are.
func (s *slab) fill(w *worker, of part, m, place, rows int) {
	p := &s.problem
	first := of.first * p.Stride[0]
	rows = min(rows, s.rows)
	top := min(max(p.Padding.Top-first, 0), rows)                // rows above the image
	inside := min(max(p.Padding.Top+p.Src.H()-first, top), rows) // rows above the image and in it
	if top == 0 && inside == rows && s.pitch == p.Src.W() && s.phases == (phases{1, 1}) {
		s.copyPlanes(w.slab[place*s.rows*s.pitch:], of, m, first-p.Padding.Top, rows)
		return
	}
	for c := range p.Weight[1] {
		plane := of.src.Plane(of.image+m, of.group*p.Weight[1]+c)
		dst := w.slab[c*s.plane+place*s.rows*s.pitch : (c+1)*s.plane]
		if top > 0 {
			s.fillPadding(w, dst, plane, first, 0, top)
		}
		if top < inside {
			s.fillRows(w, dst, top, plane[(first+top-p.Padding.Top)*p.Src.W():], inside-top)
		}
		if inside < rows {
			s.fillPadding(w, dst, plane, first, inside, rows)
		}
	}
}

// copyPlanes copies rows of the image, from first on, to slabs whose rows have no padding. It does what fillRows does
// with fewer calls for each channel: a layer of 832 channels of 7×7 pixels took 0.94 times as long.
func (s *slab) copyPlanes(dst []float32, of part, m, first, rows int) {
	p := &s.problem
	size, floats := p.Src.H()*p.Src.W(), rows*s.pitch
	src := of.src.Data[((of.image+m)*p.Src.C()+of.group*p.Weight[1])*size+first*s.pitch:]
	for c := range p.Weight[1] {
		copy(dst[c*s.plane:][:floats], src[c*size:][:floats])
	}
}

// fillPadding writes the rows lo ≤ i < hi of a channel of the slab, all of which lie above or below the image. Row i is
// row first+i of the padded image. plane has the channel's pixels.
func (s *slab) fillPadding(w *worker, dst, plane []float32, first, lo, hi int) {
	p, height := &s.problem, paddedHeight(&s.problem)
	for i := lo; i < hi; i++ {
		y := p.PaddingMode.Source(first+i-p.Padding.Top, p.Src.H())
		if y >= 0 && first+i < height {
			s.fillRows(w, dst, i, plane[y*p.Src.W():], 1)
			continue
		}
		for phase := range s.phases.columns {
			clear(dst[s.at(0, i, phase):][:s.perPhase])
		}
	}
}

// fillRows writes neighbouring rows of the image to the rows first ≤ i < first+rows of a channel of the slab, with the
// padding at their sides.
func (s *slab) fillRows(w *worker, dst []float32, first int, pixels []float32, rows int) {
	p := &s.problem
	left, width := p.Padding.Left, p.Src.W()
	switch {
	case s.phases.columns > 1:
		for i := range min(s.phases.rows, rows) {
			s.deal(w, dst[s.at(0, first+i, 0):], pixels[i*width:], ceilDiv(rows-i, s.phases.rows))
		}
	case s.pitch == width && s.phases.rows == 1:
		copy(dst[first*width:], pixels[:rows*width])
	default:
		for i := range rows {
			copy(dst[s.at(0, first+i, left):], pixels[i*width:][:width])
		}
	}
	if p.PaddingMode == conv.Zeros {
		return // the padding still has the zeros that the slab was made with
	}
	for i := range rows {
		from := pixels[i*width:][:width]
		for x := range left {
			dst[s.at(0, first+i, x)] = from[p.PaddingMode.Source(x-left, width)]
		}
		for x := left + width; x < paddedWidth(p); x++ {
			dst[s.at(0, first+i, x)] = from[p.PaddingMode.Source(x-left, width)]
		}
	}
}

// deal copies the pixels of some rows of the same phase to the phases of their columns. A kernel copies groups of one
// pixel for each phase; a loop copies the pixels that remain at the end of each row.
func (s *slab) deal(w *worker, dst, pixels []float32, rows int) {
	width, columns := s.problem.Src.W(), s.phases.columns
	d := &w.dealt
	*d = simd.Deal{Dst: dst, Src: pixels, To: s.to, SrcStep: s.phases.rows * width, DstStep: s.pitch,
		Groups: width / columns, Rows: rows}
	w.kernels.Deal(d)
	for x := d.Groups * columns; x < width; x++ {
		to := s.at(0, 0, s.problem.Padding.Left+x)
		for i := range rows {
			dst[i*s.pitch+to] = pixels[i*d.SrcStep+x]
		}
	}
}
