package bench

import (
	"bytes"

	"gpuconv/figure"
)

// Picture is a [Graph] that is drawn.
type Picture struct {
	Graph
	SVG   []byte // the whole picture as text
	chart *figure.Chart
}

// Save writes the picture into a file: PNG or SVG, as the name ends.
func (p Picture) Save(path string) error { return p.chart.Save(path) }

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
