// Package webpage has what all pages that gpuconv writes share: their style, their beginning, tables and lists, and
// pictures inside the page. Such a page is one file, which loads nothing else.
package webpage

import (
	_ "embed" // the style
	"encoding/base64"
	"html/template"
)

//go:embed style.css
var style string

//go:embed parts.html
var parts string

// New returns the template of a page. Its text can use these parts:
//   - begin is all before a page's first line. Its data has a Title and a Style. The text may define the part policy, a
//     meta element that says what the page may load;
//   - table is a table of a [*gpuconv/internal/grid.Grid];
//   - list is a list of texts.
func New(text string) (*template.Template, error) {
	return template.Must(template.New("parts").Parse(parts)).New("page").Parse(text)
}

// Style returns the style of a page: light or dark as the reader's system asks, tables that become lists where the
// window is narrow, and a layout for print. The classes are bad (a row or a value that the reader must see) and figure
// (a number).
func Style() template.CSS { return template.CSS(style) }

// Picture returns a picture as a data URL, for a page that loads nothing else. media is its type, such as image/png.
func Picture(media string, content []byte) template.URL {
	// safe: it contains nothing but base64 and the type
	return template.URL("data:" + media + ";base64," + base64.StdEncoding.EncodeToString(content))
}
