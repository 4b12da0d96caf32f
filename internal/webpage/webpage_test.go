package webpage_test

import (
	"html/template"
	"strings"
	"testing"

	"gpuconv/internal/webpage"
)

// TestTemplate: html/template takes the style and a picture as they are, and the style loads nothing.
func TestTemplate(t *testing.T) {
	page := template.Must(template.New("").Parse(`<style>{{.Style}}</style><img src="{{.Picture}}" alt="">`))
	var text strings.Builder
	err := page.Execute(&text, map[string]any{"Style": webpage.Style(), "Picture": webpage.Picture("image/png", []byte("a"))})
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
