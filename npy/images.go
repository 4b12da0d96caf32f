package npy

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/fault"
)

// Images reads the images of an array in order, some at a time. It is a source of images for package batch.
type Images struct {
	*Reader
	shape conv.Shape
	next  int
}

// NewImages returns the images of an array that was opened and from which nothing was read. It refuses what
// [ImageShape] refuses. Closing the images closes r.
func NewImages(r *Reader) (*Images, error) {
	shape, err := ImageShape(r.Shape())
	if err != nil {
		return nil, err
	}
	return &Images{Reader: r, shape: shape}, nil
}

// Shape returns [N, C, H, W], as [ImageShape] does.
func (i *Images) Shape() conv.Shape { return i.shape }

// Rewind goes back to the first image, as [Reader.Rewind] does.
func (i *Images) Rewind() error {
	i.next = 0
	return i.Reader.Rewind()
}

// Draw reads images into dst, as many as dst has, from image number first on. first must be the number of the next
// image of the array that was not read yet.
func (i *Images) Draw(dst *conv.Tensor, first int) error {
	if first != i.next {
		return &fault.Error{Package: "npy",
			Rule: fmt.Sprintf("images are read in their order: want from %d on, not from %d", i.next, first)}
	}
	i.next += dst.Shape.N()
	return i.Read(dst.Data)
}
