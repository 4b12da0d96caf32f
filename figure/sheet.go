package figure

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// dpi is the number of device pixels per inch: two per point, so that whole pixels convert to points and back exactly.
// Pictures are laid out in device pixels. The pixels of panels are pixels of a PNG; in an SVG each is half a point.
const dpi = 144

func length[T int | float64](pixels T) vg.Length { return vg.Length(pixels) * vg.Inch / dpi }

// sheet draws on a canvas, with pixel coordinates that start at the top left corner.
type sheet struct {
	canvas vg.Canvas
	height int
	typeface
}

func (s sheet) point(x, y float64) vg.Point {
	return vg.Point{X: length(x), Y: length(float64(s.height) - y)}
}

func (s sheet) rectangle(r image.Rectangle) vg.Rectangle {
	return vg.Rectangle{
		Min: s.point(float64(r.Min.X), float64(r.Max.Y)),
		Max: s.point(float64(r.Max.X), float64(r.Min.Y)),
	}
}

func (s sheet) fill(r image.Rectangle, c color.Color) {
	s.canvas.SetColor(c)
	s.canvas.Fill(s.rectangle(r).Path())
}

// frame draws a line of one pixel around r. Four fills cost less than a stroke, and cover whole pixels.
func (s sheet) frame(r image.Rectangle) {
	outer := r.Inset(-1)
	s.fill(image.Rect(outer.Min.X, outer.Min.Y, outer.Max.X, r.Min.Y), frameColor())
	s.fill(image.Rect(outer.Min.X, r.Max.Y, outer.Max.X, outer.Max.Y), frameColor())
	s.fill(image.Rect(outer.Min.X, r.Min.Y, r.Min.X, r.Max.Y), frameColor())
	s.fill(image.Rect(r.Max.X, r.Min.Y, outer.Max.X, r.Max.Y), frameColor())
}

// image draws img over r.
func (s sheet) image(r image.Rectangle, img *image.RGBA) { s.canvas.DrawImage(s.rectangle(r), img) }

// triangle fills a triangle. Its base goes from x = left to x = right at the given y; its tip is halfway between them
// at y = tip.
func (s sheet) triangle(left, right, y, tip int, c color.Color) {
	var path vg.Path
	path.Move(s.point(float64(left), float64(y)))
	path.Line(s.point(float64(right), float64(y)))
	path.Line(s.point(middle(left, right), float64(tip)))
	path.Close()
	s.canvas.SetColor(c)
	s.canvas.Fill(path)
}

// text writes on the baseline y: starting at x (align 0), centred on x (0.5) or ending at x (1).
func (s sheet) text(x, y, align float64, size int, text string) {
	x -= align * float64(s.width(text, size))
	s.canvas.SetColor(color.Black)
	s.canvas.FillString(s.face(size), s.point(x, y), text)
}

// upright writes from bottom to top. The middle of the text is at y, its baseline at x.
func (s sheet) upright(x, y float64, size int, text string) {
	y += float64(s.width(text, size)) / 2
	s.canvas.Push()
	s.canvas.Translate(s.point(x, y))
	s.canvas.Rotate(math.Pi / 2)
	s.canvas.SetColor(color.Black)
	s.canvas.FillString(s.face(size), vg.Point{}, text)
	s.canvas.Pop()
}

// raster is a canvas that copies images pixel for pixel, or scales them by the nearest neighbour, and ignores
// transforms. vgimg's own DrawImage applies a bilinear filter. That takes more than a third of the time
// (BenchmarkPictures: activations take 141 instead of 88 ms), and blurs edges that are not on whole pixels.
type raster struct{ *vgimg.Canvas }

// DrawImage copies img to rect.
func (r raster) DrawImage(rect vg.Rectangle, img image.Image) {
	dst := r.Image()
	dots := func(v vg.Length) int { return int(math.Round(v.Dots(r.DPI()))) }
	bottom := dst.Bounds().Max.Y
	to := image.Rect(dots(rect.Min.X), bottom-dots(rect.Max.Y), dots(rect.Max.X), bottom-dots(rect.Min.Y))
	if to.Size() == img.Bounds().Size() {
		draw.Draw(dst, to, img, img.Bounds().Min, draw.Src)
		return
	}
	draw.NearestNeighbor.Scale(dst, to, img, img.Bounds(), draw.Src, nil)
}
