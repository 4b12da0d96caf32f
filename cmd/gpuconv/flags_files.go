package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/npy"
	"gpuconv/stimuli"
)

// The files of flags: images that are convolved, weights and biases.

// imageFile is the images of a file.
type imageFile interface {
	batch.Source
	io.Closer
}

// openImages opens the file of --input. Arrays are read some images at a time.
func openImages(path string) (imageFile, error) {
	if path == "" {
		return nil, refused("input", "", errors.New("want a .npy, .npz:key, .png or .jpg file"))
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg":
		image, err := stimuli.ReadImage(path)
		if err != nil {
			return nil, failed("input", "", err)
		}
		return picture{batch.InMemory{Images: image}}, nil
	}
	reader, err := npy.Open(path)
	if err != nil {
		return nil, failed("input", "", err)
	}
	array, err := npy.NewImages(reader)
	if err != nil {
		reader.Close()
		return nil, refused("input", path, err)
	}
	return array, nil
}

// picture is an image of a file that is read and closed.
type picture struct{ batch.InMemory }

func (picture) Close() error { return nil }

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
