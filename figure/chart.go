package figure

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Chart is a finished drawing of curves. [Plots] and [Graph.Chart] make one. A Chart does not keep the arguments of
// these functions. Only one goroutine at a time may call its methods.
type Chart struct {
	rows [][]*plot.Plot // rows of equal length; nil where there is no plot
	axes [2]int         // width and height of each plot with its text, in device pixels
	note string         // a line above the plots
	key  []keyEntry     // below the plots
}

// Save writes c to a file as [Picture.Save] does.
func (c *Chart) Save(path string) error { return save(path, c.png, c.svg) }

// WritePNG writes c as PNG, for 144 dots per inch.
func (c *Chart) WritePNG(w io.Writer) error {
	if err := c.png(w); err != nil {
		return fmt.Errorf("figure: write PNG: %w", err)
	}
	return nil
}

// WriteSVG writes c as SVG, in the same size.
func (c *Chart) WriteSVG(w io.Writer) error {
	if err := c.svg(w); err != nil {
		return fmt.Errorf("figure: write SVG: %w", err)
	}
	return nil
}

// size returns the width and height in device pixels, and the heights of the note at the top and of the key at the
// bottom.
func (c *Chart) size() (width, height, top, bottom int) {
	if c.note != "" {
		top = noteRoom
	}
	width = 2*margin + len(c.rows[0])*c.axes[0]
	for _, e := range c.layKey(newTypeface(), width) {
		bottom = (e.row + 1) * noteRoom
	}
	return width, 2*margin + top + len(c.rows)*c.axes[1] + bottom, top, bottom
}

func (c *Chart) png(w io.Writer) error {
	width, height, _, _ := c.size()
	canvas := vgimg.NewWith(vgimg.UseWH(length(width), length(height)), vgimg.UseDPI(dpi))
	c.draw(canvas)
	encoder := png.Encoder{CompressionLevel: png.BestSpeed} // as for a Picture
	return encoder.Encode(w, canvas.Image())
}

func (c *Chart) svg(w io.Writer) error {
	width, height, _, _ := c.size()
	canvas := svgCanvas{vgsvg.New(length(width), length(height))}
	s := sheet{canvas: canvas, height: height}
	s.fill(image.Rect(0, 0, width, height), color.White) // vgimg's images are white already
	c.draw(canvas)
	var text bytes.Buffer
	if _, err := canvas.WriteTo(&text); err != nil {
		return err
	}
	_, err := w.Write(finishSVG(text.Bytes()))
	return err
}

func (c *Chart) draw(canvas vg.CanvasSizer) {
	width, height, top, bottom := c.size()
	all := draw.New(canvas)
	s := sheet{canvas, height, newTypeface()}
	if c.note != "" {
		s.text(margin, margin+smallSize, 0, smallSize, s.shorten(c.note, smallSize, width-2*margin))
	}
	c.drawKey(all, s, width, height-margin-bottom)
	tiles := draw.Tiles{
		Rows: len(c.rows), Cols: len(c.rows[0]),
		PadLeft: length(margin), PadRight: length(margin), PadBottom: length(margin + bottom),
		PadTop: length(margin + top),
		PadX:   length(gap), PadY: length(gap),
	}
	canvases := plot.Align(c.rows, tiles, all)
	for i, row := range c.rows {
		for j, p := range row {
			if p != nil {
				p.Draw(canvases[i][j])
			}
		}
	}
}
