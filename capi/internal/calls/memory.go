package calls

import (
	"fmt"
	"unsafe"

	"gpuconv/conv"
)

// tensor returns memory of the caller as a tensor, without copying it. If the number of elements is too large for an
// int, it returns an error.
func tensor(argument string, at unsafe.Pointer, shape conv.Shape) (*conv.Tensor, error) {
	n, err := shape.Len()
	if err != nil {
		return nil, err
	}
	data, err := floats(argument, at, n)
	if err != nil {
		return nil, err
	}
	return &conv.Tensor{Shape: shape, Data: data}, nil
}

// floats returns n values in memory of the caller.
func floats(argument string, at unsafe.Pointer, n int) ([]float32, error) {
	switch {
	case n == 0:
		return []float32{}, nil
	case at == nil:
		return nil, &conv.ShapeError{Arg: argument, Value: "NULL",
			Rule: fmt.Sprintf("want the address of %d values", n)}
	case uintptr(at)%4 != 0:
		return nil, &conv.ShapeError{Arg: argument, Value: fmt.Sprintf("%#x", uintptr(at)),
			Rule: "want an address that is a multiple of 4"}
	}
	return unsafe.Slice((*float32)(at), n), nil
}

// apart returns an error if dst and src overlap: outputs might overwrite inputs that are still to be read.
func apart(dst, src []float32) error {
	if len(dst) == 0 || len(src) == 0 {
		return nil
	}
	d, s := uintptr(unsafe.Pointer(&dst[0])), uintptr(unsafe.Pointer(&src[0]))
	if d+uintptr(len(dst))*4 <= s || s+uintptr(len(src))*4 <= d {
		return nil
	}
	return &conv.ShapeError{Arg: "dst", Value: fmt.Sprintf("%#x", d), Rule: fmt.Sprintf(
		"want memory that does not overlap src, which is %d values at %#x", len(src), s)}
}
