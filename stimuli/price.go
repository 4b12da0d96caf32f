package stimuli

import (
	"encoding/binary"
	"image"
	"image/color"
	"io"

	"gpuconv/internal/filekind"
	"gpuconv/internal/input"
)

// price returns how many bytes of memory decoding a picture takes at most. TestPrice compares it with what decoding
// takes.
func price(file *input.File, kind string, config image.Config) float64 {
	pixels, each := float64(config.Width)*float64(config.Height), bytesOf(config.ColorModel)
	switch kind {
	case filekind.PNG:
		switch config.ColorModel { // with a transparent grey, all pixels become colours
		case color.GrayModel, color.Gray16Model:
			each *= 4
		}
		if interlaced(file) { // each of its seven passes is a picture of its own
			each *= 2
		}
	case filekind.JPEG: // whole blocks, of at most 32×32 pixels
		pixels = (float64(config.Width) + 32) * (float64(config.Height) + 32)
		planes := 3.0
		switch config.ColorModel {
		case color.GrayModel:
			planes = 1
		case color.CMYKModel:
			planes = 4
		}
		each = planes
		switch config.ColorModel { // the decoder converts these into a further picture
		case color.RGBAModel:
			each += 4
		case color.CMYKModel:
			each += 8
		}
		if progressive(file) { // the decoder keeps all coefficients, 32 bits each
			each += 4 * planes
		}
	case filekind.TIFF: // a buffer holds a strip or tile of up to 8 bytes a pixel, and doubles as it grows
		return pixels*each + 32*tiffBlock(file, config)
	case filekind.WebP:
		// A lossless picture takes two buffers of 4 bytes a pixel. A lossy one takes 2 bytes a pixel, and its
		// transparency as much as a lossless picture. 3 bytes are added to be safe.
		return 13*pixels + float64(file.Size())
	}
	return pixels * each
}

// bytesOf returns how many bytes a pixel takes in memory.
func bytesOf(model color.Model) float64 {
	switch model {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := model.(color.Palette); ok {
		return 1
	}
	return 4
}

// interlaced reports whether a PNG is interlaced, which the last byte of its first chunk says.
func interlaced(file io.ReaderAt) bool {
	var method [1]byte
	_, err := file.ReadAt(method[:], 28)
	return err == nil && method[0] != 0
}

// progressive looks for the frame of a JPEG and reports whether it is a progressive one (ITU T.81, B.2).
func progressive(file io.ReaderAt) bool {
	var segment [4]byte // a marker and a length
	for at := int64(2); ; {
		if _, err := file.ReadAt(segment[:], at); err != nil || segment[0] != 0xff {
			return true // not known: take the higher price
		}
		switch marker := segment[1]; {
		case marker == 0xff: // fill
			at++
		case marker == 0xc2:
			return true
		case marker == 0xc0 || marker == 0xc1 || marker == 0xda:
			return false
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd9: // markers without a length
			at += 2
		default:
			at += 2 + int64(binary.BigEndian.Uint16(segment[2:]))
		}
	}
}

// tiffBlock returns the number of pixels in a strip or tile of a TIFF's first image (TIFF 6.0, sections 3 and 15).
func tiffBlock(file io.ReaderAt, config image.Config) float64 {
	const rowsPerStrip, tileWidth, tileLength = 278, 322, 323
	fields := tiffFields(file)
	if w, l := fields[tileWidth], fields[tileLength]; w > 0 {
		return float64(w) * float64(l)
	}
	rows := float64(config.Height)
	if n := fields[rowsPerStrip]; n > 0 {
		rows = min(rows, float64(n))
	}
	return rows * float64(config.Width)
}

// tiffFields returns the value of each SHORT or LONG field in a TIFF's first directory, by tag. Of a field with several
// values it is the first, or the place of the values in the file: none of the fields that are used has several.
func tiffFields(file io.ReaderAt) map[uint16]uint32 {
	var start [8]byte
	if _, err := file.ReadAt(start[:], 0); err != nil {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if start[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(start[4:]))
	if _, err := file.ReadAt(start[:2], at); err != nil {
		return nil
	}
	directory := make([]byte, 12*int(order.Uint16(start[:])))
	if _, err := file.ReadAt(directory, at+2); err != nil {
		return nil
	}
	fields := map[uint16]uint32{}
	for ; len(directory) > 0; directory = directory[12:] {
		switch tag, kind := order.Uint16(directory), order.Uint16(directory[2:]); kind {
		case 3:
			fields[tag] = uint32(order.Uint16(directory[8:]))
		case 4:
			fields[tag] = order.Uint32(directory[8:])
		}
	}
	return fields
}
