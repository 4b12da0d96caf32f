package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gpuconv/conv"
	"gpuconv/filters"
	"gpuconv/param"
)

// bank is weights and what is known about them.
type bank struct {
	*conv.Tensor
	names []string
	table *param.Table
}

// filterBank makes the bank that s asks for.
func (s *settings) filterBank(ctx context.Context) (*bank, error) {
	kinds := filters.Kinds()
	at := slices.IndexFunc(kinds, func(k filters.Kind) bool { return k.Name == s.kind })
	if at < 0 {
		var names []string
		for _, k := range kinds {
			names = append(names, k.Name)
		}
		return nil, usage(fmt.Errorf("%s %q: want %s", s.label("kind"), s.kind, either(names)))
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
		return usage(fmt.Errorf("%s %s: %w", s.label("kind"), s.kind, plain(err)))
	}
	if made.Filters, err = kinds[at].Make(axes...); err != nil {
		return nil, refuse(err)
	}
	var b bank
	err = await(ctx, func() (err error) { b, err = describedBank(made); return err })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, refuse(err)
	}
	return &b, nil
}

func describedBank(made filters.Bank) (b bank, err error) {
	if b.Tensor, err = made.Weights(); err != nil {
		return b, err
	}
	if b.names, err = made.Names(); err != nil {
		return b, err
	}
	b.table, err = made.Table()
	return b, err
}

// isArray reports whether a name is that of an array file, or one in an archive.
func isArray(name string) bool {
	return strings.HasSuffix(name, ".npy") || strings.HasSuffix(name, ".npz") || strings.Contains(name, ".npz:")
}

// readBank reads weights from a file. Of where they come from is known no more.
func readBank(flag, path string) (*bank, error) {
	weight, err := readTensor(flag, path)
	if err != nil {
		return nil, err
	}
	b := &bank{Tensor: weight, table: param.NewTable("filter")}
	for k := range weight.Shape.N() {
		b.names = append(b.names, fmt.Sprintf("filter %d", k))
		b.table.Add("file")
	}
	return b, nil
}
