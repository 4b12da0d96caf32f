package checkpoint

import (
	"bytes"
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
			return 0, fmt.Errorf("strides %v: want such as lie within its bytes", t.stride)
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

// gather reads a tensor whose elements are not in C order, and returns the elements in C order. check has passed, so
// the bytes are in the file. Strides of 0 repeat elements; gather refuses a tensor that has more elements than its
// bytes hold.
func (t tensor) gather(src io.Reader) (io.Reader, error) {
	size := npy.ElementSize(t.dtype)
	count, err := conv.Product(t.shape...)
	if err != nil || int64(count)*int64(size) > t.end-t.start {
		return nil, fmt.Errorf("strides %v: want such as repeat no element", t.stride)
	}
	raw := make([]byte, t.end-t.start)
	if _, err := io.ReadFull(src, raw); err != nil {
		return nil, err
	}
	if err := ended(src); err != nil {
		return nil, err
	}
	ordered := make([]byte, 0, count*size)
	index := make([]int, len(t.shape))
	for range count {
		at := 0
		for axis, i := range index {
			at += i * t.stride[axis]
		}
		ordered = append(ordered, raw[at*size:][:size]...)
		for axis := len(index) - 1; axis >= 0; axis-- {
			if index[axis]++; index[axis] < t.shape[axis] {
				break
			}
			index[axis] = 0
		}
	}
	return bytes.NewReader(ordered), nil
}
