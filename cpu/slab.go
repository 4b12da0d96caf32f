package cpu

import "gpuconv/conv"

// slab is the layout of the inputs of one task: a band of rows of one image, all channels of one group, copied with its
// padding. The columns of a row are distributed over as many phases as the column stride S,
//
//	row: column 0, S, 2S, … | column 1, S+1, … | …
//
// so that neighbouring outputs read neighbouring floats, whatever the stride is. Winograd's blocks of 4 columns have a
// stride of 4.
type slab struct {
	problem  conv.Problem // with defaults filled in
	phases   int
	columns  int // of the padded image, with zeros after it if the recipe reads further
	perPhase int // columns of one phase, rounded up
	pitch    int // floats between rows
	plane    int // floats between channels
	rows     int // the most rows that a task has
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
	return s
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

// fill copies the rows first ≤ y < first+rows of the padded image n, for the channels of a group. After the padded
// image's last row it writes zeros. It leaves the zeros after the end of each row as they are.
func (s *slab) fill(dst []float32, src *conv.Tensor, n, group, first, rows int) {
	p, height := &s.problem, paddedHeight(&s.problem)
	for c := range p.Weight[1] {
		plane := src.Plane(n, group*p.Weight[1]+c)
		if p.Padding == (conv.Padding{}) && s.pitch == p.Src.W() && s.phases == 1 {
			copy(dst[c*s.plane:], plane[first*s.pitch:][:rows*s.pitch])
			continue
		}
		for i := range rows {
			row := dst[c*s.plane+i*s.pitch:][:s.pitch]
			y := p.PaddingMode.Source(first+i-p.Padding.Top, p.Src.H())
			if y < 0 || first+i >= height {
				clear(row)
				continue
			}
			s.fillRow(row, plane[y*p.Src.W():][:p.Src.W()])
		}
	}
}

func (s *slab) fillRow(row, pixels []float32) {
	left := s.problem.Padding.Left
	if s.phases == 1 {
		copy(row[left:], pixels)
	} else {
		s.deal(row, pixels)
	}
	if s.problem.PaddingMode == conv.Zeros {
		return // the padding still has the zeros that the slab was made with
	}
	for x := range left {
		row[x%s.phases*s.perPhase+x/s.phases] = pixels[s.problem.PaddingMode.Source(x-left, len(pixels))]
	}
	for x := left + len(pixels); x < paddedWidth(&s.problem); x++ {
		row[x%s.phases*s.perPhase+x/s.phases] = pixels[s.problem.PaddingMode.Source(x-left, len(pixels))]
	}
}

// deal copies pixels to their phases: one by one up to the first column that is a multiple of the number of phases,
// then in groups of one pixel per phase.
func (s *slab) deal(row, pixels []float32) {
	x := s.problem.Padding.Left
	for ; x%s.phases != 0 && len(pixels) > 0; x++ {
		row[x%s.phases*s.perPhase+x/s.phases], pixels = pixels[0], pixels[1:]
	}
	row = row[x/s.phases:]
	switch groups := len(pixels) / s.phases; s.phases {
	case 2:
		deal2(row[:groups], row[s.perPhase:][:groups], pixels)
	case 4:
		deal4(row[:groups], row[s.perPhase:][:groups], row[2*s.perPhase:][:groups], row[3*s.perPhase:][:groups], pixels)
	default:
		for phase := range s.phases {
			for i := range groups {
				row[phase*s.perPhase+i] = pixels[phase+i*s.phases]
			}
		}
	}
	groups := len(pixels) / s.phases
	for phase, v := range pixels[groups*s.phases:] {
		row[phase*s.perPhase+groups] = v
	}
}

// deal2 and deal4 are the loops of deal for strides of 2 and for Winograd's blocks, without a bounds check for each
// pixel.
func deal2(a, b, pixels []float32) {
	for i := range min(len(a), len(b)) {
		group := (*[2]float32)(pixels[2*i:])
		a[i], b[i] = group[0], group[1]
	}
}

func deal4(a, b, c, d, pixels []float32) {
	for i := range min(len(a), len(b), len(c), len(d)) {
		group := (*[4]float32)(pixels[4*i:])
		a[i], b[i], c[i], d[i] = group[0], group[1], group[2], group[3]
	}
}
