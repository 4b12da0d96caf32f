package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Graph is one large pair of axes for measurements: curves with error bars, on linear or logarithmic axes. A key below
// the axes names the curves.
type Graph struct {
	Title, Note    string // Note is a line above the axes
	XLabel, YLabel string
	LogX, LogY     bool      // logarithmic axes; all values must be above 0
	XTicks         []float64 // the positions of the horizontal axis's labels, ascending; nil for round values
	XNames         []string  // labels at X = 0, 1, 2, … in place of numbers
	Series         []Series
}

// Series is one curve of a [Graph], in one colour and with one mark. Points with a NaN or an infinity are left out.
type Series struct {
	Name      string // its name in the key
	X, Y      []float64
	Low, High []float64 // lower and upper ends of the error bars of Y; nil for none
	Style     Style     // Solid, Points or LinePoints
	Dashed    bool
	Hollow    bool      // marks are drawn as outlines
	Missing   []float64 // positions on the horizontal axis without a value: crosses at the lower edge of the axes
	Color     int       // index of a colour and a mark, which repeat; related series may share it; grey if negative
}

// The width and height of a graph with its text, in device pixels. At this width, a page on a phone still shows letters
// of 7 points.
const (
	graphWidth  = 1000
	graphHeight = 640
)

// Chart draws the graph. It refuses a graph that has no point to draw, slices of different lengths, values that a
// logarithmic axis cannot show, and error bars that do not contain their point.
func (g Graph) Chart() (*Chart, error) {
	p := plot.New()
	restyle(p)
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = g.Title, g.XLabel, g.YLabel
	p.Add(grid())
	c := &Chart{rows: [][]*plot.Plot{{p}}, note: g.Note, axes: [2]int{graphWidth, graphHeight}}
	for i, s := range g.Series {
		if err := s.check(g.LogX, g.LogY); err != nil {
			return nil, fmt.Errorf("figure: series %d (%s): %w", i, s.Name, err)
		}
		drawn, err := s.add(p)
		if err != nil {
			return nil, fmt.Errorf("figure: series %d (%s): %w", i, s.Name, err)
		}
		if drawn {
			c.key = append(c.key, keyEntry{s.Name, s.look()})
		}
	}
	if !slices.ContainsFunc(g.Series, func(s Series) bool { return len(s.points().XYs) > 0 }) {
		return nil, fmt.Errorf("figure: graph %q: no point to draw in %d series: want at least 1", g.Title,
			len(g.Series))
	}
	g.scale(p)
	return c, nil
}

// check refuses slices of different lengths, values that a logarithmic axis cannot show, and error bars that do not
// contain their point.
func (s Series) check(logX, logY bool) error {
	if len(s.X) != len(s.Y) {
		return fmt.Errorf("%d values of X and %d of Y: want equally many", len(s.X), len(s.Y))
	}
	if (s.Low != nil || s.High != nil) && (len(s.Low) != len(s.Y) || len(s.High) != len(s.Y)) {
		return fmt.Errorf("%d lower and %d upper ends of error bars: want %d, one for each point", len(s.Low),
			len(s.High), len(s.Y))
	}
	for i := range s.X {
		switch {
		case logX && s.X[i] <= 0, logY && s.Y[i] <= 0, logY && s.Low != nil && s.Low[i] <= 0:
			return fmt.Errorf("point %d at (%v, %v): want values above 0 on a logarithmic axis", i, s.X[i], s.Y[i])
		case s.Low != nil && (s.Low[i] > s.Y[i] || s.High[i] < s.Y[i]):
			return fmt.Errorf("point %d: want %v within its error bar from %v to %v", i, s.Y[i], s.Low[i], s.High[i])
		}
	}
	return nil
}

// bars are points with the lengths of their error bars.
type bars struct {
	plotter.XYs
	plotter.YErrors
}

