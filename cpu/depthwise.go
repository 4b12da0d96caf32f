package cpu

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// depthwise computes filters of one channel. A strip of sums for each row of the kernel stays in registers while rows
// of inputs slide past, so that each row is loaded once instead of once for each row of the kernel. With AVX2 and 3×3
// weights it computes pairs of rows of outputs instead, and the weights stay in registers. It reads images in place,
// with masks for zeros at their sides; images with other padding are copied into the slab first. It adds up the
// products in the formula's order, so that it gives the same bits as direct.
type depthwise struct {
	problem conv.Problem // with defaults filled in
	sums    conv.Shape
	kernels *simd.Kernels
	slab    slab
	strips  []strip
	pairs   *simd.Strip // whole rows, if they are computed in pairs: see slidePairs
	eager   bool        // compute pairs, however few; for tests
	weight  []float32   // [filters][columns of the kernel][rows of the kernel]
	bias    []float32
}

// strip is the part of a row of sums that one call computes. column is its first column.
type strip struct {
	simd.Strip
	column int
}

func acceptsDepthwise(p conv.Problem, sums conv.Shape, k *simd.Kernels) error {
	switch {
	case p.Weight[1] != 1:
		return fmt.Errorf("it computes 1 channel per group, not %d", p.Weight[1])
	case p.Stride[0] != p.Stride[1] || p.Stride[0] > simd.MaxSlideStride:
		return fmt.Errorf("it computes strides of 1 and 2, not of %v", p.Stride)
	case p.Dilation[0] != 1:
		return fmt.Errorf("it computes rows without dilation, not of %d", p.Dilation[0])
	case k.StripVectors(p.Weight[2], p.Stride[0]) == 0:
		return fmt.Errorf("it has no instructions of %v for kernels of %d rows", k.ISA, p.Weight[2])
	}
	_, err := cutStrips(&p, sums.W(), k)
	return err
}

// worthDepthwise returns nil, or an error that says why direct is faster.
func worthDepthwise(p conv.Problem, _ int, _ conv.Shape, _ *simd.Kernels) error {
	most := 1
	if p.Weight[2] == 3 && p.Stride[0] == 1 {
		most = 2 // at 48×64, 2 filters took 0.68 of direct's time with AVX-512, 0.84 with AVX2 (Zen 4)
	}
	if filters := p.Weight[0] / p.Groups; filters > most {
		return fmt.Errorf("direct shares inputs among the %d filters of a group", filters)
	}
	return nil
}

func prepareDepthwise(p conv.Problem, sums conv.Shape, k *simd.Kernels) recipe {
	d := &depthwise{problem: p, sums: sums, kernels: k}
	d.strips, _ = cutStrips(&p, sums.W(), k)
	width, offsets := stripInputs(&p, 0)
	if s, ok := k.NewPairs(p.Weight[2], sums.W(), width, p.Stride[1], offsets); ok {
		d.pairs = &s
	}
	return d
}

// inPlace reports whether images are read where they are.
func inPlace(p *conv.Problem) bool { return p.PaddingMode == conv.Zeros }

// cutStrips divides rows of sums into strips. It returns an error if the kernel has so many columns that they read
// beyond the end of a row where a strip has no mask.
func cutStrips(p *conv.Problem, columns int, k *simd.Kernels) (all []strip, err error) {
	for _, span := range cutRow(columns, k.Lanes, k.StripVectors(p.Weight[2], p.Stride[0])) {
		width, offsets := stripInputs(p, span.column)
		s, ok := k.NewStrip(min(span.vectors*k.Lanes, columns), width, p.Stride[1], offsets)
		if !ok {
			return nil, fmt.Errorf("its strips do not fit rows of %d pixels with kernels of %d columns", p.Src.W(),
				p.Weight[3])
		}
		all = append(all, strip{s, span.column})
	}
	return all, nil
}

