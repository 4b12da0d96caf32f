package fault

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text from outside, such as a file name, a cell of a table or a driver's name, may hold characters that move a
// terminal's cursor, reverse the direction of the text after them, or are invisible. These functions make such text
// harmless. They keep letters of all scripts, digits, punctuation, symbols and spaces.

// Printable returns text from outside for a message. Names of files are shown in this form. Printable returns most text
// as it is. It returns text in quotes, with escapes, if the text is empty or has a character that [strconv.Quote] or
// [Escape] escapes, such as a quote or a line break.
func Printable(text string) string {
	if quoted := strconv.Quote(text); text == "" || quoted != `"`+text+`"` || hidden(text, "") >= 0 {
		return Line(quoted)
	}
	return text
}

// Line returns text from outside for use within a line: it escapes what [Escape] escapes, line breaks and
// tabs included. Unlike [Printable] it adds no quotes, which suits names in a table.
func Line(text string) string { return Escape(text, "") }

// Escape returns text with every character escaped that is neither visible nor a space: control characters, direction
// marks, characters without width, line and paragraph separators, and bytes that are not UTF-8. Characters in kept,
// such as "\n", stay as they are.
//
// The escapes are JSON's, such as \n and \u202e, so escaped JSON is still JSON of the same text. A byte that is not
// UTF-8, which JSON cannot hold, becomes \x with two hexadecimal digits.
func Escape(text, kept string) string {
	at := hidden(text, kept)
	if at < 0 {
		return text
	}
	var b strings.Builder
	b.WriteString(text[:at])
	for rest := text[at:]; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, rest[0])
		case isHidden(r, kept):
			escape(&b, r)
		default:
			b.WriteString(rest[:size])
		}
		rest = rest[size:]
	}
	return b.String()
}

// hidden returns the byte index of the first character that [Escape] escapes, or −1 if there is none.
func hidden(text, kept string) int {
	for at := 0; at < len(text); {
		if c := text[at]; c >= ' ' && c <= '~' { // most characters
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && size == 1 || isHidden(r, kept) {
			return at
		}
		at += size
	}
	return -1
}

// isHidden reports whether a character is not seen. Some letters and marks are not, such as the filler of Hangul.
func isHidden(r rune, kept string) bool {
	unseen := !strconv.IsGraphic(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
	return unseen && !strings.ContainsRune(kept, r)
}

// escape writes a character as JSON escapes it.
func escape(b *strings.Builder, r rune) {
	switch r {
	case '\n':
		b.WriteString(`\n`)
	case '\r':
		b.WriteString(`\r`)
	case '\t':
		b.WriteString(`\t`)
	default:
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(b, `\u%04x`, unit)
		}
	}
}
