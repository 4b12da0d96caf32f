package figure

import (
	"image"
	"math"
)

// colorBar is the key to the colours of panels. below, above and nan say whether panels have values below its range,
// above it, or NaN.
type colorBar struct {
	label             string
	colors            colorMap
	below, above, nan bool
	grain             // of the panels
}

// nanLabel is the text beside the colour of NaN.
const nanLabel = "NaN"

// panel returns p as a panel that fits into a square of side box, in the colours of b. It notes in b whether the panel
// has NaN or values outside the range.
func (b *colorBar) panel(p plane, title string, box int) panel {
	detail := b.pixels()
	block, enlarge := p.fit(b.box(box) * detail)
	small := p.reduce(block)
	for _, v := range small.data {
		f := float64(v)
		b.nan = b.nan || math.IsNaN(f)
		b.below = b.below || f < b.colors.min
		b.above = b.above || f > b.colors.max
	}
	img := small.paint(b.colors, enlarge)
	return panel{
		title: title,
		img:   img,
		size:  b.size(img.Rect.Size(), box),
		rows:  p.rows, columns: p.columns,
		block: block,
	}
}

// size returns how large an image is in the layout. In boxes of the default size its values are squares of whole
// pixels. In others it fills its box, so that a page can have any width.
func (b *colorBar) size(img image.Point, box int) image.Point {
	if b.boxes == 0 || b.boxes == 1 {
		return image.Pt(max(1, img.X/b.pixels()), max(1, img.Y/b.pixels()))
	}
	scale := float64(b.box(box)) / float64(max(img.X, img.Y))
	return image.Pt(max(1, int(math.Round(scale*float64(img.X)))), max(1, int(math.Round(scale*float64(img.Y)))))
}

// ticks returns ticks at round values of the bar.
func (b *colorBar) ticks() []tick { return roundTicks(b.colors.min, b.colors.max, 7) }

// gradient paints the colours of the bar, the largest value at the top and the smallest at the bottom.
func (b *colorBar) gradient(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		c := b.colors.ramp(1 - float64(y)/float64(height-1))
		for x := range width {
			img.Set(x, y, c)
		}
	}
	return img
}

// position returns where the colour of v is in a gradient of this height: how many pixels below the top.
func (b *colorBar) position(v float64, height int) int {
	t := (v - b.colors.min) / (b.colors.max - b.colors.min)
	return int(math.Round((1 - t) * float64(height-1)))
}

func (b *colorBar) draw(s sheet, r image.Rectangle) {
	s.image(r, b.gradient(r.Dx(), r.Dy()))
	s.frame(r)
	left := r.Max.X + tickLength + tickGap
	for _, tick := range b.ticks() {
		y := r.Min.Y + b.position(tick.value, r.Dy())
		s.fill(image.Rect(r.Max.X+1, y, r.Max.X+1+tickLength, y+1), frameColor())
		s.text(float64(left), float64(y)+capHeight/2, 0, smallSize, tick.label)
	}
	s.upright(float64(r.Max.X+b.room(s.typeface)), middle(r.Min.Y, r.Max.Y), titleSize, b.label)
	b.drawEnds(s, r)
}

// room returns the distance from the bar to the baseline of its label.
func (b *colorBar) room(t typeface) int {
	labels := t.widest(b.ticks(), smallSize)
	if b.nan {
		labels = max(labels, t.width(nanLabel, smallSize))
	}
	return tickLength + tickGap + labels + tickGap + titleSize
}

// drawEnds draws the arrows for values outside the range, and the swatch for NaN.
func (b *colorBar) drawEnds(s sheet, r image.Rectangle) {
	end := r.Max.Y
	if b.above {
		s.triangle(r.Min.X-1, r.Max.X+1, r.Min.Y-1, r.Min.Y-arrowLength, b.colors.ramp(1))
	}
	if b.below {
		s.triangle(r.Min.X-1, r.Max.X+1, end+1, end+arrowLength, b.colors.ramp(0))
		end += arrowLength
	}
	if b.nan {
		swatch := image.Rect(r.Min.X, end+nanRoom-barWidth, r.Max.X, end+nanRoom)
		s.fill(swatch, b.colors.nan)
		s.frame(swatch)
		baseline := middle(swatch.Min.Y, swatch.Max.Y) + capHeight/2
		s.text(float64(r.Max.X+tickLength+tickGap), baseline, 0, smallSize, nanLabel)
	}
}
