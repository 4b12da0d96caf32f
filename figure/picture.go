package figure

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"

	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Picture is a finished drawing: a grid of panels with a colour bar. [Stimuli], [Filters], [Activations], [Matrix] and
// [Failure] make one. A Picture does not keep the arguments of these functions. Several goroutines may call its
// methods.
type Picture struct {
	rows  [][]panel // the first is the longest
	bar   *colorBar
	notes []string // lines above the panels
}

// WritePNG writes p as PNG, for 144 dots per inch. Text is 9 or 10 pt high, 18 or 20 pixels.
func (p *Picture) WritePNG(w io.Writer) error {
	if err := p.png(w); err != nil {
		return fmt.Errorf("figure: write PNG: %w", err)
	}
	return nil
}

// WriteSVG writes p as SVG, in the same size. Its panels are embedded images. Its text stays text, in Liberation Sans
// or a font that the viewer uses instead.
func (p *Picture) WriteSVG(w io.Writer) error {
	if err := p.svg(w); err != nil {
		return fmt.Errorf("figure: write SVG: %w", err)
	}
	return nil
}

func (p *Picture) png(w io.Writer) error {
	t := newTypeface()
	l := p.layout(t)
	canvas := vgimg.NewWith(vgimg.UseWH(length(l.size.X), length(l.size.Y)), vgimg.UseDPI(dpi))
	p.draw(sheet{raster{canvas}, l.size.Y, t}, l)
	// The default level takes 190 instead of 130 ms for the three pictures of the tutorial, and makes 108 instead of
	// 125 kB. BenchmarkPictures measures both.
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(w, canvas.Image())
}

func (p *Picture) svg(w io.Writer) error {
	t := newTypeface()
	l := p.layout(t)
	canvas := svgCanvas{vgsvg.New(length(l.size.X), length(l.size.Y))}
	s := sheet{canvas, l.size.Y, t}
	s.fill(image.Rectangle{Max: l.size}, color.White)
	p.draw(s, l)
	var text bytes.Buffer
	if _, err := canvas.WriteTo(&text); err != nil {
		return err
	}
	_, err := w.Write(finishSVG(text.Bytes()))
	return err
}

// finishSVG adds what vgsvg leaves out: that viewers must not smooth the images, which fonts may replace a missing one,
// and the true type of the images.
func finishSVG(text []byte) []byte {
	const head = `xmlns:xlink="http://www.w3.org/1999/xlink">`
	const style = head + `
<style>
image { image-rendering: pixelated }
text { font-family: "Liberation Sans", Arial, Helvetica, sans-serif !important }
</style>`
	text = bytes.Replace(text, []byte(head), []byte(style), 1)
	return bytes.ReplaceAll(text, []byte(`"data:image/jpg;`), []byte(`"data:image/png;`))
}

func (p *Picture) draw(s sheet, l layout) {
	for i, note := range p.notes {
		s.text(margin, float64(margin+i*noteRoom+smallSize), 0, smallSize, note)
	}
	for i, row := range p.rows {
		for j, panel := range row {
			inset := l.cell.Sub(panel.img.Rect.Size()).Div(2)
			panel.draw(s, image.Pt(l.columns[j], l.rows[i]).Add(inset), l.titles[i][j])
		}
	}
	p.bar.draw(s, l.bar)
}
