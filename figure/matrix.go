package figure

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// matrixBox is the side, in device pixels, of the square that a matrix must fit into.
const matrixBox = 560

// Grid says what a matrix shows, for [Matrix].
type Grid struct {
	Values         [][]float64 // [rows][columns]
	Title, Label   string      // above the matrix; what the values are, beside the colour bar
	XLabel, YLabel string
	X, Y           []float64 // the numbers at the columns and at the rows, for ticks; nil numbers them from 0
}

// Matrix draws a matrix. Its colours go from 0 to the largest magnitude or, if there are values below 0, from the
// negative of it. Matrix refuses an empty matrix, rows that differ in length, another number of X or Y, and what a
// [Page] does not allow.
func Matrix(m Grid, look Look) (*Picture, error) {
	if len(m.Values) == 0 || len(m.Values[0]) == 0 {
		return nil, fmt.Errorf("figure: matrix of %d rows: want at least 1 row and 1 column", len(m.Values))
	}
	rows, columns := len(m.Values), len(m.Values[0])
	if m.X != nil && len(m.X) != columns || m.Y != nil && len(m.Y) != rows {
		return nil, fmt.Errorf("figure: matrix of %d rows and %d columns: want as many numbers, got %d and %d", rows, columns,
			len(m.Y), len(m.X))
	}
	t := &conv.Tensor{Shape: conv.Shape{1, 1, rows, columns}}
	negative := false
	for i, row := range m.Values {
		if len(row) != columns {
			return nil, fmt.Errorf("figure: matrix row %d of %d values: want %d, as many as in the first", i, len(row),
				columns)
		}
		for _, v := range row {
			t.Data = append(t.Data, float32(v))
			negative = negative || v < 0 && !math.IsInf(v, -1)
		}
	}
	ranges := newRanges(Look{Colours: look.Colours}, m.Label, nil, largestMagnitude(t.Data), !negative)
	return look.Page.fitted(func(g grain) *Picture {
		bar := ranges.bar(g)
		p := bar.panel(planeOf(t, 0, 0), m.Title, matrixBox)
		p.x, p.y = axis{m.XLabel != "", m.XLabel, m.X}, axis{m.YLabel != "", m.YLabel, m.Y}
		return &Picture{rows: [][]panel{{p}}, bar: bar, notes: notes([]panel{p})}
	})
}
