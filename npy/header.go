package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"gpuconv/conv"
	"gpuconv/whole"
)

const (
	magic = "\x93NUMPY"

	// maxHeader limits the bytes of the dict literal. No header of version 1.0 is longer, so that one with a long
	// structured dtype is refused because of its dtype, not because of its length. The longest header that this package
	// accepts, with 64 extents of 19 digits, has 1.5 kB. (NumPy's limit is 10,000, because it evaluates the text.)
	maxHeader = 1 << 16

	headerAlign  = 64 // numpy.lib.format.ARRAY_ALIGN: elements start at a multiple of it
	growthDigits = 21 // numpy.lib.format.GROWTH_AXIS_MAX_DIGITS: space in which the first extent can grow
)

// header is the part of a .npy file before the elements.
type header struct {
	dtype   dtype
	fortran bool // the first extent varies fastest
	shape   []int
	count   int // number of elements, the product of shape
}

// readHeader reads the header of an array, and leaves r at the first element. The whole file or archive entry has size
// bytes. readHeader reports an error unless the bytes after the header are exactly those of the elements.
func readHeader(r io.Reader, size int64) (header, error) {
	text, start, err := readHeaderText(r, size)
	if err != nil {
		return header{}, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return header{}, fmt.Errorf("header: %w", err)
	}
	return h, h.checkData(size - start)
}

// readHeaderText returns the dict literal, and the offset at which the elements start. The bytes before the literal
// are: magic, major and minor version, length of the literal as 2 (version 1.0) or 4 little-endian bytes.
func readHeaderText(r io.Reader, size int64) (string, int64, error) {
	if size < 10 {
		return "", 0, fmt.Errorf("the array ends after %d bytes: want at least 10 for magic, version and header length",
			size)
	}
	var prefix [12]byte
	if _, err := io.ReadFull(r, prefix[:10]); err != nil {
		return "", 0, cut(whole.Cause(err))
	}
	if !bytes.HasPrefix(prefix[:], []byte(magic)) {
		return "", 0, fmt.Errorf("the array starts with %q: want %q", prefix[:len(magic)], magic)
	}
	length, start, err := literalLength(r, &prefix)
	if err != nil {
		return "", 0, err
	}
	if length > maxHeader {
		return "", 0, fmt.Errorf("a header of %d bytes: want at most %d", length, maxHeader)
	}
	if length > size-start {
		return "", 0, fmt.Errorf("a header of %d bytes: only %d follow its length", length, size-start)
	}
	literal := make([]byte, length)
	if _, err := io.ReadFull(r, literal); err != nil {
		return "", 0, cut(whole.Cause(err))
	}
	if prefix[6] == 3 && !utf8.Valid(literal) {
		return "", 0, fmt.Errorf("header of version 3.0: want UTF-8, got %s", quote(string(literal)))
	}
	return string(literal), start + length, nil
}

// literalLength returns the length of the dict literal and the offset at which it starts. The caller has read the first
// 10 bytes of prefix. Versions later than 1.0 have two more.
func literalLength(r io.Reader, prefix *[12]byte) (length, start int64, err error) {
	switch version := [2]byte(prefix[6:8]); version {
	case [2]byte{1, 0}:
		return int64(binary.LittleEndian.Uint16(prefix[8:])), 10, nil
	case [2]byte{2, 0}, [2]byte{3, 0}:
		if _, err := io.ReadFull(r, prefix[10:]); err != nil {
			return 0, 0, cut(whole.Cause(err))
		}
		return int64(binary.LittleEndian.Uint32(prefix[8:])), 12, nil
	default:
		return 0, 0, fmt.Errorf("format version %d.%d: want 1.0, 2.0 or 3.0", version[0], version[1])
	}
}

// cut replaces io.EOF by io.ErrUnexpectedEOF, for places where more bytes must follow.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// checkData compares the shape with the number of bytes after the header.
func (h header) checkData(have int64) error {
	want, err := conv.Product(h.count, h.dtype.size)
	switch {
	case err != nil:
		return fmt.Errorf("shape %v of %s: %w", h.shape, h.dtype.descr, err)
	case have < int64(want):
		return fmt.Errorf("shape %v of %s: want %d bytes of data, only %d follow the header", h.shape, h.dtype.descr,
			want, have)
	case have > int64(want):
		return fmt.Errorf("shape %v of %s: want %d bytes of data, %d follow the header", h.shape, h.dtype.descr, want,
			have)
	}
	return nil
}

// formatHeader returns the bytes that NumPy 1.23 and later write before a '<f4' array in C order, in format version
// 1.0. shape must have passed elementCount: then the length fits in its two bytes.
func formatHeader(shape []int) []byte { return formatHeaderOf(shape, "<f4") }

// formatHeaderOf is like formatHeader, but for another type of elements.
func formatHeaderOf(shape []int, descr string) []byte {
	var b strings.Builder
	b.WriteString("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + tuple(shape) + ", }")
	if len(shape) > 0 {
		b.WriteString(strings.Repeat(" ", growthDigits-len(strconv.Itoa(shape[0]))))
	}
	// As in NumPy, a header that is aligned already gets another 64 bytes.
	pad := headerAlign - (10+b.Len()+1)%headerAlign
	b.WriteString(strings.Repeat(" ", pad) + "\n")

	out := append([]byte(magic), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(b.Len()))
	return append(out, b.String()...)
}

// tuple formats shape as Python does: (), (3,), (3, 4).
func tuple(shape []int) string {
	text := make([]string, len(shape))
	for i, extent := range shape {
		text[i] = strconv.Itoa(extent)
	}
	if len(shape) == 1 {
		return "(" + text[0] + ",)"
	}
	return "(" + strings.Join(text, ", ") + ")"
}
