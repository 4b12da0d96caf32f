package report

import (
	"io"
	"strconv"

	"gpuconv/figure"
	"gpuconv/param"
)

// plane writes plane.csv, with a row for each cell and pair of values, and the picture plane, a map for each cell. The
// response is missing if no image counts for the pair. It does nothing if the analysis has no plane.
func (t Tuning) plane(out *files) error {
	p := t.Analysis.Plane
	if p == nil {
		return nil
	}
	err := out.write("plane.csv", func(w io.Writer) error {
		table := param.NewWriter(w, "cell", p.Columns[0], p.Columns[1], "response")
		for cell, rows := range p.Cells {
			for i, row := range rows {
				for j, v := range row {
					table.Row(strconv.Itoa(cell), param.Cell(p.Values[0][i]), param.Cell(p.Values[1][j]), param.Cell(v))
				}
			}
		}
		return table.Close()
	})
	if err != nil {
		return err
	}
	var all []figure.Grid
	for cell, rows := range p.Cells {
		all = append(all, figure.Grid{Values: rows, Title: t.title(cell), Label: "response",
			XLabel: axisName(p.Columns[1]), YLabel: axisName(p.Columns[0]), X: p.Values[1], Y: p.Values[0]})
	}
	look := out.pictures.Drawn
	look.Scale = figure.Automatic
	picture, err := figure.Matrices(all, look)
	if err != nil {
		return err
	}
	return out.draw("plane", picture)
}

// title names a cell in a picture: its name and its filter, if that is known.
func (t Tuning) title(cell int) string {
	title := "cell " + t.names()[cell]
	if filter := t.filter(cell); filter != "" {
		title += ", " + filter
	}
	return title
}
