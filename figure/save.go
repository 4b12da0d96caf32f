package figure

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Save writes p to a file, as PNG or SVG by the extension of path, .png or .svg.
// It replaces an existing file. The picture is written beside it under another
// name and renamed when complete, so that path never holds half a picture; after
// an error nothing new is left behind.
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
	if err := replace(path, write); err != nil {
		return fmt.Errorf("figure: save %s: %w", path, err)
	}
	return nil
}

// replace puts what write writes in the place of path, whole or not at all. The
// new file has the permissions that os.Create gives, unlike os.CreateTemp's.
func replace(path string, write func(io.Writer) error) error {
	partial := fmt.Sprintf("%s.%016x.partial", path, rand.Uint64())
	file, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	err = write(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(partial, path)
	}
	if err != nil {
		os.Remove(partial)
	}
	return err
}
