package figure

import (
	"strings"
	"unicode"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// svgCanvas is vgsvg's canvas, with all text made safe for XML. All text of an SVG passes through its FillString.
type svgCanvas struct{ *vgsvg.Canvas }

// FillString implements [vg.Canvas].
func (c svgCanvas) FillString(face font.Face, at vg.Point, text string) {
	c.Canvas.FillString(face, at, printable(text))
}

// printable replaces each character of text that does not print by a space. XML forbids some of these characters, and
// others change the direction of the text that follows. Bytes that are not UTF-8 become U+FFFD.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
