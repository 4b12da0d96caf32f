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
	rows, columns int  // values along the axes
	block         int  // how many values one pixel stands for, along each axis
	xAxis, yAxis  bool // whether there are ticks below and at the left
}

// draw draws p. The top left corner of its image is at the point at. The lines of its title are above the image.
func (p panel) draw(s sheet, at image.Point, title []string) {
	r := p.img.Rect.Add(at)
	s.image(at, p.img)
	s.frame(r)
	for i, line := range title {
		above := titleGap + (len(title)-1-i)*titleLeading
		s.text(middle(r.Min.X, r.Max.X), float64(r.Min.Y-above), 0.5, titleSize, line)
	}
	if p.xAxis {
		p.drawXAxis(s, r)
	}
	if p.yAxis {
		p.drawYAxis(s, r)
	}
}

func (p panel) drawXAxis(s sheet, r image.Rectangle) {
	for _, tick := range pixelTicks(p.columns) {
		x := float64(r.Min.X) + (tick.value+0.5)*float64(r.Dx())/float64(p.columns)
		s.fill(image.Rect(int(x), r.Max.Y+1, int(x)+1, r.Max.Y+1+tickLength), frameColor())
		s.text(x, float64(r.Max.Y+tickLength+tickGap+capHeight), 0.5, smallSize, tick.label)
	}
	s.text(middle(r.Min.X, r.Max.X), float64(r.Max.Y+axisBottom-titleGap), 0.5, smallSize, "x-pos")
}

func (p panel) drawYAxis(s sheet, r image.Rectangle) {
	left := r.Min.X - tickLength - tickGap
	for _, tick := range pixelTicks(p.rows) {
		y := float64(r.Min.Y) + (tick.value+0.5)*float64(r.Dy())/float64(p.rows)
		s.fill(image.Rect(r.Min.X-1-tickLength, int(y), r.Min.X-1, int(y)+1), frameColor())
		s.text(float64(left), y+capHeight/2, 1, smallSize, tick.label)
	}
	labels := s.widest(pixelTicks(p.rows), smallSize)
	s.upright(float64(left-labels-labelGap), middle(r.Min.Y, r.Max.Y), smallSize, "y-pos")
}

// axisLeft returns the width, in device pixels, that the ticks and the label of the y axis need.
func (p panel) axisLeft(t typeface) int {
	return tickLength + tickGap + labelGap + t.widest(pixelTicks(p.rows), smallSize) + smallSize
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
