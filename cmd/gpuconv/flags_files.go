package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/npy"
	"gpuconv/stimuli"
)

// The files of flags: images that are convolved, weights and biases.

// imageSource is a set of images in a file.
type imageSource interface {
	batch.Source
	Close() error
}

// openImages opens a file of images. Arrays are read piece by piece.
func openImages(path string) (imageSource, error) {
	if path == "" {
		return nil, refused("input", "", errors.New("want a .npy, .npz:key, .png or .jpg file"))
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg":
		image, err := stimuli.ReadImage(path)
		if err != nil {
			return nil, failed("input", "", err)
		}
		return oneImage{image}, nil
	}
	reader, err := npy.Open(path)
	if err != nil {
		return nil, failed("input", "", err)
	}
	shape, err := npy.TensorShape(reader.Shape())
	if err != nil {
		reader.Close()
		return nil, refused("input", path, err)
	}
	return &arrayImages{Reader: reader, shape: shape}, nil
}

// oneImage is an image that is in memory.
type oneImage struct{ image *conv.Tensor }

func (o oneImage) Shape() conv.Shape                  { return o.image.Shape }
func (o oneImage) Draw(dst *conv.Tensor, _ int) error { copy(dst.Data, o.image.Data); return nil }
func (o oneImage) Close() error                       { return nil }

// arrayImages reads the images of an array in their order.
type arrayImages struct {
	*npy.Reader
	shape conv.Shape
	next  int
}

func (a *arrayImages) Shape() conv.Shape { return a.shape }

func (a *arrayImages) Draw(dst *conv.Tensor, first int) error {
	if first != a.next {
		return fmt.Errorf("images are read in order: want %d, not %d", a.next, first)
	}
	a.next += dst.Shape.N()
	return a.Read(dst.Data)
}

// readTensor reads an array of 2 to 4 extents.
func readTensor(flag, path string) (*conv.Tensor, error) {
	if path == "" {
		return nil, refused(flag, "", errors.New("want a .npy file, or a .npz file and a key as file.npz:key"))
	}
	array, err := npy.ReadFile(path)
	if err != nil {
		return nil, failed(flag, "", err)
	}
	tensor, err := array.Tensor()
	if err != nil {
		return nil, refused(flag, path, err)
	}
	return tensor, nil
}

func readBias(path string) ([]float32, error) {
	array, err := npy.ReadFile(path)
	if err != nil {
		return nil, failed("bias", "", err)
	}
	if len(array.Shape) != 1 {
		return nil, refused("bias", path, fmt.Errorf("shape %v: want one extent, a value per filter", array.Shape))
	}
	return array.Data, nil
}
