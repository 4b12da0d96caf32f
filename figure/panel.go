package figure

import (
	"image"
	"image/color"
	"math"
)

// panel is one image of a picture, with its title and axes.
type panel struct {
	title         string
	img           *image.RGBA
	size          image.Point     // of img in the layout
	rows, columns int             // values along the axes
	block         int             // how many values one pixel shows, along each axis
	x, y          axis            // below, and at the left
	field         image.Rectangle // drawn over the image, in values: columns X and rows Y; empty for none
}

// axis is one of the two axes of a panel.
type axis struct {
	shown  bool
	label  string    // "" means x-pos or y-pos
	values []float64 // one for each row or column; nil numbers them from 0
}

// name returns the label of the axis.
func (a axis) name(otherwise string) string {
	if a.label == "" {
		return otherwise
	}
	return a.label
}

// ticks returns ticks for n rows or columns, at their numbers.
func (a axis) ticks(n int) []tick {
	if a.values == nil {
		return pixelTicks(n)
	}
	const most = 7
	var all []tick
	for i := 0; i < n; i += (n + most - 1) / most {
		v := a.values[i]
		all = append(all, tick{float64(i), label(v, shortest(v), math.Abs(v))})
	}
	return all
}

// draw draws p. The top left corner of its image is at the point at. The lines of its title are above the image.
func (p panel) draw(s sheet, at image.Point, title []string) {
	r := image.Rectangle{at, at.Add(p.size)}
	s.image(r, p.img)
	s.frame(r)
	p.drawField(s, r)
	for i, line := range title {
		above := titleGap + (len(title)-1-i)*titleLeading
		s.text(middle(r.Min.X, r.Max.X), float64(r.Min.Y-above), 0.5, titleSize, line)
	}
	if p.x.shown {
		p.drawXAxis(s, r)
	}
	if p.y.shown {
		p.drawYAxis(s, r)
	}
}

// drawField draws the box around the field, as far as it lies in the image.
func (p panel) drawField(s sheet, r image.Rectangle) {
	inside := p.field.Intersect(image.Rect(0, 0, p.columns, p.rows))
	if inside.Empty() {
		return
	}
	at := func(v, low, extent, values int) int { return low + int(math.Round(float64(v*extent)/float64(values))) }
	box := image.Rect(at(inside.Min.X, r.Min.X, r.Dx(), p.columns), at(inside.Min.Y, r.Min.Y, r.Dy(), p.rows),
		at(inside.Max.X, r.Min.X, r.Dx(), p.columns), at(inside.Max.Y, r.Min.Y, r.Dy(), p.rows))
	const line = 3
	for _, side := range []image.Rectangle{
		image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+line), image.Rect(box.Min.X, box.Max.Y-line, box.Max.X, box.Max.Y),
		image.Rect(box.Min.X, box.Min.Y, box.Min.X+line, box.Max.Y), image.Rect(box.Max.X-line, box.Min.Y, box.Max.X, box.Max.Y),
	} {
		s.fill(side, fieldColor())
	}
}

// fieldColor is vermilion, of Wong's palette: neither a grey nor close to one.
func fieldColor() color.NRGBA { return color.NRGBA{213, 94, 0, 255} }

func (p panel) drawXAxis(s sheet, r image.Rectangle) {
	for _, tick := range p.x.ticks(p.columns) {
		x := float64(r.Min.X) + (tick.value+0.5)*float64(r.Dx())/float64(p.columns)
		s.fill(image.Rect(int(x), r.Max.Y+1, int(x)+1, r.Max.Y+1+tickLength), frameColor())
		s.text(x, float64(r.Max.Y+tickLength+tickGap+capHeight), 0.5, smallSize, tick.label)
	}
	s.text(middle(r.Min.X, r.Max.X), float64(r.Max.Y+axisBottom-titleGap), 0.5, smallSize, p.x.name("x-pos"))
}

func (p panel) drawYAxis(s sheet, r image.Rectangle) {
	left := r.Min.X - tickLength - tickGap
	for _, tick := range p.y.ticks(p.rows) {
		y := float64(r.Min.Y) + (tick.value+0.5)*float64(r.Dy())/float64(p.rows)
		s.fill(image.Rect(r.Min.X-1-tickLength, int(y), r.Min.X-1, int(y)+1), frameColor())
		s.text(float64(left), y+capHeight/2, 1, smallSize, tick.label)
	}
	labels := s.widest(p.y.ticks(p.rows), smallSize)
	s.upright(float64(left-labels-labelGap), middle(r.Min.Y, r.Max.Y), smallSize, p.y.name("y-pos"))
}

// axisLeft returns the width, in device pixels, that the ticks and the label of the y axis need.
func (p panel) axisLeft(t typeface) int {
	return tickLength + tickGap + labelGap + t.widest(p.y.ticks(p.rows), smallSize) + smallSize
}

// pixelTicks returns ticks at whole numbers from 0 to n-1.
func pixelTicks(n int) []tick {
	var whole []tick
	for _, tick := range roundTicks(0, float64(n-1), 4) {
		if tick.value == math.Trunc(tick.value) {
			whole = append(whole, tick)
		}
	}
	return whole
}

func middle(a, b int) float64 { return float64(a+b) / 2 }

func frameColor() color.NRGBA { return color.NRGBA{120, 120, 120, 255} }
