package stimuli

import (
	"io"

	"gpuconv/internal/filekind"

	"github.com/bep/imagemeta"
)

// turned is EXIF's tag 274: where the first row and the first column of a stored image belong when it is seen
// upright. 1 is upright already. CIPA DC-008 (Exif 2.32), section 4.6.4.
//
//	1 top, left    2 top, right   3 bottom, right   4 bottom, left
//	5 left, top    6 right, top   7 right, bottom   8 left, bottom
type turned int

// readOrientation returns the orientation that a file's EXIF gives, and upright if there is none, or none that can be
// read. The file may be anywhere before and after.
func readOrientation(file io.ReadSeeker, kind string) turned {
	formats := map[string]imagemeta.ImageFormat{filekind.JPEG: imagemeta.JPEG, filekind.PNG: imagemeta.PNG,
		filekind.TIFF: imagemeta.TIFF, filekind.WebP: imagemeta.WebP}
	format, ok := formats[kind]
	if _, err := file.Seek(0, io.SeekStart); err != nil || !ok {
		return 1
	}
	found := turned(1)
	_, _ = imagemeta.Decode(imagemeta.Options{R: file, ImageFormat: format, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool {
			return tag.Tag == "Orientation" &&
				tag.Namespace == "IFD0"
		},
		HandleTag: func(tag imagemeta.TagInfo) error {
			if v, ok := tag.Value.(uint16); ok && v >= 1 && v <= 8 {
				found = turned(v)
			}
			return nil
		}}) // an image whose EXIF is damaged has pixels all the same
	return found
}

// size returns the rows and columns of an image when it is upright.
func (o turned) size(rows, columns int) (int, int) {
	if o >= 5 {
		return columns, rows
	}
	return rows, columns
}

// upright reports whether the image needs no turning.
func (o turned) upright() bool { return o < 2 || o > 8 }

// place returns where in the upright image, counted row by row, the first pixel of row y of the stored rows × columns
// belongs, and how far from each of its pixels the next one does.
func (o turned) place(y, rows, columns int) (first, step int) {
	x := 0
	step = 1
	if o == 3 || o == 4 || o == 6 || o == 7 { // from the far side
		y = rows - 1 - y
	}
	if o == 2 || o == 3 || o == 7 || o == 8 {
		x, step = columns-1, -1
	}
	if o >= 5 { // the first stored row is a column of what is seen
		return x*rows + y, step * rows
	}
	return y*columns + x, step
}
