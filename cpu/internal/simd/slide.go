package simd

// Slide is the work of one call: a strip of columns of one plane of outputs, which depends on one plane of inputs. For a
// kernel of h rows, [Kernels.Slide] equals
//
//	for i := range Rows {
//		for j := range columns of the strip {
//			sum := Bias
//			for u := range h {
//				for v, offset := range offsets {
//					sum += Weight[v*h+u] * input(First+i+u, offset+j)
//				}
//			}
//			if Flags&ReLU != 0 && sum < 0 {
//				sum = 0
//			}
//			Dst[i*DstPitch+j] = sum
//		}
//	}
//
// where input(y, x) is Src[y*SrcPitch+x], or 0 outside of the Height rows and Width columns of the inputs. If the
// instruction set has FMA, a product and its addition are rounded together, once.
//
// Each row of inputs is loaded once: its products are added to the sums of h rows of outputs, which stay in registers.
type Slide struct {
	Dst    []float32
	Src    []float32
	Zeros  []float32 // at least Width zeros
	Weight []float32 // [columns of the kernel][h]
	Strip
	SrcPitch, DstPitch int // floats between rows
	First              int // the row of inputs that the first row of outputs begins at; may be negative
	Height             int // rows of inputs
	Rows               int // rows of outputs
	Flags              Flags
	Bias               float32
}

// partial is the flag of strips that fill only a part of a register.
const partial Flags = 4

// Strip is the columns of a slide: up to maxStrip registers, of which the last may overlap the one before it.
type Strip struct {
	masks      []uint32 // of the first and of the last register, for each tap; then of the outputs of a single register
	offsets    []int    // of the inputs of the first column, for each tap
	step, last int      // floats from the first register to the second, and to the last
	columns    int
	width      int // of the inputs
	vectors    int
}

// maxStrip is the largest width of a strip in registers, and maxSlide the largest number of rows of a kernel.
const (
	maxStrip = 4
	maxSlide = 7
)

// slideTable holds kernels by rows of the kernel and width in registers.
type slideTable [maxSlide + 1][maxStrip + 1]func(*Slide)

// StripVectors returns the largest width of a strip, in registers, for kernels of this many rows. It is 0 if no slide
// computes them.
func (k *Kernels) StripVectors(rows int) int {
	n := 0
	for rows <= maxSlide && n < maxStrip && k.slides[rows][n+1] != nil {
		n++
	}
	return n
}

// NewStrip returns a strip of this many columns of outputs. The first column reads the columns offsets[v] of the inputs,
// which may be negative, and the next ones those to the right. Rows of inputs have this width. NewStrip reports false if
// a register that is neither the first nor the last reads beyond the ends of a row: it has no mask for that.
func (k *Kernels) NewStrip(columns, width int, offsets []int) (s Strip, ok bool) {
	s = Strip{offsets: offsets, columns: columns, width: width, vectors: (columns + k.Lanes - 1) / k.Lanes}
	s.last = max(0, columns-k.Lanes)
	s.step = min(k.Lanes, s.last)
	if s.vectors > 2 && !s.inside(k) {
		s.step = s.last / (s.vectors - 1)
	}
	for _, offset := range offsets {
		s.masks = append(s.masks, k.mask(-offset, width-offset)...)
		s.masks = append(s.masks, k.mask(-offset-s.last, width-offset-s.last)...)
	}
	s.masks = append(s.masks, k.mask(0, columns)...)
	return s, s.inside(k)
}

// inside reports whether all registers but the first and the last read nothing beyond the ends of a row.
func (s *Strip) inside(k *Kernels) bool {
	for j := 1; j < s.vectors-1; j++ {
		for _, offset := range s.offsets {
			if at := offset + j*s.step; at < 0 || at+k.Lanes > s.width {
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

// Slide computes a strip, with kernels of this many rows. It panics if s reaches beyond one of its slices.
func (k *Kernels) Slide(rows int, s *Slide) {
	if s.Rows <= 0 {
		return
	}
	_ = s.Dst[(s.Rows-1)*s.DstPitch+s.columns-1]
	_ = s.Weight[rows*len(s.offsets)-1]
	_ = s.Zeros[s.width-1]
	_ = s.Src[max(0, s.Height-1)*s.SrcPitch+s.width-1]
	s.Flags &= ReLU
	if s.columns < k.Lanes {
		s.Flags |= partial
	}
	k.slides[rows][s.vectors](s)
}
