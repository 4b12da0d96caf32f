package figure

import "image"

// Distances in device pixels, two to a point. titleRoom is the height of a line of titleSize above a panel, and
// titleLeading that of each further line. axisBottom is the height of the ticks, their labels and the axis label below
// a panel.
const (
	margin      = 28
	gap         = 26 // between panels; a title may reach into it on both sides
	titleRoom   = 32
	titleGap    = 10 // between the baseline of a title and its panel
	noteRoom    = 30
	axisBottom  = 62
	tickLength  = 6
	tickGap     = 6
	labelGap    = 10 // from the tick labels to the baseline of an upright label; leaves room for its descenders
	narrowest   = 90 // the least width of a column, so that short titles fit above narrow images
	barGap      = 40
	barWidth    = 22
	arrowLength = 20
	nanRoom     = 44
	shortestBar = 184 // long enough for "activation strength", written upright
	longestBar  = 500
)

// layout has the places of all parts of a picture, in device pixels from the top left corner.
type layout struct {
	size    image.Point
	cell    image.Point  // the size of a cell; every panel is centred in one
	columns []int        // left sides of cells
	rows    []int        // tops of cells
	titles  [][][]string // the lines of the title of each panel
	bar     image.Rectangle
}

func (p *Picture) layout(t typeface) layout {
	var l layout
	for _, row := range p.rows {
		for _, panel := range row {
			size := panel.size
			l.cell = image.Pt(max(l.cell.X, size.X, narrowest), max(l.cell.Y, size.Y))
		}
	}
	for _, row := range p.rows {
		var titles [][]string
		for _, panel := range row {
			titles = append(titles, t.wrapped(panel.title, l.cell.X+gap/2))
		}
		l.titles = append(l.titles, titles)
	}
	right := l.placeColumns(p.rows, t)
	bottom := l.placeRows(p.rows, len(p.notes))
	barBottom := l.placeBar(p.bar, right+barGap)
	l.size = image.Pt(l.bar.Max.X+p.bar.room(t), max(bottom, barBottom)).Add(image.Pt(margin, margin))
	l.size.X = max(l.size.X, p.wide)
	for _, note := range p.notes {
		l.size.X = max(l.size.X, 2*margin+t.width(note, smallSize))
	}
	return l
}

// placeColumns places the columns. It returns the right side of the last one.
func (l *layout) placeColumns(rows [][]panel, t typeface) int {
	x := margin
	for i := range rows[0] {
		if i > 0 {
			x += gap
		}
		axis := 0
		for _, row := range rows {
			if i < len(row) && row[i].y.shown {
				axis = max(axis, row[i].axisLeft(t))
			}
		}
		x += axis
		l.columns = append(l.columns, x)
		x += l.cell.X
	}
	return x
}

// placeRows places the rows. It returns the bottom of the last one with its axis.
func (l *layout) placeRows(rows [][]panel, notes int) int {
	y := margin
	if notes > 0 {
		y += notes*noteRoom + titleGap
	}
	for i, row := range rows {
		if i > 0 {
			y += gap
		}
		y += titleRoom + (l.lines(i)-1)*titleLeading
		l.rows = append(l.rows, y)
		y += l.cell.Y
		if row[len(row)-1].x.shown {
			y += axisBottom
		}
	}
	return y
}

// lines returns the largest number of lines of a title in a row.
func (l *layout) lines(row int) int {
	most := 1
	for _, title := range l.titles[row] {
		most = max(most, len(title))
	}
	return most
}

// placeBar places the colour bar beside the upper rows. It returns the bottom of the bar with its labels. The arrows at
// its ends are outside l.bar.
func (l *layout) placeBar(b *colorBar, x int) int {
	top := l.rows[0]
	span := l.rows[len(l.rows)-1] + l.cell.Y - top
	bottom := top + min(max(span, shortestBar), longestBar)
	l.bar = image.Rect(x, top, x+barWidth, bottom)
	if b.above {
		l.bar.Min.Y += arrowLength
	}
	if b.below {
		l.bar.Max.Y -= arrowLength
	}
	if b.nan {
		bottom += nanRoom
	}
	return bottom
}
