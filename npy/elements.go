package npy

import (
	"fmt"
	"io"

	"gpuconv/whole"
)

// elements is a stream of elements, in the order in which the file has them.
type elements struct {
	src   io.Reader // ends with the last element
	dtype dtype
	left  int    // not yet read
	known int    // how many of the next elements were read before, so that lost counts them already
	lost  Loss   // what float32 could not hold of those that were read
	buf   []byte // allocated when first needed
}

// read fills dst with the next elements; at least len(dst) must be left. After the last element it checks that src ends
// there. At that point archive/zip compares the checksum of an entry.
func (e *elements) read(dst []float32) error {
	if e.dtype.kind == "f4" && e.dtype.big != littleEndian() {
		if err := e.fill(view(dst)); err != nil {
			return err
		}
	} else if err := e.convert(dst); err != nil {
		return err
	}
	if e.left -= len(dst); e.left > 0 {
		return nil
	}
	switch n, err := io.ReadFull(e.src, make([]byte, 1)); {
	case n > 0:
		return fmt.Errorf("more data follows the last element")
	case err != io.EOF:
		return fmt.Errorf("after the last element: %w", err)
	}
	return nil
}

// convert is like read, but for elements whose bytes in the file are not those of the float32 in memory.
func (e *elements) convert(dst []float32) error {
	if e.buf == nil {
		e.buf = make([]byte, min(bufferSize, e.left*e.dtype.size))
	}
	for len(dst) > 0 {
		n, lost := min(len(dst), len(e.buf)/e.dtype.size), &e.lost
		if e.known > 0 { // read again
			n, lost = min(n, e.known), new(Loss)
		}
		raw := e.buf[:n*e.dtype.size]
		if err := e.fill(raw); err != nil {
			return err
		}
		if e.dtype.big {
			swap(raw, e.dtype.size)
		}
		e.dtype.decode(dst[:n], raw, lost)
		dst, e.known = dst[n:], e.known-n
	}
	return nil
}

func (e *elements) fill(raw []byte) error {
	n, err := io.ReadFull(e.src, raw)
	if err != nil {
		return fmt.Errorf("only %d of the next %d bytes of data could be read: %w", n, len(raw), cut(whole.Cause(err)))
	}
	return nil
}

// readFortran reads a whole array whose first extent varies fastest, and returns it in C order.
func (e *elements) readFortran(shape []int) ([]float32, error) {
	dst := make([]float32, e.left)
	stride := make([]int, len(shape)) // in C order
	for i, step := len(shape)-1, 1; i >= 0; i-- {
		stride[i], step = step, step*shape[i]
	}
	index := make([]int, len(shape))
	at := 0 // index in dst: the sum of index·stride
	chunk := make([]float32, min(e.left, bufferSize/4))
	for e.left > 0 {
		chunk = chunk[:min(len(chunk), e.left)]
		if err := e.read(chunk); err != nil {
			return nil, err
		}
		for _, v := range chunk {
			dst[at] = v
			for i := range index {
				at += stride[i]
				if index[i]++; index[i] < shape[i] {
					break
				}
				at -= index[i] * stride[i]
				index[i] = 0
			}
		}
	}
	return dst, nil
}