// points returns the points that can be drawn.
func (s Series) points() (all bars) {
	for i, x := range s.X {
		if !finite(x) || !finite(s.Y[i]) {
			continue
		}
		all.XYs = append(all.XYs, plotter.XY{X: x, Y: s.Y[i]})
		if s.Low != nil && finite(s.Low[i]) && finite(s.High[i]) {
			all.YErrors = append(all.YErrors, struct{ Low, High float64 }{s.Y[i] - s.Low[i], s.High[i] - s.Y[i]})
		} else {
			all.YErrors = append(all.YErrors, struct{ Low, High float64 }{})
		}
	}
	return all
}

// add adds the series to a plot, and reports whether there was something to draw.
func (s Series) add(p *plot.Plot) (bool, error) {
	points := s.points()
	if len(s.Missing) > 0 {
		p.Add(absent{s.Missing, s.look().line.Color})
	}
	if len(points.XYs) == 0 {
		return len(s.Missing) > 0, nil
	}
	line, dots, err := plotter.NewLinePoints(points.XYs)
	if err != nil {
		return false, err
	}
	look := s.look()
	line.LineStyle, dots.GlyphStyle = look.line, look.mark
	if s.Style != Points {
		p.Add(line)
	}
	if s.Low != nil {
		bar, err := plotter.NewYErrorBars(points)
		if err != nil {
			return false, err
		}
		bar.Color, bar.Width, bar.CapWidth = look.line.Color, vg.Points(0.8), vg.Points(5)
		p.Add(bar)
	}
	if s.Style != Solid {
		p.Add(dots)
	}
	return true, nil
}

// absent draws crosses at the lower edge of the axes, at the given positions.
type absent struct {
	at    []float64
	color color.Color
}

// Plot implements [plot.Plotter].
func (a absent) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	radius := vg.Points(2.8)
	for _, v := range a.at {
		c.DrawGlyph(draw.GlyphStyle{Color: a.color, Radius: radius, Shape: draw.CrossGlyph{}},
			vg.Point{X: x(v), Y: c.Min.Y + 2*radius})
	}
}

// hollow draws a mark as an outline. gonum's own outlines are too thin to see their colour.
type hollow struct{ draw.GlyphDrawer }

// DrawGlyph implements [draw.GlyphDrawer].
func (h hollow) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	h.GlyphDrawer.DrawGlyph(c, style, at)
	style.Radius /= 2
	c.SetColor(color.White)
	h.GlyphDrawer.DrawGlyph(c, style, at)
}

// look is how a series is drawn, in the axes and in the key.
type look struct {
	line draw.LineStyle
	mark draw.GlyphStyle
}

// look returns the colour and the mark of s. The colours are Wong's palette (see lineColor) without yellow, which is
// hard to see on white. The marks differ, too, for print without colours: circles, boxes and pyramids, filled or
// hollow.
func (s Series) look() look {
	colors := []color.Color{
		color.NRGBA{0, 114, 178, 255}, color.NRGBA{213, 94, 0, 255}, color.NRGBA{0, 158, 115, 255}, color.Black,
		color.NRGBA{204, 121, 167, 255}, color.NRGBA{86, 180, 233, 255}, color.NRGBA{230, 159, 0, 255},
	}
	marks := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}}
	index := max(s.Color, 0)
	l := look{line: draw.LineStyle{Color: colors[index%len(colors)], Width: vg.Points(1.2)}}
	if s.Color < 0 {
		l.line.Color = color.Gray{128}
	}
	if s.Dashed {
		l.line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
	}
	if s.Style == Points {
		l.line.Width = 0
	}
	if s.Style != Solid {
		l.mark = draw.GlyphStyle{Color: l.line.Color, Radius: vg.Points(2.8), Shape: marks[index%len(marks)]}
		if s.Hollow {
			l.mark.Shape = hollow{l.mark.Shape}
		}
	}
	return l
}

func grid() *plotter.Grid {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = color.Gray{225}, color.Gray{225}
	return g
}

