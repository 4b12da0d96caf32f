package cpu

import "gpuconv/conv"

// slab is the layout of the inputs of one task: a band of rows of one image, all channels of one group, copied with its
// padding. The columns of a row are dealt out to as many phases as the stride S is wide,
//
//	row: column 0, S, 2S, … | column 1, S+1, … | …
//
// so that neighbouring outputs read neighbouring floats whatever the stride is.
type slab struct {
	problem  conv.Problem // with defaults filled in
	phases   int
	columns  int // of the padded image, and zeros after it if the recipe reads on
	perPhase int // columns of one phase, rounded up
	pitch    int // floats between rows
	plane    int // floats between channels
	rows     int // the most rows that a task has
}

// lineFloats is a cache line.
const lineFloats = 16

// newSlab lays out bands of so many rows of the padded image, with at least so many columns.
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

// lines rounds n floats up to an odd number of cache lines. Rows that are so far apart do not compete for the same sets
// of a cache.
func lines(n int) int { return (ceilDiv(n, lineFloats) | 1) * lineFloats }

// len is how many floats a slab takes, with slack for a last tile that reads beyond the end of its row.
func (s *slab) len(slack int) int { return s.problem.Weight[1]*s.plane + slack }

// at returns the place of an element.
func (s *slab) at(channel, row, column int) int {
	return channel*s.plane + row*s.pitch + column%s.phases*s.perPhase + column/s.phases
}

// fill copies rows first ≤ y < first+rows of the padded image n, of the channels of a group. After the image's last row
// it writes zeros. After the end of each row zeros stay zeros.
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
		return // nothing is ever written there
	}
	for x := range left {
		row[x%s.phases*s.perPhase+x/s.phases] = pixels[s.problem.PaddingMode.Source(x-left, len(pixels))]
	}
	for x := left + len(pixels); x < paddedWidth(&s.problem); x++ {
		row[x%s.phases*s.perPhase+x/s.phases] = pixels[s.problem.PaddingMode.Source(x-left, len(pixels))]
	}
}

// deal copies pixels to their phases: one by one up to the first column that is a multiple of the number of phases,
// then group by group.
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

// deal2 and deal4 are the loops for strides of 2 and for Winograd's blocks, without a bounds check for each pixel.
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
