package figure

import (
	"image"
	"image/color"
	"io"
	"regexp"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	vgfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
)

// pdf writes PDF. Text stays text where it can.
func (o output) pdf(w io.Writer) error {
	factor := vg.Length(o.paper.factor())
	width, height := length(o.size.X), length(o.size.Y)
	canvas := pdfCanvas{vgpdf.New(width*factor, height*factor), width, height, height*factor < lowPage}
	canvas.Scale(float64(factor), float64(factor))
	o.draw(canvas)
	_, err := canvas.WriteTo(timeless{w})
	return err
}

// lowPage is the height below which fpdf would begin a second page for any text: its margins, twice 2 cm, leave no
// room.
const lowPage = vg.Length(120)

// timeless writes a PDF without the time at which it was made. The same drawing is not always the same file, because
// fpdf writes several images in any order.
type timeless struct{ w io.Writer }

var madeAt = regexp.MustCompile(`\((D:)[0-9]{14}\)`)

// Write implements [io.Writer]. vgpdf writes the whole file at once, or in a few large parts. A date that is cut in two
// by the end of a part stays as it is.
func (t timeless) Write(data []byte) (int, error) {
	_, err := t.w.Write(madeAt.ReplaceAll(data, []byte("(${1}20000101000000)")))
	return len(data), err
}

// pdfCanvas is vgpdf's canvas. Its size is that of the layout, whatever the size of the paper. It can also draw letters
// beyond those of Windows-1252, the only ones that vgpdf has.
type pdfCanvas struct {
	*vgpdf.Canvas
	width, height vg.Length
	low           bool // the page is lower than lowPage
}

// Size implements [vg.CanvasSizer].
func (c pdfCanvas) Size() (width, height vg.Length) { return c.width, c.height }

// FillString implements [vg.Canvas]. It writes text as text if windows1252 has all of its letters and the page is not
// low, and otherwise as outlines.
func (c pdfCanvas) FillString(face vgfont.Face, at vg.Point, text string) {
	text = printable(text)
	if encoded, ok := windows1252(text); ok && !c.low {
		c.Canvas.FillString(face, at, encoded)
		return
	}
	c.Canvas.SetColor(color.Black)
	c.Fill(outline(face, at, text))
}

// DrawImage implements [vg.Canvas]. vgpdf's own method turns images upside down, because its y axis points up and that
// of fpdf points down.
func (c pdfCanvas) DrawImage(rect vg.Rectangle, img image.Image) {
	c.Push()
	defer c.Pop()
	c.Translate(vg.Point{Y: rect.Min.Y + rect.Max.Y})
	c.Scale(1, -1)
	c.Canvas.DrawImage(rect, img)
}

// windows1252 returns text in that encoding, a byte a letter, with a dash in place of the minus sign. ok is false if
// there is a letter that is not of Latin-1, other than a minus sign, a dash or an ellipsis.
func windows1252(text string) (encoded string, ok bool) {
	var out []byte
	for _, r := range text {
		switch {
		case r == '−' || r == '–':
			out = append(out, 0x96)
		case r == '…':
			out = append(out, 0x85)
		case r >= ' ' && r <= '~' || r >= 0xa0 && r <= 0xff:
			out = append(out, byte(r))
		default:
			return "", false
		}
	}
	return string(out), true
}

// outline returns the shapes of the letters of text.
func outline(face vgfont.Face, at vg.Point, text string) vg.Path {
	const units = 1000 // units per size of the font
	var buffer sfnt.Buffer
	var path vg.Path
	x := fixed.Int26_6(0)
	point := func(p fixed.Point26_6) vg.Point {
		scale := face.Font.Size / (64 * units)
		return vg.Point{X: at.X + vg.Length(x+p.X)*scale, Y: at.Y - vg.Length(p.Y)*scale}
	}
	for _, r := range text {
		glyph, err := face.Face.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		segments, err := face.Face.LoadGlyph(&buffer, glyph, fixed.I(units), nil)
		if err != nil {
			continue
		}
		for i, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if i > 0 {
					path.Close()
				}
				path.Move(point(s.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(point(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(point(s.Args[0]), point(s.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
			}
		}
		if len(segments) > 0 {
			path.Close()
		}
		if advance, err := face.Face.GlyphAdvance(&buffer, glyph, fixed.I(units), font.HintingNone); err == nil {
			x += advance
		}
	}
	return path
}
