package figure

import (
	"fmt"

	"gpuconv/conv"
)

// matrixBox is the side, in device pixels, of the square that a matrix must fit into.
const matrixBox = 560

// Matrix draws a matrix [rows][columns] in greys, under a title. 0 and values below it are white, the largest magnitude
// is black, and NaN is green. label says beside the colour bar what the values are. Matrix refuses an empty matrix, and
// rows that differ in length.
func Matrix(values [][]float64, title, label string) (*Picture, error) {
	if len(values) == 0 || len(values[0]) == 0 {
		return nil, fmt.Errorf("figure: matrix of %d rows: want at least 1 row and 1 column", len(values))
	}
	t := &conv.Tensor{Shape: conv.Shape{1, 1, len(values), len(values[0])}}
	for i, row := range values {
		if len(row) != len(values[0]) {
			return nil, fmt.Errorf("figure: matrix row %d of %d values: want %d, as many as in the first", i, len(row),
				len(values[0]))
		}
		for _, v := range row {
			t.Data = append(t.Data, float32(v))
		}
	}
	bar := &colorBar{label: label, colors: binary(0, largestMagnitude(t.Data))}
	panels := []panel{bar.panel(planeOf(t, 0, 0), title, matrixBox)}
	return &Picture{rows: [][]panel{panels}, bar: bar, notes: notes(panels)}, nil
}
