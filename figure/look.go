package figure

import (
	"fmt"
	"image"
	"math"
)

// Look says how pictures are drawn. The zero value draws them as the tutorial does: in its colours, with one scale for
// all panels, for a screen. Only the tone of stimuli is not the tutorial's.
type Look struct {
	Tone    Tone
	Colours Colours
	Scale   Scale
	Page    Page
}

// Scale says whether the panels of a picture share one range of values.
type Scale int

// All gives all panels one range. Each gives every panel a range of its own. The title of a panel then states its
// range, and the colour bar shows shares of the range. Automatic is Each if the largest magnitude of some panel that
// is not all zero is below a fifth of the largest of all, because that panel would look blank. Otherwise it is All.
const (
	All Scale = iota
	Each
	Automatic
)

// String returns the name on the command line.
func (s Scale) String() string { return [...]string{"all", "each", "auto"}[s] }

// blank is the share of the largest magnitude below which a panel looks blank.
const blank = 0.2

// each reports whether panels with these largest magnitudes get a range each.
func (s Scale) each(largest []float64) bool {
	most := 0.0
	for _, v := range largest {
		most = max(most, v)
	}
	for _, v := range largest {
		if s == Automatic && v > 0 && v < blank*most {
			return true
		}
	}
	return s == Each
}

// Page says how large a picture is on paper. A zero means the default.
type Page struct {
	// millimetres, 10 … 2000; by default it follows from the panels and FontSize. A picture of a given Width is at most
	// as high as A4 or, if that is more, 1.5 times the width: where panels would be higher, they are smaller.
	Width float64
	DPI   float64 // dots per inch of PNG, at least; 36 … 600, by default 144
	// points of all text but titles, which are a ninth larger; 3 … 72. By default text has 9 points; if Width is given,
	// it grows and shrinks with the picture, but not below 6. Any text is smaller where Width has no room for it.
	FontSize float64
}

// check refuses sizes out of range.
func (p Page) check() error {
	for _, c := range []struct {
		name, unit     string
		v, least, most float64
	}{{"width", "mm", p.Width, 10, 2000}, {"dpi", "dots per inch", p.DPI, 36, 600},
		{"font size", "pt", p.FontSize, 3, 72}} {
		if c.v != 0 && !(c.v >= c.least && c.v <= c.most) {
			return fmt.Errorf("figure: %s %v: want %v to %v %s", c.name, c.v, c.least, c.most, c.unit)
		}
	}
	if dots := p.Width / 25.4 * max(p.DPI, dpi); dots > mostDots {
		return fmt.Errorf("figure: width %v mm at %v dots per inch: want at most %d dots in all", p.Width,
			max(p.DPI, dpi), mostDots)
	}
	return nil
}

// mostDots bounds the width of a PNG.
const mostDots = 12000

// mostPixels bounds the device pixels of a layout without a width. TestLargestPictures guards it.
const mostPixels = 11e6

// Memory estimates the bytes of the pixels of the largest picture of the page, while it is drawn as PNG.
func (p Page) Memory() float64 {
	scale := max(p.DPI, dpi) / dpi
	if p.Width > 0 {
		return 4 * p.units() * p.tallest() * scale * scale
	}
	scale *= max(1, p.FontSize/baseFont) // smaller text leaves the panels as large as they are
	return 4 * mostPixels * scale * scale
}

// The greatest height of a picture of a given width: that of A4, 297 mm, or tallShare times the width, whichever is
// more.
const (
	tallPage  = 297
	tallShare = 1.5
)

// tallest returns the greatest height in device pixels of layout.
func (p Page) tallest() float64 { return max(tallPage, tallShare*p.Width) / 25.4 * dpi }

// scale returns how much larger than its layout a picture is on paper: it fills the width, or the greatest height if it
// would otherwise be higher.
func (p Page) scale(layout image.Point) float64 {
	return min(p.units()/float64(layout.X), p.tallest()/float64(layout.Y))
}

// legible returns a page for a layout of this size, in device pixels. If only the width is given, its text is not
// smaller than leastFont.
func (p Page) legible(layout image.Point) Page {
	if p.FontSize == 0 && p.Width > 0 && p.scale(layout)*baseFont < leastFont {
		p.FontSize = leastFont
	}
	return p
}

// leastFont is the smallest size of text in figures that journals allow, in points.
const leastFont = 6

