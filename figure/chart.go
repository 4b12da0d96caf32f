package figure

import (
	"image"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Chart is a finished drawing of curves. [Plots] and [Graph.Chart] make one. A Chart does not keep the arguments of
// these functions. Only one goroutine at a time may call its methods.
type Chart struct {
	rows  [][]*plot.Plot // rows of equal length; nil where there is no plot
	axes  [2]int         // width and height of each plot with its text, in device pixels
	note  string         // a line above the plots
	key   []keyEntry     // below the plots
	paper scaled
}

// Save writes c to a file as [Picture.Save] does.
func (c *Chart) Save(path string) error { return save(path, c) }

// WritePNG writes c as PNG, for 144 dots per inch unless a [Page] says otherwise.
func (c *Chart) WritePNG(w io.Writer) error { return written("PNG", c.output().png(w)) }

// WriteSVG writes c as SVG, in the same size.
func (c *Chart) WriteSVG(w io.Writer) error { return written("SVG", c.output().svg(w)) }

// WritePDF writes c as a PDF of one page, in the same size.
func (c *Chart) WritePDF(w io.Writer) error { return written("PDF", c.output().pdf(w)) }

func (c *Chart) output() output {
	return output{c.layout(), c.paper, c.draw}
}

// layout returns the size in device pixels.
func (c *Chart) layout() image.Point {
	width, height, _, _ := c.size()
	return image.Pt(width, height)
}

// On fits the chart to a page. It refuses sizes out of the page's ranges. Without a FontSize, text grows with the
// width.
func (c *Chart) On(page Page) error {
	if err := page.check(); err != nil {
		return err
	}
	c.paper.dpi = page.DPI
	page = page.legible(c.layout())
	if page.FontSize > 0 {
		c.paper.scale = page.FontSize / baseFont
		if page.Width > 0 {
			c.fill(page)
		} else {
			c.resize(1 / c.paper.scale)
		}
	}
	if page.Width > 0 {
		c.lower(page)
		c.paper.scale = page.units() / float64(c.layout().X)
	}
	c.wrapText()
	return nil
}

// fill makes as many columns as fit into the page's width with text of the requested size, but not more than usual. If
// the chart would be too high, it makes more columns, and the text becomes smaller.
func (c *Chart) fill(page Page) {
	usual, axes := len(c.rows[0]), c.axes
	room := page.units()/c.paper.scale - 2*margin
	for columns := max(1, min(usual, int(room/leastAxes))); ; columns++ {
		c.wrap(columns)
		c.axes = axes
		c.resize(room / float64(len(c.rows[0])*axes[0]))
		size := c.layout()
		if columns == usual || float64(size.Y)*page.units() <= float64(size.X)*page.tallest() {
			return
		}
	}
}

// resize multiplies the size of plots, but keeps them at their least size. Then the text becomes smaller when the chart
// is scaled to the page.
func (c *Chart) resize(ratio float64) {
	ratio = max(ratio, leastAxes/float64(c.axes[0]))
	c.axes = [2]int{int(ratio * float64(c.axes[0])), max(leastHeight, int(ratio*float64(c.axes[1])))}
}

// lower reduces the height of the plots if the chart is too high. If they already have their least height, it makes
// them wider instead, and so the text smaller.
func (c *Chart) lower(page Page) {
	size := c.layout()
	ratio := page.tallest() / page.units()
	if excess := float64(size.Y) - ratio*float64(size.X); excess > 0 {
		c.axes[1] = max(leastHeight, c.axes[1]-int(math.Ceil(excess/float64(len(c.rows)))))
	}
	if width := float64(c.layout().Y) / ratio; width > float64(size.X) {
		c.axes[0] = int(math.Ceil((width - 2*margin) / float64(len(c.rows[0]))))
	}
}

// leastAxes and leastHeight are the least width and height of a plot with its text, in device pixels of layout. About
// half of each is for the curves, and the rest for text.
const (
	leastAxes   = 250
	leastHeight = 240
)

// wrap puts the plots into rows of this many columns.
func (c *Chart) wrap(columns int) {
	if columns == len(c.rows[0]) {
		return
	}
	var plots []*plot.Plot
	for _, row := range c.rows {
		for _, p := range row {
			if p != nil {
				plots = append(plots, p)
			}
		}
	}
	c.rows = rowsOf(plots, columns)
}

// rowsOf puts plots into rows of at most this many columns, as evenly as possible.
func rowsOf(plots []*plot.Plot, columns int) (all [][]*plot.Plot) {
	rows := (len(plots) + columns - 1) / columns
	columns = (len(plots) + rows - 1) / rows
	for some := range slices.Chunk(plots, columns) {
		row := make([]*plot.Plot, columns)
		copy(row, some)
		all = append(all, row)
	}
	return all
}

// wrapText breaks titles after commas, and labels of horizontal axes before their units, where they are wider than the
// plots.
func (c *Chart) wrapText() {
	t := newTypeface()
	for _, row := range c.rows {
		for _, p := range row {
			if p == nil {
				continue
			}
			if t.width(p.Title.Text, titleSize) > c.axes[0] {
				p.Title.Text = strings.Join(t.wrapped(p.Title.Text, c.axes[0]), "\n")
			}
			if label, unit, two := strings.Cut(p.X.Label.Text, " ("); two &&
				t.width(p.X.Label.Text, smallSize) > c.axes[0]-besideAxes {
				p.X.Label.Text = label + "\n(" + unit
			}
		}
	}
}

// besideAxes is about how much of the width of a plot lies beside its horizontal axis.
const besideAxes = 90

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
