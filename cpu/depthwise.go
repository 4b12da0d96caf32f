package cpu

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// depthwise computes filters of one channel. A strip of sums for each row of the kernel stays in registers while rows
// of inputs slide past, so that each row is loaded once instead of once for each row of the kernel. It reads images in
// place, with masks for zeros at their sides; images with other padding are copied into the slab first. It adds up the
// products in the formula's order, so that it gives the same bits as direct.
type depthwise struct {
	problem conv.Problem // with defaults filled in
	sums    conv.Shape
	kernels *simd.Kernels
	slab    slab
	strips  []strip
	weight  []float32 // [filters][columns of the kernel][rows of the kernel]
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
	return d
}

// inPlace reports whether images are read where they are.
func inPlace(p *conv.Problem) bool { return p.PaddingMode == conv.Zeros }

// cutStrips divides rows of sums into strips. It returns an error if the kernel has so many columns that they read
// beyond the end of a row where a strip has no mask.
func cutStrips(p *conv.Problem, columns int, k *simd.Kernels) (all []strip, err error) {
	width, left := p.Src.W(), p.Padding.Left
	if !inPlace(p) {
		width, left = paddedWidth(p), 0
	}
	for _, span := range cutRow(columns, k.Lanes, k.StripVectors(p.Weight[2], p.Stride[0])) {
		offsets := make([]int, p.Weight[3])
		for v := range offsets {
			offsets[v] = span.column*p.Stride[1] + v*p.Dilation[1] - left
		}
		s, ok := k.NewStrip(min(span.vectors*k.Lanes, columns), width, p.Stride[1], offsets)
		if !ok {
			return nil, fmt.Errorf("its strips do not fit rows of %d pixels with kernels of %d columns", p.Src.W(),
				p.Weight[3])
		}
		all = append(all, strip{s, span.column})
	}
	return all, nil
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

// togetherFloats is how many sums a task computes, if one group has fewer. With that many, the time for starting the
// task does not matter.
const togetherFloats = 8 << 10

func (d *depthwise) cuts() int { return 1 }
func (d *depthwise) together() int {
	if !d.inPlace() || d.problem.Weight[0] > d.problem.Groups {
		return 1
	}
	return max(1, togetherFloats/(d.sums.H()*d.sums.W()))
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
	for i := range d.strips {
		s.Strip, s.Dst = d.strips[i].Strip, o.data[d.strips[i].column:]
		d.kernels.Slide(d.problem.Weight[2], s)
	}
}
