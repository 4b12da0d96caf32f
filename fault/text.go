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
// terminal's cursor, turn the direction of what follows, or cannot be seen. These functions make such text harmless.
// They keep letters of all scripts, signs and spaces.

// Printable quotes a text from outside, such as a path, that is empty or would break a line, or holds what is not seen.
// It is how names of files are shown in a sentence.
func Printable(text string) string {
	if quoted := strconv.Quote(text); text == "" || quoted != `"`+text+`"` || hidden(text, "") >= 0 {
		return Line(quoted)
	}
	return text
}

// Line returns a text from outside as a part of a line: with every character that [Escape] escapes, and with its line
// breaks and tabs escaped too. Other than [Printable] it adds no quotes: for names in a table.
func Line(text string) string { return Escape(text, "") }

// Escape returns text with every character escaped that is neither seen nor a space: control characters, marks of
// direction, characters without width, separators of lines and paragraphs, and bytes that are no UTF-8. It leaves those
// of kept as they are, such as "\n".
//
// The escapes are those of JSON, \n and \u202e, so that JSON remains JSON of the same text. A byte that is no UTF-8,
// which JSON cannot hold, is \x9b.
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

// hidden returns where the first character is that [Escape] escapes, or −1.
func hidden(text, kept string) int {
	for at := 0; at < len(text); {
		if c := text[at]; c >= ' ' && c <= '~' { // most are
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