// stripInputs returns the width of a row of inputs, and which columns of it the outputs in this column read.
func stripInputs(p *conv.Problem, column int) (width int, offsets []int) {
	width, left := p.Src.W(), p.Padding.Left
	if !inPlace(p) {
		width, left = paddedWidth(p), 0
	}
	offsets = make([]int, p.Weight[3])
	for v := range offsets {
		offsets[v] = column*p.Stride[1] + v*p.Dilation[1] - left
	}
	return width, offsets
}

func (d *depthwise) bound() float64        { return 1 }
func (d *depthwise) tolerance() float64    { return 0 }
func (d *depthwise) marks() int            { return 0 }
func (d *depthwise) suits([]float32) error { return nil }
func (d *depthwise) inPlace() bool         { return inPlace(&d.problem) }
func (d *depthwise) columns() int          { return 0 }
func (d *depthwise) phases(int) phases     { return phases{columns: 1} }
func (d *depthwise) rowStep() int          { return 1 }
func (d *depthwise) packedLen() int        { return d.problem.Weight[0] * (d.size() + 1) }
func (d *depthwise) images(_, _ int) int   { return 1 }

func (d *depthwise) settle(s *slab, _, _ int) { d.slab = *s }

// workspace returns the floats for a row of zeros, and for what loads reach to its left and to its right.
func (d *depthwise) workspace() int { return paddedWidth(&d.problem) + 2*d.slack() }

// slack is how many floats there are before the row of zeros. A load that reaches into a page that the system has not
// provided yet takes hundreds of cycles, even if its mask excludes that page: small images took 3 times as long.
func (d *depthwise) slack() int {
	return d.problem.Padding.Left + d.problem.Padding.Right + 2*d.kernels.Lanes
}

// size returns how many taps a filter has.
func (d *depthwise) size() int { return d.problem.Weight[2] * d.problem.Weight[3] }

func (d *depthwise) inputRows(rows int) int {
	return (rows-1)*d.problem.Stride[0] + d.problem.Weight[2]
}

func (d *depthwise) fits(rows int) bool {
	n, err := conv.Product(paddedWidth(&d.problem), d.inputRows(rows))
	return err == nil && n <= slabFloats
}

const (
	// togetherFloats is how many sums a task computes, if one group has fewer. With that many, the time for starting
	// the task does not matter.
	togetherFloats = 8 << 10
	// pairFloats is the same for rows in pairs, which need strips at both ends of the planes of a task. With 32 Ki sums
	// MobileNet's layer of 128 channels of 56×56 had 0.93 times the speed, with 8 Ki 0.77 (Zen 3). Strips read
	// the inputs of a task once for each strip, so that with many planes they have left the caches: 0.91 with a stride
	// of 2 at 112×112.
	pairFloats = 128 << 10
)

func (d *depthwise) cuts() int { return 1 }
func (d *depthwise) together() int {
	if !d.inPlace() || d.problem.Weight[0] > d.problem.Groups {
		return 1
	}
	floats := togetherFloats
	if d.pairs != nil {
		floats = pairFloats
	}
	return max(1, floats/(d.sums.H()*d.sums.W()))
}

func (d *depthwise) pack(weight, bias []float32) {
	d.bias = append([]float32(nil), bias...)
	d.weight = make([]float32, len(weight))
	rows, columns, size := d.problem.Weight[2], d.problem.Weight[3], d.size()
	for i, w := range weight {
		filter, tap := i/size, i%size
		d.weight[filter*size+tap%columns*rows+tap/columns] = w
	}
}

