package figure

import (
	"strings"
	"unicode"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// svgCanvas is vgsvg's canvas with text that XML can hold. All text of an SVG passes through its FillString.
type svgCanvas struct{ *vgsvg.Canvas }

// FillString implements [vg.Canvas].
func (c svgCanvas) FillString(face font.Face, at vg.Point, text string) {
	c.Canvas.FillString(face, at, printable(text))
}

// printable returns text with a space for each character that does not print. XML forbids some of them, others turn the
// direction of what follows. A byte that is no UTF-8 becomes U+FFFD.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
