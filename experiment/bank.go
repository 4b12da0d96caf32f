package experiment

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/filters"
	"gpuconv/param"
)

// Bank is a set of filters with its description.
type Bank struct {
	Weight *conv.Tensor // [filters, channels, rows, columns]
	Names  []string     // of the filters, for titles
	Table  *param.Table // a row for each filter
	Notes  []string     // what a user should know about the filters, a line each
}

// NewBank makes the filters of b.
func NewBank(b filters.Bank) (*Bank, error) {
	weight, err := b.Weights()
	if err != nil {
		return nil, err
	}
	names, err := b.Names()
	if err != nil {
		return nil, err
	}
	notes, err := b.Notes()
	if err != nil {
		return nil, err
	}
	table, err := b.Table()
	return &Bank{weight, names, table, notes}, err
}

// TutorialBank makes the tutorial's filters.
func TutorialBank(f filters.NMA) (*Bank, error) {
	weight, err := f.Bank()
	if err != nil {
		return nil, err
	}
	table, err := f.Table()
	return &Bank{Weight: weight, Names: f.Names(), Table: table}, err
}

// UnknownBank returns a bank of weights that have no description. Its filters are called filter 0, filter 1, and so on.
// In its table they are of the kind file, without parameters.
func UnknownBank(weight *conv.Tensor) *Bank {
	b := &Bank{Weight: weight, Table: param.NewTable("filter")}
	for k := range weight.Shape.N() {
		b.Names = append(b.Names, fmt.Sprintf("filter %d", k))
		b.Table.Add("file")
	}
	return b
}
