package fault

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{"a b": "a b", "": `""`, "a\nb": `"a\nb"`, "ü": "ü", `a\nb`: `"a\\nb"`,
		"a\u3164": `"a\u3164"`} {
		if got := Printable(in); got != want {
			t.Errorf("Printable(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestEscape: characters that steer a terminal or hide are escaped. All that people read stays.
func TestEscape(t *testing.T) {
	for _, c := range []struct{ in, kept, want string }{
		{"plain text, 20° ±½ ∞ 画像 עברית 🐭", "", "plain text, 20° ±½ ∞ 画像 עברית 🐭"},
		{"", "", ""},
		{"\x1b[31m\a\x00\x7f", "", `\u001b[31m\u0007\u0000\u007f`},
		{"one\ntwo\tthree\r", "", `one\ntwo\tthree\r`},
		{"one\ntwo\tthree\r", "\n\t", "one\ntwo\tthree\\r"},
		{"C1 \u009b2J \u0085", "", `C1 \u009b2J \u0085`},
		{"\u202ecod\u2066\u2069.exe", "", `\u202ecod\u2066\u2069.exe`},
		{"zero\u200bwidth\u200d\ufeff\u00ad", "", `zero\u200bwidth\u200d\ufeff\u00ad`},
		{"line\u2028paragraph\u2029", "\n\t", `line\u2028paragraph\u2029`},
		{"fillers \u3164\u115f\uffa0, a joiner \u034f", "", `fillers \u3164\u115f\uffa0, a joiner \u034f`},
		{"é is e\u0301, and ⚙\ufe0f a picture", "", "é is e\u0301, and ⚙\ufe0f a picture"},
		{"tag \U000e0041", "", `tag \udb40\udc41`},
		{"bytes \x9b\xff\xc3", "", `bytes \x9b\xff\xc3`},
		{"no-break\u00a0space, wide\u3000space", "", "no-break\u00a0space, wide\u3000space"},
		{"� is U+FFFD", "", "� is U+FFFD"},
	} {
		if got := Escape(c.in, c.kept); got != c.want {
			t.Errorf("Escape(%q, %q) = %s, want %s", c.in, c.kept, got, c.want)
		}
	}
	if got := Line("a\tb\x1b"); got != `a\tb\u001b` {
		t.Errorf("Line is %s", got)
	}
}

// TestEscapeKeepsJSON: escaped JSON is JSON of the same text.
func TestEscapeKeepsJSON(t *testing.T) {
	const text = "a\u202e\u009b\x7f\u200b\U000e0041\n\x1b\"\\"
	written, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	escaped := Escape(string(written), "\n\t")
	var back string
	if err := json.Unmarshal([]byte(escaped), &back); err != nil || back != text {
		t.Errorf("%s: %q, %v, want %q", escaped, back, err, text)
	}
	if strings.ContainsAny(escaped, "\u202e\u009b\x7f\u200b\U000e0041\x1b") {
		t.Errorf("%q is not escaped", escaped)
	}
}

// FuzzEscape: the result is UTF-8, contains nothing that has to be escaped, and does not change if it is escaped again.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"a", "\x1b]0;title\a", "\xc2", "\xe2\x80", "\u202e", "\U000e0041", "\\u001b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := Line(text)
		if !utf8.ValidString(line) || hidden(line, "") >= 0 || Line(line) != line {
			t.Fatalf("%q becomes %q", text, line)
		}
	})
}
