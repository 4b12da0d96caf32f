package bench_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"gpuconv/bench"
)

// FuzzRead reads any bytes as a report. Every error is one line. A report that is read can be written and read back as
// the same, compared with itself (nothing is slower), merged with itself unless it is too large, and shown as text, in
// Go's format, as Markdown and as a page.
func FuzzRead(f *testing.F) {
	var whole bytes.Buffer
	if err := fixed().Write(&whole); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add([]byte(`{"schema":1}`))
	f.Add([]byte(`{"schema":1,"cases":[{"suite":"s","case":"a","n":1}],` +
		`"backends":[{"backend":"cpu","threads":1}],"results":[{"suite":"s","case":"a","backend":"cpu",` +
		`"threads":1,"phase":"total","correct":true,"median_s":1,"ci_low_s":1,"ci_high_s":1,"samples":1}]}`))
	f.Add([]byte(`{"schema":2}`))
	f.Add([]byte(`[]`))
	f.Add([]byte(`{"schema":1} {"schema":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		oneLine := func(err error) {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("error %q, want one line", err)
			}
		}
		r, err := bench.Read(bytes.NewReader(text))
		if err != nil {
			oneLine(err)
			return
		}
		var first, second bytes.Buffer
		if err := r.Write(&first); err != nil {
			t.Fatalf("it is read, but cannot be written: %v", err)
		}
		again, err := bench.Read(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("it is not read again: %v", err)
		}
		if err := again.Write(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("%s is written again as %s, %v", first.Bytes(), second.Bytes(), err)
		}
		if _, err := bench.Merge(r, again); err != nil {
			oneLine(err)
		}
		c := bench.Compare(r, again, 0.03)
		if slower := c.Count(bench.Slower); slower > 0 {
			t.Fatalf("%d times are slower than themselves", slower)
		}
		for _, write := range []func(io.Writer) error{c.WriteTable, r.WriteGo, r.WriteMarkdown,
			func(w io.Writer) error { return r.WriteTable(w, false) },
			func(w io.Writer) error { return r.WriteHTML(w, nil) }} {
			if err := write(io.Discard); err != nil {
				oneLine(err)
			}
		}
	})
}
