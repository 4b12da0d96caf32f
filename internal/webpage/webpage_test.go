package webpage_test

import (
	"html/template"
	"strings"
	"testing"

	"gpuconv/internal/grid"
	"gpuconv/internal/webpage"
)

// TestParts: a page begins with the doctype, may say what it loads, and shows tables and lists whose texts are escaped.
func TestParts(t *testing.T) {
	page, err := webpage.New(`{{define "policy"}}<meta name="policy">{{end}}{{template "begin" .}}
{{template "table" .Grid}}{{template "list" .List}}`)
	if err != nil {
		t.Fatal(err)
	}
	g := &grid.Grid{Names: []string{"case", "time"}}
	g.Add("<a>", "1 s")
	g.Add("b", "missing")
	var text strings.Builder
	err = page.Execute(&text, map[string]any{"Style": webpage.Style(), "Title": "T", "Grid": g,
		"List": []string{"<c>"}})
	if err != nil || !strings.HasPrefix(text.String(), "<!DOCTYPE html>\n") {
		t.Fatalf("%v: %s", err, text.String())
	}
	for _, want := range []string{`<meta name="policy">`, "<title>T · gpuconv</title>",
		`<tr><th scope="row">&lt;a&gt;</th><td data-name="time" class="figure">1 s</td></tr>`,
		`<tr class="bad"><th scope="row">b</th><td data-name="time">missing</td></tr>`, "<li>&lt;c&gt;</li>"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %s in %s", want, text.String())
		}
	}
}

// TestTemplate: html/template takes the style and a picture as they are, and the style loads nothing.
func TestTemplate(t *testing.T) {
	page := template.Must(template.New("").Parse(`<style>{{.Style}}</style><img src="{{.Picture}}" alt="">`))
	var text strings.Builder
	err := page.Execute(&text, map[string]any{"Style": webpage.Style(),
		"Picture": webpage.Picture("image/png", []byte("a"))})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"prefers-color-scheme: dark", "@media print", `src="data:image/png;base64,YQ=="`} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in %s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "url(") || strings.Contains(text.String(), "@import") {
		t.Error("the style loads something")
	}
}
