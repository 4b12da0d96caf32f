package figure

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// The most matrices in a picture, how many are in a row, and the box of each.
const (
	mostMatrices    = 24
	matricesColumns = 4
	matricesBox     = 256
)

// Matrices draws matrices of one size side by side, as [Matrix] draws one, at most 24. The labels of the axes and of
// the values are those of the first. With [Each] every matrix has a range of its own. It refuses what Matrix refuses,
// and matrices of different sizes.
func Matrices(all []Grid, look Look) (*Picture, error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("figure: no matrices: want at least 1")
	}
	shown := all[:min(len(all), mostMatrices)]
	var tensors []*conv.Tensor
	var largest []float64
	negative, most := false, 0.0
	for i, m := range shown {
		t, below, err := m.tensor()
		if err != nil {
			return nil, err
		}
		if len(tensors) > 0 && t.Shape != tensors[0].Shape {
			return nil, fmt.Errorf("figure: matrix %d of %d rows and %d columns: want %d and %d, as the first", i,
				t.Shape.H(), t.Shape.W(), tensors[0].Shape.H(), tensors[0].Shape.W())
		}
		tensors, largest, negative = append(tensors, t), append(largest, largestMagnitude(t.Data)), negative || below
		most = max(most, largest[i])
	}
	ranges := newRanges(look, all[0].Label, largest, most, !negative)
	box := matricesBox
	if len(shown) == 1 {
		box = matrixBox
	}
	return look.Page.fitted(func(g grain) *Picture {
		bar := ranges.bar(g)
		var panels []panel
		for i, m := range shown {
			p := ranges.panel(bar, i, planeOf(tensors[i], 0, 0), ranges.title(m.Title, i), box)
			p.x, p.y = axis{all[0].XLabel != "", all[0].XLabel, all[0].X},
				axis{all[0].YLabel != "", all[0].YLabel, all[0].Y}
			panels = append(panels, p)
		}
		return &Picture{rows: wrap(panels, matricesColumns), bar: bar,
			notes: notes(panels, part{len(shown), len(all), "matrices"})}
	})
}

// tensor returns the values, and whether some are below 0.
func (m Grid) tensor() (t *conv.Tensor, negative bool, err error) {
	if len(m.Values) == 0 || len(m.Values[0]) == 0 {
		return nil, false, fmt.Errorf("figure: matrix of %d rows: want at least 1 row and 1 column", len(m.Values))
	}
	rows, columns := len(m.Values), len(m.Values[0])
	if m.X != nil && len(m.X) != columns || m.Y != nil && len(m.Y) != rows {
		return nil, false, fmt.Errorf("figure: matrix of %d rows and %d columns: want as many numbers, got %d and %d",
			rows, columns, len(m.Y), len(m.X))
	}
	t = &conv.Tensor{Shape: conv.Shape{1, 1, rows, columns}}
	for i, row := range m.Values {
		if len(row) != columns {
			return nil, false, fmt.Errorf("figure: matrix row %d of %d values: want %d, as many as in the first", i,
				len(row), columns)
		}
		for _, v := range row {
			t.Data = append(t.Data, float32(v))
			negative = negative || v < 0 && !math.IsInf(v, -1)
		}
	}
	return t, negative, nil
}
