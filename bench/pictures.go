package bench

import (
	"bytes"
	"io"

	"gpuconv/figure"
)

// Picture is a graph of a report, as data and as SVG.
type Picture struct {
	ID           string // for the name of a file: lower-case letters, digits and dashes
	Caption      string
	figure.Graph        // what it shows
	SVG          []byte // the whole picture
	chart        *figure.Chart
}

// WritePNG writes the picture as PNG, for 144 dots per inch.
func (p Picture) WritePNG(w io.Writer) error { return p.chart.WritePNG(w) }

// WriteSVG writes the picture as SVG.
func (p Picture) WriteSVG(w io.Writer) error {
	_, err := w.Write(p.SVG)
	return err
}

// Pictures draws the report: throughput, gpuconv against its peers, the roofline, GPU against CPU, and scaling over
// cores. It leaves out graphs for which nothing was timed.
func (r Report) Pictures() ([]Picture, error) {
	all := r.graphs()
	for i := range all {
		p := &all[i]
		var err error
		if p.chart, err = p.Chart(); err != nil {
			return nil, err
		}
		var svg bytes.Buffer
		if err := p.chart.WriteSVG(&svg); err != nil {
			return nil, err
		}
		p.SVG = svg.Bytes()
	}
	return all, nil
}
