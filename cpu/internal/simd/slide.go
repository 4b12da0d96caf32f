package simd

import "slices"

// Slide is the work of one call: a strip of columns of planes of outputs, each of which depends on one plane of inputs.
// For a kernel of h rows and a stride s, [Kernels.Slide] equals
//
//	for p := range Planes {
//		for i := range Rows {
//			for j := range columns of the strip {
//				sum := Bias[p]
//				for u := range h {
//					for v, offset := range offsets {
//						sum += Weight[(p*len(offsets)+v)*h+u] * input(p, First+s*i+u, offset+s*j)
//					}
//				}
//				if Flags&ReLU != 0 && sum < 0 {
//					sum = 0
//				}
//				Dst[p*DstPlane+i*DstPitch+j] = sum
//			}
//		}
//	}
//
// where input(p, y, x) is Src[p*SrcPlane+y*SrcPitch+x], or 0 outside of the Height rows and the strip's width of
// inputs. If the instruction set has FMA, a product and its addition are rounded together, once.
//
// Each row of inputs is loaded once: its products are added to the sums of all rows of outputs that it belongs to,
// which stay in registers.
type Slide struct {
	Dst    []float32
	Src    []float32
	Zeros  []float32 // zeros, at least as many as a row of inputs has columns: see [Kernels.Slide]
	Weight []float32 // [planes][columns of the kernel][h]
	Bias   []float32 // [planes]
	Strip
	SrcPitch, DstPitch int // floats between rows
	SrcPlane, DstPlane int // floats between planes
	Planes             int
	First              int // the row of inputs that the first row of outputs begins at; may be negative
	Height             int // rows of inputs
	Rows               int // rows of outputs
	Flags              Flags

	done, weightAt int // variables of the assembly: planes that are done, bytes from Weight to the plane's weights
	bias           float32

	// from and to are bytes from Src to rows of inputs: if a row begins between them, all registers of the strip lie
	// within Src. Then AVX2 loads whole registers, and clears the lanes beyond the row's ends. In other rows it loads
	// with masks.
	from, to int
}

// partial is the flag of strips that fill only a part of a register.
const partial Flags = 4

// Strip describes the columns of a slide. They take up to maxStrip registers. The last register may overlap the one
// before it.
type Strip struct {
	// masks has for each tap the masks of the inputs of the first register of outputs, and then of the last one. With a
	// stride of 2 a register of outputs has two registers of inputs, and a mask for each. With AVX2 and this stride,
	// two more are for every second lane of these registers. After all taps comes the mask of the outputs of a single
	// register.
	masks      []uint32
	offsets    []int // of the inputs of the first column, for each tap
	step, last int   // floats from the first register to the second, and to the last
	columns    int
	width      int // of the inputs
	vectors    int
	stride     int
}

// maxStrip is the largest width of a strip in registers, and maxSlide the largest number of rows of a kernel.
const (
	maxStrip = 4
	maxSlide = 7
)

// MaxSlideStride is the largest stride of a slide.
const MaxSlideStride = 2

// slideTable holds kernels by rows of the kernel, stride and width in registers.
type slideTable [maxSlide + 1][MaxSlideStride + 1][maxStrip + 1]func(*Slide)

// StripVectors returns the largest width of a strip, in registers, for kernels of this many rows and a stride. It is 0
// if no slide computes them.
func (k *Kernels) StripVectors(rows, stride int) int {
	n := 0
	for rows <= maxSlide && stride <= MaxSlideStride && n < maxStrip && k.slides[rows][stride][n+1] != nil {
		n++
	}
	return n
}

// NewStrip returns a strip of this many columns of outputs. Column j of the outputs reads the columns offsets[v] +
// j·stride of the inputs. Offsets may be negative. width is the length of a row of inputs. NewStrip reports false if a
// register that is neither the first nor the last reads beyond the ends of a row: it has no mask for that.
func (k *Kernels) NewStrip(columns, width, stride int, offsets []int) (s Strip, ok bool) {
	s = Strip{offsets: offsets, columns: columns, width: width, stride: stride}
	s.vectors = (columns + k.Lanes - 1) / k.Lanes
	s.last = max(0, columns-k.Lanes)
	s.step = min(k.Lanes, s.last)
	if s.vectors > 2 && !s.inside(k) {
		s.step = (s.last + s.vectors - 2) / (s.vectors - 1) // rounded up, so that no column is left out
	}
	for _, offset := range offsets {
		for _, register := range []int{0, s.last} {
			for part := range stride {
				at := offset + stride*register + part*k.Lanes
				s.masks = append(s.masks, k.mask(-at, width-at)...)
			}
		}
		if stride == 1 || k.ISA == AVX512 {
			continue
		}
		for _, register := range []int{0, s.last} {
			at := offset + stride*register
			s.masks = append(s.masks, k.mask((stride-1-at)/stride, (width-at+stride-1)/stride)...)
		}
	}
	s.masks = append(s.masks, k.mask(0, columns)...)
	return s, s.inside(k)
}

