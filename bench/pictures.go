package bench

import (
	"bytes"
	"io"

	"gpuconv/figure"
)

// Picture is a [Graph] that is drawn.
type Picture struct {
	Graph
	SVG   []byte // the whole picture as text
	chart *figure.Chart
}

// WritePNG writes the picture as PNG, for 144 dots per inch.
func (p Picture) WritePNG(w io.Writer) error { return p.chart.WritePNG(w) }

// WriteSVG writes the picture as SVG.
func (p Picture) WriteSVG(w io.Writer) error {
	_, err := w.Write(p.SVG)
	return err
}

// Pictures draws the graphs of the report, in their order.
func (r Report) Pictures() ([]Picture, error) {
	var all []Picture
	for _, g := range r.Graphs() {
		chart, err := g.Chart()
		if err != nil {
			return nil, err
		}
		var svg bytes.Buffer
		if err := chart.WriteSVG(&svg); err != nil {
			return nil, err
		}
		all = append(all, Picture{Graph: g, SVG: svg.Bytes(), chart: chart})
	}
	return all, nil
}