// units is the width in device pixels of layout, or 0.
func (p Page) units() float64 { return p.Width / 25.4 * dpi }

// baseFont is the size of small text in a layout that is not scaled, in points.
const baseFont = smallSize * 72 / dpi

// scaled says how much larger than its layout a drawing is on paper, and how many pixels of a panel there are for each
// pixel of the layout, along a side.
type scaled struct {
	scale  float64 // 0 means 1
	dpi    float64 // 0 means the default
	detail int     // 0 means 1
}

func (s scaled) factor() float64 {
	if s.scale == 0 {
		return 1
	}
	return s.scale
}

// resolution returns the dots per inch of a PNG at which the layout, before it is scaled, has to be drawn.
func (s scaled) resolution() int {
	out := s.dpi
	if out == 0 {
		out = dpi
	}
	return max(1, int(math.Ceil(out*s.factor()-1e-6)))
}

// grain says how large the panels of a picture are: their boxes, as a multiple of the default ones, and how many pixels
// they have along a unit of layout.
type grain struct {
	boxes  float64
	detail int
	fewer  int // how many columns fewer than usual it has, if its kind allows that
}

// columns returns how many columns a picture has if it usually has this many.
func (g grain) columns(usual int) int { return max(1, usual-g.fewer) }

func (g grain) box(side int) int {
	if g.boxes == 0 {
		return side
	}
	return max(8, int(math.Round(g.boxes*float64(side))))
}

func (g grain) pixels() int { return max(1, g.detail) }

// mostDetail bounds the pixels of a panel along a unit of layout.
const mostDetail = 4

// fitted makes a picture with the width and the size of text that the page asks for. make makes the picture with panels
// of a given size.
func (p Page) fitted(make func(grain) *Picture) (*Picture, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	g := grain{boxes: 1, detail: min(mostDetail, int(math.Ceil(max(p.DPI, dpi)/dpi)))}
	out := scaled{dpi: p.DPI, detail: g.detail}
	t := newTypeface()
	pic := make(g)
	p = p.legible(pic.layout(t).size)
	if p.FontSize > 0 {
		out.scale = p.FontSize / baseFont
		g.boxes = 1 / out.scale
		if p.Width > 0 {
			g.boxes, g.fewer = p.fill(func(boxes float64, fewer int) image.Point {
				return make(grain{boxes, 1, fewer}).layout(t).size
			})
		}
		pic = make(g)
	}
	if p.Width > 0 {
		pic.wide = int(math.Round(p.units() / p.scale(pic.layout(t).size)))
		out.scale = p.units() / float64(pic.wide)
	}
	pic.paper = out
	return pic, nil
}

// fill returns with which boxes, and how many columns fewer than usual, a picture fills the width with text of the size
// that was asked for. size lays it out. If not even the narrowest columns fit with that text, they are taken, and the
// text becomes smaller. If the picture would be too high, it has more columns and smaller text, and in the end smaller
// boxes.
func (p Page) fill(size func(boxes float64, fewer int) image.Point) (boxes float64, fewer int) {
	width := func(boxes float64) float64 { return float64(size(boxes, fewer).X) }
	height := func(boxes float64) float64 { return float64(size(boxes, fewer).Y) }
	room := p.units() * baseFont / p.FontSize
	least := size(leastBoxes, 0).X
	for n := 1; n < mostColumns && float64(least) > room; n++ {
		if w := size(leastBoxes, n).X; w < least {
			least, fewer = w, n
		}
	}
	for {
		wide := max(room, 1.02*width(leastBoxes))
		tall := wide * p.tallest() / p.units()
		boxes = solve(width, wide)
		switch {
		case height(boxes) <= tall:
			return boxes, fewer
		case fewer == 0:
			return solve(height, tall), fewer
		}
		fewer--
	}
}

// mostColumns bounds the columns of a picture that can have fewer of them than usual.
const mostColumns = max(stimulusColumns, filterColumns)

// leastBoxes is the least multiple of the usual size of panels.
const leastBoxes = 0.05

// solve returns the x from leastBoxes to 20 at which f, which ascends, is closest to a value.
func solve(f func(float64) float64, want float64) float64 {
	lo, hi := math.Log(leastBoxes), math.Log(20)
	for range 9 { // to 1.2 %
		if middle := (lo + hi) / 2; f(math.Exp(middle)) < want {
			lo = middle
		} else {
			hi = middle
		}
	}
	return math.Exp(lo)
}
