package stimuli

import (
	"io"

	"gpuconv/internal/filekind"

	"github.com/bep/imagemeta"
)

// turned is the value of EXIF's tag 274, Orientation. It says at which sides of the upright image the first row and the
// first column of the stored image are (CIPA DC-008, Exif 2.32, section 4.6.4). 1 is upright already.
//
//	1 top, left    2 top, right   3 bottom, right   4 bottom, left
//	5 left, top    6 right, top   7 right, bottom   8 left, bottom
type turned int

// readOrientation returns the orientation in a file's EXIF, or 1, upright, if there is none that it can read. It
// changes the file's offset.
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
		}}) // an image can be read even if its EXIF is damaged
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

// place says where row y of a stored image of rows × columns belongs in the upright image. first is the index of the
// row's first pixel there, and step is the distance from each pixel to the next. Indices count pixels row by row.
func (o turned) place(y, rows, columns int) (first, step int) {
	x := 0
	step = 1
	if o == 3 || o == 4 || o == 6 || o == 7 { // the order of rows is reversed
		y = rows - 1 - y
	}
	if o == 2 || o == 3 || o == 7 || o == 8 {
		x, step = columns-1, -1
	}
	if o >= 5 { // stored rows are columns of the upright image
		return x*rows + y, step * rows
	}
	return y*columns + x, step
}
