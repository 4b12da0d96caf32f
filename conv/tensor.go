package conv

import (
	"fmt"
	"slices"
)

// Tensor is a dense float32 array in C order (the last extent varies fastest): NCHW for images and activations, OIHW
// for weights. Data holds exactly as many elements as Shape says.
type Tensor struct {
	Shape Shape
	Data  []float32
}

// NewTensor returns a tensor of zeros. It reports a [*ShapeError] if an extent is negative, or if the elements do not
// fit into the address space.
func NewTensor(shape Shape) (*Tensor, error) {
	n, err := shape.Len()
	if err != nil {
		return nil, err
	}
	if uint64(n) > maxInt/4 {
		return nil, &ShapeError{Arg: "shape", Value: shape.String(),
			Rule: "its float32 elements must fit in the address space"}
	}
	return &Tensor{Shape: shape, Data: make([]float32, n)}, nil
}

// Check reports a [*ShapeError] that names arg if t is nil, or if Data does not have as many elements as Shape says.
func (t *Tensor) Check(arg string) error {
	if t == nil {
		return &ShapeError{Arg: arg, Value: "nil", Rule: "want a tensor"}
	}
	n, err := t.Shape.Len()
	if err != nil {
		return &ShapeError{Arg: arg, Value: t.Shape.String(), Rule: err.(*ShapeError).Rule}
	}
	if n != len(t.Data) {
		return &ShapeError{Arg: arg, Value: t.Shape.String(), Rule: fmt.Sprintf("want %d elements, it holds %d", n,
			len(t.Data))}
	}
	return nil
}

// Images returns a tensor of the images lo ≤ n < hi of t. It shares t's storage. It panics if lo or hi is out of range,
// as slicing does.
func (t *Tensor) Images(lo, hi int) *Tensor {
	size := t.Shape[1] * t.Shape[2] * t.Shape[3]
	return &Tensor{Shape: t.Shape.WithN(hi - lo), Data: t.Data[lo*size : hi*size : hi*size]}
}

// Plane returns the H×W elements of channel c of image n. They share t's storage.
func (t *Tensor) Plane(n, c int) []float32 {
	size := t.Shape[2] * t.Shape[3]
	at := (n*t.Shape[1] + c) * size
	return t.Data[at : at+size : at+size]
}

// Flipped returns a copy of the weights t with each kernel turned by 180°. A cross-correlation with the copy is what
// signal processing calls the convolution with t,
//
//	y[i, j] = Σ w[u, v]·x[i−u, j−v],
//
// with its outputs shifted: without padding, the first output is y[KH−1, KW−1].
func (t *Tensor) Flipped() *Tensor {
	flipped := &Tensor{Shape: t.Shape, Data: slices.Clone(t.Data)}
	size := t.Shape[2] * t.Shape[3]
	for at := 0; at < len(flipped.Data); at += size {
		slices.Reverse(flipped.Data[at : at+size])
	}
	return flipped
}