// inside reports whether all registers but the first and the last read nothing beyond the ends of a row.
func (s *Strip) inside(k *Kernels) bool {
	for j := 1; j < s.vectors-1; j++ {
		for _, offset := range s.offsets {
			if at := offset + s.stride*j*s.step; at < 0 || at+s.stride*k.Lanes > s.width {
				return false
			}
		}
	}
	return true
}

// mask returns the mask of the lanes lo ≤ i < hi: bits of a number with AVX-512, otherwise a number for each lane.
func (k *Kernels) mask(lo, hi int) []uint32 {
	lanes, bits := make([]uint32, k.Lanes), uint32(0)
	for i := max(lo, 0); i < min(hi, k.Lanes); i++ {
		lanes[i] = 1<<32 - 1
		bits |= 1 << i
	}
	if k.ISA == AVX512 {
		return []uint32{bits}
	}
	return lanes
}

// reach returns the columns of inputs low ≤ x < high in which the registers of s lie, some beyond the ends of the row.
func (s *Strip) reach(k *Kernels) (low, high int) {
	return slices.Min(s.offsets), slices.Max(s.offsets) + s.stride*(s.last+k.Lanes)
}

// Slide computes a strip, with kernels of this many rows. It panics if s reaches beyond one of its slices. Zeros must
// have as many elements as all registers of the strip span: up to 2·Lanes more than the columns that it reads.
func (k *Kernels) Slide(rows int, s *Slide) {
	if s.Rows <= 0 || s.Planes <= 0 {
		return
	}
	last := s.Planes - 1
	_ = s.Dst[last*s.DstPlane+(s.Rows-1)*s.DstPitch+s.columns-1]
	_ = s.Src[last*s.SrcPlane+max(0, s.Height-1)*s.SrcPitch+s.width-1]
	_ = s.Weight[s.Planes*rows*len(s.offsets)-1]
	_ = s.Bias[last]
	low, high := s.reach(k)
	_ = s.Zeros[max(s.width, high-low)-1]
	s.from, s.to = -4*low, 4*(len(s.Src)-high)
	s.done = 0
	s.Flags &= ReLU
	if s.columns < k.Lanes {
		s.Flags |= partial
	}
	k.slides[rows][s.stride][s.vectors](s)
}

// pairSize is the number of rows, and of columns, of kernels that Pairs computes.
const pairSize = 3

// NewPairs returns a strip of whole rows for [Kernels.Pairs], and whether Pairs can compute it: the instruction set has
// a kernel for that, the stride is 1, filters have 3×3 weights that are neighbours, a row fills more than one register,
// and there is at most one column of zeros at either side. rows is that of Slide; the other arguments are those of
// NewStrip.
func (k *Kernels) NewPairs(rows, columns, width, stride int, offsets []int) (s Strip, ok bool) {
	if k.pairs == nil || stride != 1 || rows != pairSize || len(offsets) != pairSize || columns <= k.Lanes {
		return s, false
	}
	for v, offset := range offsets {
		if offset != offsets[0]+v {
			return s, false
		}
	}
	if offsets[0] < -1 || columns+offsets[0]+1 > width {
		return s, false // more than one column of zeros at a side
	}
	s, _ = k.NewStrip(columns, width, stride, offsets)
	return s, true
}

// Inside returns which rows of outputs [Kernels.Pairs] may compute: of the first plane those from lo on, of the last
// one those before hi, of all others all. Elsewhere a register of inputs would reach beyond Src. The strip is from
// NewPairs. lo and hi are even if Rows is.
func (s *Slide) Inside(k *Kernels) (lo, hi int) {
	lo, hi = 0, s.Rows
	left, right := s.reach(k)
	if left < 0 {
		lo = min(max(0, (2-s.First)&^1), s.Rows) // above it a pair reads the first row of inputs
	}
	if right > s.width {
		hi = max(0, min(hi, (s.Height-pairSize-s.First)&^1)) // from there on a pair reads the last row of inputs
	}
	return lo, hi
}

// Pairs computes the same as Slide with kernels of 3 rows, for the planes plane ≤ p < Planes, two rows of outputs at a
// time. The strip is from NewPairs; Rows is even. Each row of inputs that it reads must either lie outside the image,
// or lie with all registers of the strip in Src. Otherwise it panics.
func (k *Kernels) Pairs(s *Slide, plane int) {
	if s.Rows <= 0 || plane >= s.Planes {
		return
	}
	if s.Rows%2 != 0 {
		panic("simd: an odd number of rows")
	}
	last := s.Planes - 1
	low, high := s.reach(k)
	_ = s.Dst[last*s.DstPlane+(s.Rows-1)*s.DstPitch+s.columns-1]
	if top, bottom := max(0, s.First), min(s.Height, s.First+s.Rows+pairSize-1)-1; top <= bottom {
		_ = s.Src[plane*s.SrcPlane+top*s.SrcPitch+low]
		_ = s.Src[last*s.SrcPlane+bottom*s.SrcPitch+high-1]
	}
	_ = s.Weight[s.Planes*pairSize*pairSize-1]
	_ = s.Bias[last]
	_ = s.Zeros[high-low-1]
	s.from, s.done = -4*low, plane
	s.Flags &= ReLU
	k.pairs(s)
}
