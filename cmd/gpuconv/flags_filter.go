package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gpuconv/batch"
	"gpuconv/experiment"
	"gpuconv/filters"
	"gpuconv/param"
)

// filterBank makes the bank that s asks for. columns is the width of the images that the filters are for, or 0 if there
// are none.
func (s *settings) filterBank(ctx context.Context, columns int) (*experiment.Bank, error) {
	kinds := filters.Kinds()
	at := slices.IndexFunc(kinds, func(k filters.Kind) bool { return k.Name == s.kind })
	if at < 0 {
		var names []string
		for _, k := range kinds {
			names = append(names, k.Name)
		}
		return nil, unknown(s.flag("kind"), s.kind, names)
	}
	unit, err := s.takeUnits(kinds[at].Parameters, columns)
	if err != nil {
		return nil, err
	}
	size, err := s.takeSize(unit)
	if err != nil {
		return nil, err
	}
	made := filters.Bank{Size: size}
	if size == 0 {
		made.Size = kinds[at].Size
	}
	if made.Quadrature, err = s.takeBool("quadrature"); err != nil {
		return nil, err
	}
	if made.Balanced, err = s.takeBool("balanced"); err != nil {
		return nil, err
	}
	axes, err := s.axes(kinds[at].Parameters)
	if err != nil {
		return nil, err
	}
	unit.scale(axes)
	refuse := func(err error) error {
		return refused(s.flag("kind"), s.kind, plain(err))
	}
	if made.Filters, err = makeFilters(kinds[at], made.Quadrature, axes); err != nil {
		return nil, refuse(err)
	}
	if err := reserveBank(made); err != nil {
		return nil, refuse(err)
	}
	var b *experiment.Bank
	err = batch.Await(ctx, func() (err error) { b, err = experiment.NewBank(made); return err })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, refuse(err)
	}
	return b, nil
}

// makeFilters makes filters once there is memory for them, with their names and a row of the table for each.
func makeFilters(kind filters.Kind, pairs bool, axes []param.Axis) ([]filters.Filter, error) {
	n, err := kind.Count(axes...)
	if err != nil {
		return nil, err
	}
	if pairs {
		n *= 2
	}
	if err := reserve(counted(n, "filter"), filterBytes*float64(n)); err != nil {
		return nil, err
	}
	return kind.Make(axes...)
}

// filterBytes is the memory that a filter takes without its weights, in bytes.
const filterBytes = 1000

// reserveBank refuses a bank whose weights do not fit into memory. It counts all weights in float32, and what sampling
// one filter takes in float64: its weights, its envelope and its carrier.
func reserveBank(b filters.Bank) error {
	shape, err := b.Shape()
	if err != nil {
		return err
	}
	return reserve(fmt.Sprintf("filters %v", shape), shape.Bytes()+4*8*float64(shape.H())*float64(shape.W()))
}

// isArray reports whether a name is that of a .npy or .npz file, or of an array in a .npz file.
func isArray(name string) bool {
	return strings.HasSuffix(name, ".npy") || strings.HasSuffix(name, ".npz") || strings.Contains(name, ".npz:")
}

// isWeights is like isArray, but also takes the names of files of trained networks.
func isWeights(name string) bool {
	return isArray(name) || slices.ContainsFunc([]string{".safetensors", ".pt", ".pth"}, func(ext string) bool {
		return strings.HasSuffix(name, ext) || strings.Contains(name, ext+":")
	})
}
