package bench

import (
	"bytes"

	"gpuconv/figure"
)

// Picture is a graph of a report, as data and as SVG. Its Chart writes it as SVG and, for 144 dots per inch, as PNG.
type Picture struct {
	ID           string // for the name of a file: lower-case letters, digits and dashes
	Caption      string
	figure.Graph        // what it shows
	SVG          []byte // the whole picture
	Narrow       []byte // the same for the width of a phone, as SVG
	*figure.Chart
}

// phone is the page that Picture.Narrow is laid out for: 390 pixels wide, in a window of 420, with text 10 pixels high.
func phone() figure.Page { return figure.Page{Width: 103, FontSize: 7.5} }

// Pictures draws the report: throughput, gpuconv against its peers, the roofline, GPU against CPU, and scaling over
// cores. It leaves out graphs for which nothing was timed.
func (r Report) Pictures() ([]Picture, error) {
	all := r.graphs()
	for i := range all {
		p := &all[i]
		var err error
		if p.Narrow, err = p.draw(phone()); err != nil {
			return nil, err
		}
		if p.SVG, err = p.draw(figure.Page{}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// draw makes the picture's Chart, for a page, and returns it as SVG.
func (p *Picture) draw(page figure.Page) ([]byte, error) {
	var err error
	if p.Chart, err = p.Graph.Chart(); err != nil {
		return nil, err
	}
	if err := p.Chart.On(page); err != nil {
		return nil, err
	}
	var svg bytes.Buffer
	err = p.WriteSVG(&svg)
	return svg.Bytes(), err
}
