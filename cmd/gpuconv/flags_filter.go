package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gpuconv/batch"
	"gpuconv/experiment"
	"gpuconv/filters"
)

// filterBank makes the bank that s asks for.
func (s *settings) filterBank(ctx context.Context) (*experiment.Bank, error) {
	kinds := filters.Kinds()
	at := slices.IndexFunc(kinds, func(k filters.Kind) bool { return k.Name == s.kind })
	if at < 0 {
		var names []string
		for _, k := range kinds {
			names = append(names, k.Name)
		}
		return nil, misread(s.flag("kind"), s.kind, fmt.Errorf("want %s", either(names)))
	}
	size, err := s.takeInt("size")
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
	refuse := func(err error) error {
		return refused(s.flag("kind"), s.kind, plain(err))
	}
	if made.Filters, err = kinds[at].Make(axes...); err != nil {
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

// isArray reports whether a name is that of a .npy or .npz file, or of an array in a .npz file.
func isArray(name string) bool {
	return strings.HasSuffix(name, ".npy") || strings.HasSuffix(name, ".npz") || strings.Contains(name, ".npz:")
}
