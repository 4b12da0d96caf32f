package report

import (
	"io"
	"strings"

	"gpuconv/figure"
	"gpuconv/tuning"
)

// matrix says how different the responses of a population to any two values of a parameter are.
type matrix struct {
	column          string // name of the parameter
	values          []float64
	metric          tuning.Metric
	dissimilarities [][]float64
}

// write writes rdm.csv and the picture rdm.
func (m matrix) write(out *files) error {
	if err := out.write("rdm.csv", func(w io.Writer) error { return writeMatrix(w, m) }); err != nil {
		return err
	}
	return m.draw(out)
}

// axisName returns the label of an axis for a column of a table: orientation (°) for orientation_deg.
func axisName(column string) string {
	known := map[string]string{"sf_cycles_per_pixel": "spatial frequency (cycles/pixel)",
		"drift_cycles_per_frame": "drift (cycles/frame)"}
	if name, ok := known[column]; ok {
		return name
	}
	for suffix, unit := range map[string]string{"_deg": " (°)", "_pixels": " (pixels)"} {
		if name, ok := strings.CutSuffix(column, suffix); ok {
			return strings.ReplaceAll(name, "_", " ") + unit
		}
	}
	return strings.ReplaceAll(column, "_", " ")
}

// draw writes the picture rdm.
func (m matrix) draw(out *files) error {
	label := "1 − Pearson's r"
	if m.metric == tuning.Euclid {
		label = "Euclidean distance"
	}
	axis := axisName(m.column)
	picture, err := figure.Matrix(figure.Grid{Values: m.dissimilarities, Label: label, XLabel: axis, YLabel: axis,
		X: m.values, Y: m.values}, out.pictures.Drawn)
	if err != nil {
		return err
	}
	return out.draw("rdm", picture)
}
