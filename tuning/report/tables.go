package report

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"gpuconv/param"
	"gpuconv/tuning"
)

// writeCells writes a table with a row for each cell: its number, its name and its figures, then extra columns.
func writeCells(w io.Writer, a *tuning.Analysis, names []string, extra ...param.Column) error {
	var figures []param.Column
	for n, cell := range a.Cells {
		for i, f := range cell.Figures() {
			if n == 0 {
				figures = append(figures, param.Column{Name: f.Name})
			}
			figures[i].Numbers = append(figures[i].Numbers, f.Value)
		}
	}
	t := &param.Table{Subject: "cell", Columns: []param.Column{{Name: "name", Words: names}}}
	t.Columns = append(append(t.Columns, figures...), extra...)
	return t.WriteCSV(w)
}

// writeCurves writes a table with a row for each point of each curve: the axis, the cell, the value of the parameter,
// the response and, over orientation or contrast, the fitted curve. Over directions, the curve is fitted to the mean
// responses of opposite directions.
func writeCurves(w io.Writer, a *tuning.Analysis) error {
	out := param.NewWriter(w, "by", "cell", "value", "response", "fit")
	for _, curves := range a.Curves {
		for cell, curve := range curves.Curves {
			fit := a.Cells[cell].Fit
			for i, x := range curve.X {
				fitted := math.NaN()
				if curves.Axis == tuning.ByOrientation && fit != nil {
					fitted = fit.At(x)
				} else if fit := a.Cells[cell].Contrast; curves.Axis == tuning.ByContrast && fit != nil {
					fitted = fit.At(x)
				}
				out.Row(curves.Axis.String(), strconv.Itoa(cell), param.Cell(x), param.Cell(curve.Y[i]),
					param.Cell(fitted))
			}
		}
	}
	return out.Close()
}

// writeMatrix writes a square matrix. The first column has the name of the parameter, and in each row its value. Every
// other column is named by the value that it belongs to, with (2) after it if the value is there a second time.
func writeMatrix(w io.Writer, m matrix) error {
	t := &param.Table{Columns: []param.Column{{Name: m.column, Numbers: m.values}}}
	times := map[string]int{}
	for j, v := range m.values {
		name := param.Cell(v)
		if times[name]++; times[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, times[name])
		}
		column := param.Column{Name: name}
		for _, row := range m.dissimilarities {
			column.Numbers = append(column.Numbers, row[j])
		}
		t.Columns = append(t.Columns, column)
	}
	return t.WriteCSV(w)
}

// writeAligned writes the mean curve of a population.
func writeAligned(w io.Writer, c tuning.Curve) error {
	t := param.Table{Columns: []param.Column{{Name: "degrees_from_preferred", Numbers: c.X},
		{Name: "response", Numbers: c.Y}}}
	return t.WriteCSV(w)
}
