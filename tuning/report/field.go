package report

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"gpuconv/figure"
	"gpuconv/param"
)

// mostWeights is how many weights of receptive fields are written at most.
const mostWeights = 1 << 20

// fields writes fields.csv, with a row for each weight of each receptive field, and the picture fields. It does nothing
// if there are no fields.
func (t Tuning) fields(out *files) error {
	f := t.Fields
	if f == nil {
		return nil
	}
	if len(f.Weights)*f.Rows*f.Columns <= mostWeights {
		err := out.write("fields.csv", func(w io.Writer) error {
			table := param.NewWriter(w, "cell", "row", "column", "weight")
			for cell, weights := range f.Weights {
				for at, v := range weights {
					table.Row(strconv.Itoa(cell), strconv.Itoa(at/f.Columns), strconv.Itoa(at%f.Columns), param.Cell(v))
				}
			}
			return table.Close()
		})
		if err != nil {
			return err
		}
	}
	var all []figure.Grid
	for cell, weights := range f.Weights {
		grid := figure.Grid{Title: t.title(cell), Label: "weight"}
		for row := range f.Rows {
			grid.Values = append(grid.Values, weights[row*f.Columns:(row+1)*f.Columns])
		}
		all = append(all, grid)
	}
	look := out.pictures.Drawn
	look.Scale = figure.Automatic
	picture, err := figure.Matrices(all, look)
	if err != nil {
		return err
	}
	return out.draw("fields", picture)
}

// fieldNotes returns notes about the receptive fields.
func (t Tuning) fieldNotes() (notes []error) {
	f := t.Fields
	if f == nil {
		return nil
	}
	if math.Abs(f.Neighbours) > 0.1 {
		notes = append(notes, fmt.Errorf("neighbouring pixels of the stimuli correlate, r = %.2f: receptive fields "+
			"are smeared, want white noise", f.Neighbours))
	}
	missing := 0
	for _, cell := range t.Analysis.Cells {
		if cell.Field == nil {
			missing++
		}
	}
	if missing > 0 {
		notes = append(notes, fmt.Errorf("%d of %d cells: no Gabor fits the receptive field, or it is not above "+
			"chance; energies have none", missing, len(t.Analysis.Cells)))
	}
	if n := len(f.Weights) * f.Rows * f.Columns; n > mostWeights {
		notes = append(notes, fmt.Errorf("fields.csv of %d weights is left out: want at most %d", n, mostWeights))
	}
	return notes
}
