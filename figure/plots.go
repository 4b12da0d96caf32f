package figure

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Style says how a line is drawn.
type Style int

// Solid is a line from point to point, Points are dots without a line, and LinePoints is both. Steps is a line with a
// level step around each point, for histograms.
const (
	Solid Style = iota
	Points
	LinePoints
	Steps
)

// Line is a curve in [Axes]. Points with a NaN or an infinity are left out.
type Line struct {
	X, Y  []float64
	Style Style
	Name  string // its name in the key; "" leaves it out of the key
}

// Axes is one graph: a pair of axes with lines. The first line is blue, the next are red, black and green; then the
// colours repeat. The vertical axis starts at 0, or lower if a line has negative values.
type Axes struct {
	Title, XLabel, YLabel string
	Lines                 []Line
	// Polar draws the lines around a circle: X is an angle in degrees, clockwise from the right, and Y the distance
	// from the middle. There are no labels of axes then.
	Polar  bool
	LogX   bool      // logarithmic horizontal axis; all X must be above 0
	XTicks []float64 // positions of the ticks of the horizontal axis; nil for round values
}

// The width and height of one graph with its text, in device pixels; how many are in a row; and how many are drawn at
// most.
const (
	axesWidth   = 420
	axesHeight  = 320
	plotColumns = 4
	mostPlots   = 40
)

// Plots draws graphs, at most four to a row. It draws at most 40; if there are more, a note says how many. It refuses
// an empty list, lines whose X and Y differ in length, and an X of 0 or less on a logarithmic axis.
func Plots(all []Axes) (*Chart, error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("figure: no axes: want at least 1")
	}
	shown := min(len(all), mostPlots)
	var plots []*plot.Plot
	for i, a := range all[:shown] {
		p, err := a.plot()
		if err != nil {
			return nil, fmt.Errorf("figure: axes %d: %w", i, err)
		}
		plots = append(plots, p)
	}
	c := &Chart{axes: [2]int{axesWidth, axesHeight}}
	c.rows = rowsOf(plots, plotColumns)
	if shown < len(all) {
		c.note = fmt.Sprintf("%d of %d", shown, len(all))
	}
	return c, nil
}

// plot makes gonum's plot of a.
func (a Axes) plot() (*plot.Plot, error) {
	if a.Polar {
		return a.polarPlot()
	}
	p := plot.New()
	restyle(p)
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = a.Title, a.XLabel, a.YLabel
	for i, line := range a.Lines {
		if len(line.X) != len(line.Y) {
			return nil, fmt.Errorf("line %d has %d values and %d responses: want equally many", i, len(line.X),
				len(line.Y))
		}
		points := line.finite()
		for _, at := range points {
			if a.LogX && at.X <= 0 {
				return nil, fmt.Errorf("line %d at %v: want values above 0 on a logarithmic axis", i, at.X)
			}
		}
		if len(points) == 0 {
			continue
		}
		if err := line.add(p, points, lineColor(i)); err != nil {
			return nil, fmt.Errorf("line %d: %w", i, err)
		}
	}
	a.scale(p)
	return p, nil
}

// finite returns the points that can be drawn.
func (l Line) finite() plotter.XYs {
	var points plotter.XYs
	for i, x := range l.X {
		if finite(x) && finite(l.Y[i]) {
			points = append(points, plotter.XY{X: x, Y: l.Y[i]})
		}
	}
	return points
}

func (l Line) add(p *plot.Plot, points plotter.XYs, c color.Color) error {
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, vg.Points(1.2)
	dots.Color, dots.Shape, dots.Radius = c, draw.CircleGlyph{}, vg.Points(1.8)
	if l.Style == Steps {
		line.StepStyle = plotter.MidStep
	}
	var key plot.Thumbnailer = line
	switch l.Style {
	case Points:
		p.Add(dots)
		key = dots
	case LinePoints:
		p.Add(line, dots)
	default:
		p.Add(line)
	}
	if l.Name != "" {
		p.Legend.Add(l.Name, key)
	}
	return nil
}

// lineColor returns the colour of line i, from Wong's palette, whose colours colour-blind people can distinguish (Nat.
// Methods 8:441, 2011).
func lineColor(i int) color.Color {
	colors := []color.Color{
		color.NRGBA{0, 114, 178, 255}, color.NRGBA{213, 94, 0, 255}, color.Black, color.NRGBA{0, 158, 115, 255},
	}
	return colors[i%len(colors)]
}

// scale sets the ranges and ticks of the axes, after all lines have been added.
func (a Axes) scale(p *plot.Plot) {
	if !(p.X.Min <= p.X.Max) { // there is no point to draw
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		if a.LogX {
			p.X.Min, p.X.Max = 1, 10
		}
	}
	for _, x := range a.XTicks {
		p.X.Min, p.X.Max = min(p.X.Min, x), max(p.X.Max, x)
	}
	p.Y.Min, p.Y.Max = min(p.Y.Min, 0), max(p.Y.Max, 0)
	if p.Y.Min == p.Y.Max {
		p.Y.Max = 1
	}
	if a.LogX {
		p.X.Scale = plot.LogScale{}
		if p.X.Min == p.X.Max {
			p.X.Min, p.X.Max = p.X.Min/2, p.X.Max*2
		}
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = ticker{a.XTicks, 6}, ticker{nil, 5}
}

// ticker puts ticks at the given values. If values is nil, it puts ticks at round values, at most as many as the field
// most says.
type ticker struct {
	values []float64
	most   int
}

// Ticks implements [plot.Ticker].
func (t ticker) Ticks(lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	if t.values != nil {
		for _, v := range t.values {
			ticks = append(ticks, plot.Tick{Value: v, Label: label(v, shortest(v), math.Abs(v))})
		}
		return ticks
	}
	for _, round := range roundTicks(lo, hi, t.most) {
		ticks = append(ticks, plot.Tick{Value: round.value, Label: round.label})
	}
	return ticks
}

// shortest rounds v to three significant digits and returns the place value of the last digit that is not 0: 10 for
// 120, and 0.1 for 1.5. label then writes v with no more decimals than it needs.
func shortest(v float64) float64 {
	if v == 0 {
		return 1
	}
	exponent := math.Floor(math.Log10(math.Abs(v))) - 2
	for step := math.Pow(10, exponent+2); step > math.Pow(10, exponent); step /= 10 {
		if near(v/step, math.Round(v/step), 1) {
			return step
		}
	}
	return math.Pow(10, exponent)
}

// restyle gives p the typeface of this package. It makes a new text handler, because gonum's default handler is a
// global.
func restyle(p *plot.Plot) {
	handler := text.Plain{Fonts: font.NewCache(liberation.Collection())}
	face := func(size int) font.Font {
		return font.Font{Typeface: "Liberation", Variant: "Sans", Size: length(size)}
	}
	p.TextHandler, p.Title.TextStyle.Handler, p.Title.TextStyle.Font = handler, handler, face(titleSize)
	p.Title.Padding = length(titleGap)
	p.BackgroundColor = nil // the chart is white already, and filling it takes a third of the time
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Handler, axis.Label.TextStyle.Font = handler, face(smallSize)
		axis.Tick.Label.Handler, axis.Tick.Label.Font = handler, face(smallSize)
		axis.Label.Padding = length(tickGap)
	}
	p.Legend.TextStyle.Handler, p.Legend.TextStyle.Font = handler, face(smallSize)
	p.Legend.Top, p.Legend.YOffs = true, length(titleRoom) // beside the title, off the curves
}