// scale sets the ranges and ticks of the axes, after all series have been added.
func (g Graph) scale(p *plot.Plot) {
	scaleAxis(&p.X, g.LogX)
	scaleAxis(&p.Y, g.LogY)
	if !g.LogY {
		p.Y.Min, p.Y.Max = min(p.Y.Min, 0), max(p.Y.Max, 0)
	}
	switch {
	case g.XNames != nil:
		p.X.Min, p.X.Max = -0.5, float64(len(g.XNames))-0.5
		p.X.Tick.Marker, p.X.Tick.LineStyle.Width = names(g.XNames), 0
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = math.Pi/2, text.XRight, text.YCenter
	case g.XTicks != nil:
		p.X.Min, p.X.Max = min(p.X.Min, g.XTicks[0]), max(p.X.Max, g.XTicks[len(g.XTicks)-1])
		p.X.Tick.Marker = ticker{g.XTicks, len(g.XTicks)}
	}
}

// scaleAxis gives an axis its scale, some room around the data, and ticks.
func scaleAxis(a *plot.Axis, log bool) {
	if !log {
		if a.Min == a.Max {
			a.Min, a.Max = a.Min-0.5, a.Max+0.5
		}
		a.Tick.Marker = ticker{nil, 7}
		return
	}
	const room = 1.2
	a.Min, a.Max = a.Min/room, a.Max*room
	a.Scale, a.Tick.Marker = plot.LogScale{}, decades{}
}

// names puts a name at 0, 1, 2, …, and cuts it to longestName. It adds spaces, because gonum lets upright text touch
// the axis, and because a viewer of an SVG may have a wider font: see otherFont.
type names []string

// longestName is the largest height of a name that is upright, in device pixels.
const longestName = 260

// Ticks implements [plot.Ticker].
func (n names) Ticks(lo, hi float64) (ticks []plot.Tick) {
	face := newTypeface()
	for i, name := range n {
		if v := float64(i); lo <= v && v <= hi {
			name = face.shorten(name, smallSize, longestName)
			ticks = append(ticks, plot.Tick{Value: v, Label: name + "   " + strings.Repeat(" ", len(name)/3)})
		}
	}
	return ticks
}

// decades puts ticks at 1, 2, … 9 times each power of ten. The powers have labels. If the range spans less than a
// factor of 150, 2 and 5 times each power have labels, too. If that gives fewer than two labels, all ticks have labels.
// A range with fewer than two of these ticks gets ticks at round values.
type decades struct{}

// Ticks implements [plot.Ticker].
func (decades) Ticks(lo, hi float64) (ticks []plot.Tick) {
	labelled := []float64{1}
	if hi/lo < 150 {
		labelled = []float64{1, 2, 5}
	}
	for _, digits := range [][]float64{labelled, {1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		if ticks = digitTicks(lo, hi, digits); labels(ticks) >= 2 {
			return ticks
		}
	}
	return ticker{nil, 6}.Ticks(lo, hi)
}

// digitTicks puts ticks at 1, 2, … 9 times each power of ten, with labels at some digits.
func digitTicks(lo, hi float64, labelled []float64) (ticks []plot.Tick) {
	for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, e)
			if v < lo || v > hi {
				continue
			}
			name := ""
			if slices.Contains(labelled, m) {
				name = power(v)
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: name})
		}
	}
	return ticks
}

func labels(ticks []plot.Tick) (n int) {
	for _, t := range ticks {
		if t.Label != "" {
			n++
		}
	}
	return n
}

// power writes a value with one significant digit, however large: 0.02, 5, 100,000, 2 million.
func power(v float64) string {
	switch {
	case v >= 1e6 && v < 1e9:
		return label(v/1e6, 1, 1) + " million"
	case v >= 1e4 && v < 1e6:
		return label(v/1e3, 1, 1) + ",000"
	}
	return label(v, shortest(v), v)
}
