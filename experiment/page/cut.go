package page

import (
	"fmt"
	"unicode/utf8"

	"gpuconv/fault"
)

// A text on the page has at most this many bytes, and a list at most this many entries, whatever a run's files say.
const (
	mostText    = 1000
	mostEntries = 100
)

// line returns a text from outside for use within a line. It cuts a long text, and says how many bytes are left out.
func line(text string) string {
	if len(text) <= mostText {
		return fault.Line(text)
	}
	end := mostText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes are left out)", fault.Line(text[:end]), len(text)-end)
}

// firstOf returns the first entries of a list, and what to say in place of the others. That is empty if there are none.
func firstOf[T any](all []T) (first []T, leftOut string) {
	if len(all) <= mostEntries {
		return all, ""
	}
	return all[:mostEntries], fmt.Sprintf("%d more are left out", len(all)-mostEntries)
}

// lines returns the lines of a list, the last of which says what was left out.
func lines(all []string) (shown []string) {
	first, leftOut := firstOf(all)
	for _, text := range first {
		shown = append(shown, line(text))
	}
	if leftOut != "" {
		shown = append(shown, leftOut)
	}
	return shown
}
