package report

import (
	"fmt"
	"io"

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

// write writes rdm.csv and rdm.png.
func (m matrix) write(out *files) error {
	if err := out.write("rdm.csv", func(w io.Writer) error { return writeMatrix(w, m) }); err != nil {
		return err
	}
	return m.draw(out)
}

// draw writes rdm.png.
func (m matrix) draw(out *files) error {
	label := "1 − Pearson's r"
	if m.metric == tuning.Euclid {
		label = "Euclidean distance"
	}
	title := fmt.Sprintf("%s, %.4g … %.4g", m.column, m.values[0], m.values[len(m.values)-1])
	picture, err := figure.Matrix(m.dissimilarities, title, label)
	if err != nil {
		return err
	}
	return out.write("rdm.png", picture.WritePNG)
}
