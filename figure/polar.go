package figure

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// polar draws lines over angles: X in degrees, Y as the distance from the middle. As on a screen, 0° is to the right
// and 90° down. Every 45° there is a spoke with its degrees; two circles show half of the largest value and all of it.
type polar struct {
	lines []Line
	most  float64 // the largest value
	label draw.TextStyle
}

// polarPlot returns the plot of polar axes. It draws responses below 0 in the middle.
func (a Axes) polarPlot() (*plot.Plot, error) {
	p := plot.New()
	restyle(p)
	p.Title.Text = a.Title
	p.HideAxes()
	shape := polar{lines: a.Lines, label: p.X.Tick.Label}
	for i, line := range a.Lines {
		if len(line.X) != len(line.Y) {
			return nil, fmt.Errorf("line %d has %d values and %d responses: want equally many", i, len(line.X),
				len(line.Y))
		}
		for _, at := range line.finite() {
			shape.most = max(shape.most, at.Y)
		}
	}
	if shape.most == 0 {
		shape.most = 1
	}
	p.Add(shape)
	return p, nil
}

// Plot implements [plot.Plotter].
func (s polar) Plot(c draw.Canvas, _ *plot.Plot) {
	room := length(40) // for the degrees
	middle := c.Center()
	radius := min(c.Max.X-c.Min.X, c.Max.Y-c.Min.Y)/2 - room
	at := func(degrees, share float64) vg.Point {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		r := radius * vg.Length(share)
		return vg.Point{X: middle.X + r*vg.Length(cos), Y: middle.Y - r*vg.Length(sin)}
	}
	thin := draw.LineStyle{Color: color.NRGBA{200, 200, 200, 255}, Width: vg.Points(0.5)}
	style := s.label
	style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
	for degrees := 0.0; degrees < 360; degrees += 45 {
		c.StrokeLine2(thin, middle.X, middle.Y, at(degrees, 1).X, at(degrees, 1).Y)
		c.FillText(style, at(degrees, 1+float64(room/radius)*0.55), fmt.Sprintf("%.0f°", degrees))
	}
	for _, share := range []float64{0.5, 1} {
		var circle []vg.Point
		for degrees := 0.0; degrees <= 360; degrees += 5 {
			circle = append(circle, at(degrees, share))
		}
		c.StrokeLines(thin, circle)
	}
	style.XAlign = draw.XLeft
	c.FillText(style, at(337, 1.02), label(s.most, shortest(s.most), s.most))
	for i, line := range s.lines {
		var points []vg.Point
		for _, p := range line.finite() {
			points = append(points, at(p.X, max(0, p.Y)/s.most))
		}
		if len(points) > 2 && line.Style != Points {
			c.StrokeLines(draw.LineStyle{Color: lineColor(i), Width: vg.Points(1.2)}, append(points, points[0]))
		}
		if line.Style == Points || line.Style == LinePoints {
			for _, p := range points {
				c.DrawGlyph(draw.GlyphStyle{Color: lineColor(i), Shape: draw.CircleGlyph{}, Radius: vg.Points(1.8)}, p)
			}
		}
	}
}
