package figure

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gpuconv/whole"
)

// Drawing is a finished [Picture] or [Chart].
type Drawing interface {
	WritePNG(w io.Writer) error
	WriteSVG(w io.Writer) error
	WritePDF(w io.Writer) error
}

// Formats returns the names of the formats in which a drawing can be written.
func Formats() []string { return []string{"png", "svg", "pdf"} }

// Write writes a drawing in one of the [Formats].
func Write(w io.Writer, d Drawing, format string) error {
	switch format {
	case "png":
		return d.WritePNG(w)
	case "svg":
		return d.WriteSVG(w)
	case "pdf":
		return d.WritePDF(w)
	}
	return fmt.Errorf("figure: format %q: want %s", format, strings.Join(Formats(), ", "))
}

// Save writes p to a file, as PNG, SVG or PDF by the extension of path, .png, .svg or .pdf. It replaces an existing
// file. It writes the picture under another name and renames it when it is complete, so that there is never half a
// picture at path. After an error, no new file is left, except if only the last step fails, which puts its name on the
// disk.
func (p *Picture) Save(path string) error { return save(path, p) }

// save writes a file in the format that its extension names.
func save(path string, d Drawing) error {
	extension := strings.ToLower(filepath.Ext(path))
	if extension == "" || !slices.Contains(Formats(), extension[1:]) {
		return fmt.Errorf("figure: save %s: extension %q: want .png, .svg or .pdf", path, extension)
	}
	if err := whole.Write(path, func(w io.Writer) error { return Write(w, d, extension[1:]) }); err != nil {
		return fmt.Errorf("figure: save %w", err)
	}
	return nil
}
