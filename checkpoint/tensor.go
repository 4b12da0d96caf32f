package checkpoint

import (
	"cmp"
	"fmt"
	"io"

	"gpuconv/conv"
	"gpuconv/npy"
)

// check refuses a tensor whose type cannot be read, or whose elements do not lie within its bytes.
func (t tensor) check() error {
	size := npy.ElementSize(t.dtype)
	if size == 0 {
		return fmt.Errorf("elements of type %s: want float16, bfloat16, float32, float64, integers or bool",
			cmp.Or(t.dtype, "none"))
	}
	count, err := conv.Product(t.shape...)
	if err != nil {
		return fmt.Errorf("shape %v: %w", t.shape, err)
	}
	last := count - 1
	if t.stride != nil && count > 0 {
		if last, err = t.last(); err != nil {
			return err
		}
	}
	want, err := conv.Product(last+1, size)
	if err != nil || int64(want) > t.end-t.start || t.stride == nil && int64(want) != t.end-t.start {
		return fmt.Errorf("shape %v of %d bytes an element: the file has %d bytes for it", t.shape, size, t.end-t.start)
	}
	return nil
}

// last returns the index of the last element, in elements from the first.
func (t tensor) last() (int, error) {
	last := 0
	for axis, n := range t.shape {
		reach, err := conv.Product(n-1, t.stride[axis])
		if err != nil || t.stride[axis] < 0 || last+reach < last {
			return 0, fmt.Errorf("strides %v: want strides that stay within its bytes", t.stride)
		}
		last += reach
	}
	return last, nil
}

// contiguous reports whether strides are those of C order.
func contiguous(shape, stride []int) bool {
	step := 1
	for axis := len(shape) - 1; axis >= 0; axis-- {
		if shape[axis] != 1 && stride[axis] != step {
			return false
		}
		step *= shape[axis]
	}
	return true
}

// refuseRepeats refuses strides that use an element of the file more than once: with those, a small file could claim a
// large tensor.
func (t tensor) refuseRepeats() error {
	count, err := conv.Product(t.shape...)
	if err != nil || int64(count)*int64(npy.ElementSize(t.dtype)) > t.end-t.start {
		return fmt.Errorf("strides %v: want strides that use no element twice", t.stride)
	}
	return nil
}

// gathered returns the elements of a tensor in C order, whatever its strides are. check and refuseRepeats have passed.
// The first Read reads all bytes of the tensor into memory.
type gathered struct {
	t     tensor
	src   io.Reader
	raw   []byte
	index []int  // of the next element
	left  int    // elements
	rest  []byte // of the element before the next: the bytes that Read had no room for
}

func newGathered(t tensor, src io.Reader) (*gathered, error) {
	if err := t.refuseRepeats(); err != nil {
		return nil, err
	}
	count, err := conv.Product(t.shape...)
	return &gathered{t: t, src: src, index: make([]int, len(t.shape)), left: count}, err
}

// Memory returns how many bytes are in memory while elements are read.
func (g *gathered) Memory() float64 { return float64(g.t.end - g.t.start) }

// Read implements [io.Reader].
func (g *gathered) Read(p []byte) (n int, err error) {
	if g.raw == nil {
		raw := make([]byte, g.t.end-g.t.start)
		if _, err := io.ReadFull(g.src, raw); err != nil {
			return 0, err
		}
		if err := ended(g.src); err != nil {
			return 0, err
		}
		g.raw = raw
	}
	for n < len(p) {
		if len(g.rest) == 0 {
			if g.left == 0 {
				return n, io.EOF
			}
			g.rest = g.next()
		}
		copied := copy(p[n:], g.rest)
		n, g.rest = n+copied, g.rest[copied:]
	}
	return n, nil
}

// next returns the bytes of the next element.
func (g *gathered) next() []byte {
	at, size := 0, npy.ElementSize(g.t.dtype)
	for axis, i := range g.index {
		at += i * g.t.stride[axis]
	}
	for axis := len(g.index) - 1; axis >= 0; axis-- {
		if g.index[axis]++; g.index[axis] < g.t.shape[axis] {
			break
		}
		g.index[axis] = 0
	}
	g.left--
	return g.raw[at*size:][:size]
}
