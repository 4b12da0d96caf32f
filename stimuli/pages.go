package stimuli

import (
	"encoding/binary"
	"io"
)

// maxPages is where counting the pages of a TIFF stops: the directories of a damaged file may form a circle.
const maxPages = 10000

// tiffPages counts the pages of a TIFF: its images, except thumbnails and masks. It returns at least 1, even for a file
// that it cannot read. Each image has a directory, which ends with the offset of the next one (TIFF 6.0, section 2).
func tiffPages(file io.ReadSeeker) int {
	header := make([]byte, 8)
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 1
	}
	if _, err := io.ReadFull(file, header); err != nil {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if header[0] == 'M' {
		order = binary.BigEndian
	}
	pages, next := 0, order.Uint32(header[4:])
	for range maxPages {
		if next == 0 {
			break
		}
		page, after, err := tiffDirectory(file, order, next)
		if err != nil {
			break
		}
		if page {
			pages++
		}
		next = after
	}
	return max(pages, 1)
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
