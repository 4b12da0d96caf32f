// Package webpage has what all pages that gpuconv writes share: their style, and pictures inside the page. Such a page
// is one file, which loads nothing else.
package webpage

import (
	_ "embed" // the style
	"encoding/base64"
	"html/template"
)

//go:embed style.css
var style string

// Style returns the style of a page: light and dark as the reader's system asks, tables that become lists where the
// window is narrow, and paper. The classes are bad (a row or a value that the reader must see) and figure (a number).
func Style() template.CSS { return template.CSS(style) }

// Picture returns the address of a picture that is in the page itself. media is its type, such as image/png.
func Picture(media string, content []byte) template.URL {
	// safe: it contains nothing but base64 and the type
	return template.URL("data:" + media + ";base64," + base64.StdEncoding.EncodeToString(content))
}
