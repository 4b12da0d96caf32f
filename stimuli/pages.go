package stimuli

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxPages is how many directories of a TIFF are read at most.
const maxPages = 1 << 16

// directory is what a directory of a TIFF says of an image.
type directory struct {
	offset uint32
	turn   turned // 0 if it does not say
	// inverted is whether the decoder takes black for white. In a fax's compression (CCITT) it takes bits of 1 for
	// black, even where the directory says that 0 is black, as libtiff reads it and Pillow writes it.
	inverted bool
}

// tiffPages returns the directories of the pages of a TIFF: its images, except thumbnails and masks. Each image has a
// directory, which ends with the offset of the next one (TIFF 6.0, section 2). The error says that there are more
// pages, which cannot be read.
func tiffPages(file io.ReadSeeker) (pages []directory, err error) {
	header := make([]byte, 8)
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(file, header); err != nil {
		return nil, err
	}
	order := tiffOrder(header)
	next := order.Uint32(header[4:])
	seen := map[uint32]bool{}
	for next != 0 && !seen[next] { // those of a damaged file may form a circle
		if len(seen) == maxPages {
			return pages, fmt.Errorf("more than %d directories: want fewer", maxPages)
		}
		seen[next] = true
		page, d, after, err := tiffDirectory(file, order, next)
		if err != nil {
			return pages, errors.New("damaged, or cut off, after " + counted(len(pages)) + ": want the whole file")
		}
		if page {
			pages = append(pages, d)
		}
		next = after
	}
	return pages, nil
}

// counted is a number of pages in words.
func counted(pages int) string {
	if pages == 1 {
		return "1 page"
	}
	return fmt.Sprintf("%d pages", pages)
}

// tiffOrder returns the byte order of a TIFF, by its first bytes.
func tiffOrder(header []byte) binary.ByteOrder {
	if header[0] == 'M' {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// tiffPage is a TIFF whose first directory is that of another page. Decoders read only the first.
type tiffPage struct {
	f interface {
		io.ReadSeeker
		io.ReaderAt
	}
	offset uint32
	at     int64
}

// ReadAt implements [io.ReaderAt].
func (t *tiffPage) ReadAt(p []byte, off int64) (int, error) {
	n, err := t.f.ReadAt(p, off)
	if off >= 8 || n == 0 {
		return n, err
	}
	var header [8]byte
	if _, err := t.f.ReadAt(header[:], 0); err != nil {
		return 0, err
	}
	tiffOrder(header[:]).PutUint32(header[4:], t.offset)
	copy(p[:n], header[off:])
	return n, err
}

// Read implements [io.Reader].
func (t *tiffPage) Read(p []byte) (int, error) {
	n, err := t.ReadAt(p, t.at)
	t.at += int64(n)
	return n, err
}

// Tags that say what an image of a TIFF is for, and how it is turned (TIFF 6.0, section 8). The second is an older form
// of the first.
const (
	newSubfileType = 254 // bits: 1 marks a smaller version of another image, 4 a mask
	subfileType    = 255 // 2 marks a smaller version of another image
	turnTag        = 274
)

// Tags that say how pixels are stored (TIFF 6.0, sections 8 and 11).
const (
	compressionTag = 259 // 3 and 4 are those of a fax
	photometricTag = 262 // 1: black is 0
)

// tiffDirectory reads the directory at an offset. It returns whether its image is a page, and where the next directory
// starts.
func tiffDirectory(file io.ReadSeeker, order binary.ByteOrder, at uint32) (page bool, d directory, next uint32,
	err error) {
	d.offset = at
	if _, err := file.Seek(int64(at), io.SeekStart); err != nil {
		return false, d, 0, err
	}
	count := make([]byte, 2)
	if _, err := io.ReadFull(file, count); err != nil {
		return false, d, 0, err
	}
	fields := make([]byte, 12*int(order.Uint16(count))+4)
	if _, err := io.ReadFull(file, fields); err != nil {
		return false, d, 0, err
	}
	page = true
	fax, blackIsZero := false, false
	for ; len(fields) > 4; fields = fields[12:] {
		value := order.Uint32(fields[8:])
		if order.Uint16(fields[2:]) == 3 { // a SHORT lies in the first two bytes
			value = uint32(order.Uint16(fields[8:]))
		}
		switch order.Uint16(fields) {
		case newSubfileType:
			page = value&(1|4) == 0
		case subfileType:
			page = page && value != 2
		case compressionTag:
			fax = value == 3 || value == 4
		case photometricTag:
			blackIsZero = value == 1
		case turnTag:
			if value >= 1 && value <= 8 {
				d.turn = turned(value)
			}
		}
	}
	d.inverted = fax && blackIsZero
	return page, d, order.Uint32(fields), nil
}
