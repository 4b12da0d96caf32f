package figure

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gpuconv/whole"
)

// Save writes p to a file, as PNG or SVG by the extension of path, .png or .svg. It replaces an existing file. It
// writes the picture under another name and renames it when it is complete, so that there is never half a picture at
// path. After an error, no new file is left.
func (p *Picture) Save(path string) error { return save(path, p.png, p.svg) }

// save writes a file in the format that its extension names.
func save(path string, png, svg func(io.Writer) error) error {
	var write func(io.Writer) error
	switch extension := strings.ToLower(filepath.Ext(path)); extension {
	case ".png":
		write = png
	case ".svg":
		write = svg
	default:
		return fmt.Errorf("figure: save %s: extension %q: want .png or .svg", path, extension)
	}
	if err := whole.Write(path, write); err != nil {
		return fmt.Errorf("figure: save %w", err)
	}
	return nil
}