func (d *depthwise) band(w *worker, o output, p part) {
	s := &w.slide
	s.SrcPitch, s.DstPitch, s.Rows, s.Zeros, s.Flags = d.slab.pitch, d.sums.W(), p.rows, w.work[d.slack():], 0
	s.Src, s.First, s.Height = w.slab, 0, d.inputRows(p.rows)
	if d.inPlace() {
		plane := d.problem.Src.H() * d.problem.Src.W()
		s.Src = p.src.Data[(p.image*d.problem.Groups+p.group)*plane:][:p.groups*plane]
		s.SrcPitch, s.Height = d.problem.Src.W(), d.problem.Src.H()
		s.First = p.first*d.problem.Stride[0] - d.problem.Padding.Top
	} else {
		d.slab.fill(w, p, 0, 0, d.inputRows(p.rows))
	}
	if d.problem.Activation == conv.ReLU {
		s.Flags = simd.ReLU
	}
	perGroup, size := d.problem.Weight[0]/d.problem.Groups, d.size()
	s.Planes, s.SrcPlane, s.DstPlane = p.groups*perGroup, d.problem.Src.H()*d.problem.Src.W(), o.plane
	if perGroup > 1 {
		s.SrcPlane = 0 // all filters of the group see the same plane
	}
	s.Weight, s.Bias = d.weight[p.group*perGroup*size:], d.bias[p.group*perGroup:]
	if d.pairs != nil && (d.eager || d.worthPairs(s)) {
		d.slidePairs(s, o.data)
	} else {
		d.slideStrips(s, o.data)
	}
}

// worthPairs reports whether pairs are faster than strips for a task. Strips at the ends of its planes take a large
// part of few sums: three planes of 14×14 had 0.86 times the speed, one of 14×14 0.68 times, one of 28×28 0.73, one of
// 56×56 0.98; eight of 14×14 had 1.08 times, and three of 48×64 1.1 times (Zen 3, TestPairsPay).
func (d *depthwise) worthPairs(s *simd.Slide) bool {
	const least, leastAlone = 1536, 4096
	sums := s.Rows * d.sums.W()
	switch {
	case !d.inPlace() || d.problem.Padding.Left+d.problem.Padding.Right == 0:
		return true // there are no such strips
	case s.Planes == 1 || s.SrcPlane == 0:
		return sums >= leastAlone
	}
	return s.Planes*sums >= least
}

// slideStrips computes all rows of all planes, strip by strip.
func (d *depthwise) slideStrips(s *simd.Slide, dst []float32) {
	for i := range d.strips {
		s.Strip, s.Dst = d.strips[i].Strip, dst[d.strips[i].column:]
		d.kernels.Slide(d.problem.Weight[2], s)
	}
}

// slidePairs computes rows in pairs, register by register from left to right. So the weights of a filter stay in
// registers, and inputs and outputs are read and written in the order of addresses. MobileNet's layer of 128 channels
// of 56×56 has 1.5 times the speed of strips, and 64 channels of 112×112 1.7 times (Zen 3). Near the ends of Src,
// registers of whole rows would reach beyond it: there strips compute the rows, and the last row of an odd number.
func (d *depthwise) slidePairs(s *simd.Slide, dst []float32) {
	all, rows := *s, s.Rows
	all.Strip = *d.pairs
	all.Rows &^= 1
	lo, hi := all.Inside(d.kernels)
	pairs := func(plane, planes, row, rows int) {
		if row >= rows {
			return
		}
		*s = all
		s.Planes, s.First, s.Rows, s.Dst = planes, all.First+row, rows-row, dst[row*s.DstPitch:]
		d.kernels.Pairs(s, plane)
	}
	strips := func(plane, planes, row, rows int) {
		if row >= rows {
			return
		}
		*s = all
		s.Src, s.Weight, s.Bias = s.Src[plane*s.SrcPlane:], s.Weight[plane*d.size():], s.Bias[plane:]
		s.Planes, s.First, s.Rows = planes-plane, all.First+row, rows-row
		d.slideStrips(s, dst[plane*s.DstPlane+row*s.DstPitch:])
	}
	first, last := 1, all.Planes-1 // the planes between them may be computed whole
	if all.SrcPlane == 0 || last == 0 {
		first, last, hi = all.Planes, 0, max(lo, hi)
		pairs(0, first, lo, hi)
	} else {
		pairs(0, first, lo, all.Rows)
		pairs(first, last, 0, all.Rows)
		pairs(last, all.Planes, 0, hi)
	}
	strips(0, first, 0, lo)
	strips(last, all.Planes, hi, all.Rows)
	strips(0, all.Planes, all.Rows, rows)
}
