package figure

import (
	"math"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
)

// Heights of text in device pixels: titles have 10 pt, everything else 9 pt.
const (
	titleSize = 20
	smallSize = 18
	capHeight = 13 // of the digits in smallSize

	titleLines   = 4  // the most lines of a panel's title
	titleLeading = 24 // the distance between two of them
)

// typeface provides and measures the font of a picture, Liberation Sans.
type typeface struct{ fonts *font.Cache }

func newTypeface() typeface { return typeface{font.NewCache(liberation.Collection())} }

func (t typeface) face(size int) font.Face {
	return t.fonts.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"}, length(size))
}

// width returns the width of text in pixels, rounded up.
func (t typeface) width(text string, size int) int {
	face := t.face(size)
	return int(math.Ceil(face.Width(text).Dots(dpi)))
}

// widest returns the width of the widest label.
func (t typeface) widest(ticks []tick, size int) int {
	widest := 0
	for _, tick := range ticks {
		widest = max(widest, t.width(tick.label, size))
	}
	return widest
}

// wrapped breaks a title after its commas into lines of at most width pixels, at most titleLines of them. shorten cuts
// a part that is too wide, and the rest of the title in the last line.
func (t typeface) wrapped(title string, width int) []string {
	var lines []string
	for part := range strings.SplitAfterSeq(title, ", ") {
		last := len(lines) - 1
		if last >= 0 && (len(lines) == titleLines || t.width(lines[last]+strings.TrimSpace(part), titleSize) <= width) {
			lines[last] += part
		} else {
			lines = append(lines, part)
		}
	}
	for i, line := range lines {
		lines[i] = t.shorten(strings.TrimSpace(line), titleSize, width)
	}
	return lines
}

// shorten returns text as one line of at most width pixels. It cuts longer text and adds an ellipsis. Characters that
// do not print become spaces.
func (t typeface) shorten(text string, size, width int) string {
	text = printable(text)
	if t.width(text, size) <= width {
		return text
	}
	runes := []rune(text)
	kept := 0
	for kept < len(runes) && t.width(string(runes[:kept+1])+"…", size) <= width {
		kept++
	}
	return string(runes[:kept]) + "…"
}
