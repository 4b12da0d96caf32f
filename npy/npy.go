// Package npy reads and writes NumPy's array files: .npy (one array) and .npz (a zip archive of named arrays). In
// memory, values are always float32 in C order: the last extent varies fastest.
//
//   - [ReadFile] loads one array; [Array.Images] and [Array.Weights] make a tensor of it.
//   - [Open] reads an array in pieces, for one that is larger than memory.
//   - [WriteFile] and [WriteNPZ] save arrays that are in memory.
//   - [Create] writes an array in pieces; it may also be larger than memory.
//
// # What is read and written
//
// The package reads format versions 1.0, 2.0 and 3.0, both byte orders, C and Fortran order, and the dtypes b1, f2, f4,
// f8, i1, i2, i4, i8, u1, u2, u4 and u8. It rounds float64 and integers to the nearest float32, ties to even; a float64
// beyond float32's range becomes an infinity. [Reader.Lost] counts finite float64 values that became infinite, and
// integers that became other integers. float16, False (0) and True (1) are exact. The package refuses all other dtypes,
// with an error that names the dtype.
//
// It also reads arrays of Zarr 3 in a zip archive, as far as [Format] writes them.
//
// It writes '<f4' in C order, or '<f2' if [Format].Half is set, version 1.0, with the same header as NumPy. A file
// appears under its name only when it is complete.
//
// # Safety
//
// Files are not trusted. The length of the header is limited, the product of the shape is checked for overflow, and
// both are compared with the size of the file before memory is allocated for the elements.
//
// # Errors
//
// Every error is a [*fault.Error]: one line that starts with "npy: " and names the file, if there is one. The only
// exceptions are errors of what an [Encoder] or a [Layout] writes to, and of [OpenArchive] and [CheckEntry].
//
// Only one goroutine at a time may use a reader or writer.
//
// The format is that of https://numpy.org/neps/nep-0001-npy-format.html and of numpy.lib.format; the latter is more
// recent.
package npy

import (
	"fmt"
	"slices"

	"gpuconv/conv"
	"gpuconv/fault"
)

// Array is a dense array in C order. An empty Shape means NumPy's 0-d array, which has one element.
type Array struct {
	Shape []int
	Data  []float32 // as many elements as the product of Shape
}

// Images returns the array as images, by the rule of [ImageShape]. The tensor shares a's Data. Images refuses a nil
// array, one whose Data does not fill its Shape, and one that ImageShape refuses.
func (a *Array) Images() (*conv.Tensor, error) {
	if err := a.check(); err != nil {
		return nil, &fault.Error{Package: "npy", Err: err}
	}
	shape, err := ImageShape(a.Shape)
	if err != nil {
		return nil, err
	}
	return &conv.Tensor{Shape: shape, Data: a.Data}, nil
}

// ImageShape returns the shape of an array as images: [H W] becomes [1 1 H W], [N H W] becomes [N 1 H W], and [N C H
// W] stays. It refuses any other number of dimensions.
func ImageShape(shape []int) (conv.Shape, error) {
	switch len(shape) {
	case 2:
		return conv.Shape{1, 1, shape[0], shape[1]}, nil
	case 3:
		return conv.Shape{shape[0], 1, shape[1], shape[2]}, nil
	case 4:
		return conv.Shape(shape), nil
	}
	return conv.Shape{}, &fault.Error{Package: "npy",
		Rule: fmt.Sprintf("shape %v has %d %s: want [H W], [N H W] or [N C H W]", shape, len(shape),
			plural(len(shape), "dimension", "dimensions"))}
}

// Weights returns the array as weights, by the rule of [WeightShape]. The tensor shares a's Data. Weights refuses a nil
// array, one whose Data does not fill its Shape, and one that WeightShape refuses.
func (a *Array) Weights() (*conv.Tensor, error) {
	if err := a.check(); err != nil {
		return nil, &fault.Error{Package: "npy", Err: err}
	}
	shape, err := WeightShape(a.Shape)
	if err != nil {
		return nil, err
	}
	return &conv.Tensor{Shape: shape, Data: a.Data}, nil
}

// WeightShape returns the shape of an array as weights, [filters, channels per group, rows, columns]. It refuses any
// other number of dimensions: with three, it would be unclear whether filters or channels are missing.
func WeightShape(shape []int) (conv.Shape, error) {
	if len(shape) != 4 {
		return conv.Shape{}, &fault.Error{Package: "npy", Rule: fmt.Sprintf("weights of shape %v have %d %s: want 4, "+
			"[filters, channels per group, rows, columns]", shape, len(shape),
			plural(len(shape), "dimension", "dimensions"))}
	}
	return conv.Shape(shape), nil
}

// check refuses a nil array, an invalid shape, and Data that does not fill the shape.
func (a *Array) check() error {
	if a == nil {
		return fmt.Errorf("array nil: want a shape and its elements")
	}
	n, err := elementCount(a.Shape)
	if err != nil {
		return err
	}
	if n != len(a.Data) {
		return fmt.Errorf("shape %v: want %d elements, the array holds %d", a.Shape, n, len(a.Data))
	}
	return nil
}

// maxDims is the largest number of dimensions in NumPy 2 (NPY_MAXDIMS; 32 in earlier versions).
const maxDims = 64

// mostElements is 64 TiB of float32, half of what a process can address on amd64. A sparse file can claim more
// elements, for which make would panic.
const mostElements = 1 << 44

// elementCount multiplies the extents of shape. It refuses too many extents, a negative one, and more elements than fit
// in memory or in an int.
func elementCount(shape []int) (int, error) {
	if len(shape) > maxDims {
		return 0, fmt.Errorf("a shape of %d dimensions: want at most %d", len(shape), maxDims)
	}
	n, err := conv.Product(shape...)
	if err != nil {
		return 0, fmt.Errorf("shape %v: %w", shape, err)
	}
	if _, err := conv.Product(n, 8); err != nil || int64(n) > mostElements { // 8 bytes is the largest element
		return 0, fmt.Errorf("shape %v: its %d elements do not fit in the address space", shape, n)
	}
	return n, nil
}

// cloneShape copies shape. The copy of a 0-d shape is empty, but not nil.
func cloneShape(shape []int) []int { return append([]int{}, shape...) }

// sameOrder reports whether C and Fortran order are the same for shape: if at most one extent is not 1, or if there are
// no elements.
func sameOrder(shape []int) bool {
	long := 0
	for _, extent := range shape {
		if extent != 1 {
			long++
		}
	}
	return long <= 1 || slices.Contains(shape, 0)
}
