package stimuli

import (
	"encoding/binary"
	"io"
)

// maxPages is where counting the pages of a TIFF stops: the directories of a damaged file may form a circle.
const maxPages = 10000

// tiffPages returns the offsets of the directories of the pages of a TIFF: its images, except thumbnails and masks. It
// returns none for a file that it cannot read. Each image has a directory, which ends with the offset of the next one
// (TIFF 6.0, section 2).
func tiffPages(file io.ReadSeeker) (pages []uint32) {
	header := make([]byte, 8)
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil
	}
	if _, err := io.ReadFull(file, header); err != nil {
		return nil
	}
	order := tiffOrder(header)
	next := order.Uint32(header[4:])
	seen := map[uint32]bool{}
	for range maxPages {
		if next == 0 || seen[next] {
			break
		}
		seen[next] = true
		page, after, err := tiffDirectory(file, order, next)
		if err != nil {
			break
		}
		if page {
			pages = append(pages, next)
		}
		next = after
	}
	return pages
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

// Tags that say what an image of a TIFF is for (TIFF 6.0, section 8). The second is an older form of the first.
const (
	newSubfileType = 254 // bits: 1 marks a smaller version of another image, 4 a mask
	subfileType    = 255 // 2 marks a smaller version of another image
)

// tiffDirectory reads the directory at an offset. It returns whether its image is a page, and where the next directory
// starts.
func tiffDirectory(file io.ReadSeeker, order binary.ByteOrder, at uint32) (page bool, next uint32, err error) {
	if _, err := file.Seek(int64(at), io.SeekStart); err != nil {
		return false, 0, err
	}
	count := make([]byte, 2)
	if _, err := io.ReadFull(file, count); err != nil {
		return false, 0, err
	}
	fields := make([]byte, 12*int(order.Uint16(count))+4)
	if _, err := io.ReadFull(file, fields); err != nil {
		return false, 0, err
	}
	page = true
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
		}
	}
	return page, order.Uint32(fields), nil
}
