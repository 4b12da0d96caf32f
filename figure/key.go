package figure

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// keyEntry is an entry of the key below a [Graph]: the name of a curve, and how the curve is drawn.
type keyEntry struct {
	name string
	look look
}

// The width of the sample of a line in the key, and the gaps beside it and between entries, in device pixels.
const (
	sampleWidth = 56
	sampleGap   = 10
	entryGap    = 36
	// otherFont is how much wider text may become if the viewer of an SVG uses another font. DejaVu Sans, the widest of
	// the usual ones, is 1.14 times as wide.
	otherFont = 1.15
)

// placed is an entry of the key with its place.
type placed struct {
	keyEntry
	x, row int // its left end, and its row, counted from the top
}

// layKey arranges the entries side by side, in rows that are no wider than the chart. It cuts names that are wider than
// a row.
func (c *Chart) layKey(t typeface, width int) (all []placed) {
	x, row := margin, 0
	for _, e := range c.key {
		room := float64(width-2*margin-sampleWidth-sampleGap) / otherFont
		e.name = t.shorten(e.name, smallSize, int(room))
		wide := sampleWidth + sampleGap + int(otherFont*float64(t.width(e.name, smallSize)))
		if x > margin && x+wide > width-margin {
			x, row = margin, row+1
		}
		all = append(all, placed{e, x, row})
		x += wide + entryGap
	}
	return all
}

// drawKey draws the key below y.
func (c *Chart) drawKey(canvas draw.Canvas, s sheet, width, y int) {
	for _, e := range c.layKey(s.typeface, width) {
		base := float64(y + e.row*noteRoom + noteRoom - (noteRoom-capHeight)/2)
		left := s.point(float64(e.x), base-capHeight/2.0)
		right := vg.Point{X: left.X + length(sampleWidth), Y: left.Y}
		if e.look.line.Width > 0 {
			canvas.StrokeLine2(e.look.line, left.X, left.Y, right.X, right.Y)
		}
		if e.look.mark.Shape != nil {
			canvas.DrawGlyph(e.look.mark, vg.Point{X: (left.X + right.X) / 2, Y: left.Y})
		}
		s.text(float64(e.x+sampleWidth+sampleGap), base, 0, smallSize, e.name)
	}
}
