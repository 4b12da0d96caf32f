package figure

import (
	"image"
	"io"

	"gonum.org/v1/plot/vg"
)

// Picture is a finished drawing: a grid of panels with a colour bar. [Stimuli], [Filters], [Activations], [Matrix],
// [Matrices] and [Failure] make one. A Picture does not keep the arguments of these functions. Several goroutines may
// call its methods.
type Picture struct {
	rows  [][]panel // the first is the longest
	bar   *colorBar
	notes []string // lines above the panels
	wide  int      // the least width of the layout
	paper scaled
}

// WritePNG writes p as PNG, for 144 dots per inch unless a [Page] says otherwise. Text is then 9 or 10 pt high, 18 or
// 20 pixels.
func (p *Picture) WritePNG(w io.Writer) error { return written("PNG", p.output().png(w)) }

// WriteSVG writes p as SVG, in the same size. Its panels are embedded images. Its text stays text, in Liberation Sans
// or a font that the viewer uses instead.
func (p *Picture) WriteSVG(w io.Writer) error { return written("SVG", p.output().svg(w)) }

// WritePDF writes p as a PDF of one page, in the same size. Its panels are embedded images. Its text stays text, in
// Liberation Sans, which is embedded; letters beyond those of western languages are shapes.
func (p *Picture) WritePDF(w io.Writer) error { return written("PDF", p.output().pdf(w)) }

func (p *Picture) output() output {
	t := newTypeface()
	l := p.layout(t)
	return output{l.size, p.paper, func(canvas vg.CanvasSizer) { p.draw(sheet{canvas, l.size.Y, t}, l) }}
}

func (p *Picture) draw(s sheet, l layout) {
	for i, note := range p.notes {
		s.text(margin, float64(margin+i*noteRoom+smallSize), 0, smallSize, note)
	}
	for i, row := range p.rows {
		for j, panel := range row {
			inset := l.cell.Sub(panel.size).Div(2)
			panel.draw(s, image.Pt(l.columns[j], l.rows[i]).Add(inset), l.titles[i][j])
		}
	}
	p.bar.draw(s, l.bar)
}
