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
	Narrow       []byte // the same for the width of a phone, as SVG
	chart        *figure.Chart
}

// phone is what Picture.Narrow is laid out for: 390 of the 420 pixels of a window, and text of 10 of them.
func phone() figure.Page { return figure.Page{Width: 103, FontSize: 7.5} }

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
		if p.chart, p.SVG, err = p.drawn(figure.Page{}); err != nil {
			return nil, err
		}
		if _, p.Narrow, err = p.drawn(phone()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// drawn draws the picture for a page, and as SVG.
func (p Picture) drawn(page figure.Page) (*figure.Chart, []byte, error) {
	chart, err := p.Chart()
	if err != nil {
		return nil, nil, err
	}
	if err := chart.On(page); err != nil {
		return nil, nil, err
	}
	var svg bytes.Buffer
	err = chart.WriteSVG(&svg)
	return chart, svg.Bytes(), err
}
