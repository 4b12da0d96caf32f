package bench_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"gpuconv/bench"
	"gpuconv/fault"
)

// steering is a text that moves a cursor, turns the direction of what follows, and breaks a line.
const steering = "\x1b[2J\u009b2J\u202e\u200b\x00\x7f\ufffe\xff\u2028\n\r\t<b>&\"'"

// spoil puts steering after every text of a report that is not empty, however deep it is. Phases and names of backends
// stay, because reports are read by them.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.String() != "" {
			v.SetString(v.String() + steering)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Phase" && name != "Backend" && v.Field(i).CanSet() {
				spoil(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem())
		}
	}
}

func spoiled() bench.Report {
	r := fixed()
	spoil(reflect.ValueOf(&r).Elem())
	return r
}

// steers reports whether a text has a character that fault.Escape escapes, other than line breaks and tabs.
func steers(text string) bool { return fault.Escape(text, "\n\t") != text }

// TestReportsArePrintable: whatever texts a report has, its tables have as many lines as with plain ones, and none of
// the texts steers a terminal, or breaks the page or the pictures.
func TestReportsArePrintable(t *testing.T) {
	for name, write := range map[string]func(bench.Report, io.Writer) error{
		"table":   func(r bench.Report, w io.Writer) error { return r.WriteTable(w, true) },
		"list":    bench.Report.WriteMarkdown,
		"go":      bench.Report.WriteGo,
		"page":    func(r bench.Report, w io.Writer) error { return r.WriteHTML(w, nil) },
		"compare": func(r bench.Report, w io.Writer) error { return bench.Compare(r, r, 0.03).WriteTable(w) },
	} {
		var plain, odd bytes.Buffer
		if err := errors.Join(write(fixed(), &plain), write(spoiled(), &odd)); err != nil {
			t.Fatal(err)
		}
		if steers(odd.String()) {
			t.Errorf("%s holds what steers a terminal", name)
		}
		if got, want := strings.Count(odd.String(), "\n"), strings.Count(plain.String(), "\n"); got != want {
			t.Errorf("%s: %d lines, want %d", name, got, want)
		}
	}
	pictures, err := spoiled().Pictures()
	if err != nil || len(pictures) == 0 {
		t.Fatal(len(pictures), err)
	}
	for _, p := range pictures {
		for decoder := xml.NewDecoder(bytes.NewReader(p.SVG)); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", p.ID, err)
			}
			if text, ok := token.(xml.CharData); ok && steers(string(text)) {
				t.Errorf("%s: %q", p.ID, text)
			}
		}
	}
}

// TestPrintable: all but the texts is the same, and the report itself is left as it was.
func TestPrintable(t *testing.T) {
	r := fixed()
	before, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	after, err := json.Marshal(r.Printable())
	if err != nil || string(after) != string(before) {
		t.Errorf("%s becomes %s, %v", before, after, err)
	}
	odd := spoiled()
	shown := odd.Printable()
	if !strings.Contains(odd.Backends[0].Device, "\x1b") ||
		strings.ContainsFunc(shown.Backends[0].Device, unicode.IsControl) ||
		strings.ContainsFunc(shown.Run.Command[0], unicode.IsControl) {
		t.Errorf("%q is shown as %q", odd.Backends[0].Device, shown.Backends[0].Device)
	}
}
