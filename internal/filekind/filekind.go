// Package filekind tells what a file is by its first bytes, or by its name if those say nothing. That makes errors
// helpful: "photo.gif: a GIF: want …" says more than "not a PNG".
package filekind

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Head is how many bytes at the start of a file [Of] looks at.
const Head = 512

// The kinds that gpuconv reads. All others are for errors only.
const (
	PNG  = "a PNG"
	JPEG = "a JPEG"
	TIFF = "a TIFF"
	BMP  = "a BMP"
	WebP = "a WebP"
	NPY  = "a .npy array"
	ZIP  = "a zip archive" // .npz is one

	PyTorch     = "PyTorch's"
	Safetensors = "a .safetensors file"
)

// Kinds that gpuconv does not read, but treats in a special way.
const (
	GIF      = "a GIF"
	MATLAB   = "a MATLAB .mat"
	MATLAB73 = "a MATLAB 7.3 .mat, which is HDF5"
	HDF5     = "an HDF5"
)

// signatures are the first bytes of binary formats. The first that fits wins; a dot fits any byte. A file that is text
// has none of these kinds except GIF, because any text may begin with letters such as BM. [texts] has the formats that
// are text.
var signatures = []struct{ start, kind string }{
	{"\x89PNG\r\n\x1a\n", PNG}, {"\xff\xd8\xff", JPEG},
	{"II*\x00", TIFF}, {"MM\x00*", TIFF}, {"II+\x00", "a BigTIFF"}, {"MM\x00+", "a BigTIFF"},
	{"RIFF....WEBP", WebP}, {"BM", BMP}, {"\x93NUMPY", NPY}, {"PK\x03\x04", ZIP}, {"PK\x05\x06", ZIP},
	{"GIF87a", GIF}, {"GIF89a", GIF},
	{"....ftypavif", "an AVIF"}, {"....ftypavis", "an AVIF"},
	{"....ftyphei", "a HEIC"}, {"....ftyphev", "a HEIC"}, {"....ftypmif1", "a HEIF"}, {"....ftypmsf1", "a HEIF"},
	{"....ftypcrx ", "a Canon CR3"}, {"....ftypqt", "a QuickTime video"}, {"....ftyp", "an MP4 video"},
	{"\x1aE\xdf\xa3", "a Matroska or WebM video"}, {"RIFF....AVI ", "an AVI video"}, {"RIFF....WAVE", "a WAV sound"},
	{"\xff\x0a", "a JPEG XL"}, {"\x00\x00\x00\x0cJXL ", "a JPEG XL"},
	{"\xff\x4f\xff\x51", "a JPEG 2000"}, {"\x00\x00\x00\x0cjP  ", "a JPEG 2000"},
	{"8BPS", "a Photoshop document"}, {"v/1\x01", "an OpenEXR"},
	{"\x00\x00\x01\x00", "an icon"}, {"DDS ", "a DDS texture"}, {"qoif", "a QOI"}, {"farbfeld", "a farbfeld"},
	{"\x89HDF\r\n\x1a\n", HDF5}, {"CDF\x01", "a netCDF"}, {"CDF\x02", "a netCDF"}, {"CDF\x05", "a netCDF"},
	{"GGUF", "a GGUF model"}, {"....TFL3", "a TFLite model"},
	{"\x1f\x8b", "a gzip archive"}, {"BZh", "a bzip2 archive"}, {"\xfd7zXZ\x00", "an xz archive"},
	{"\x28\xb5\x2f\xfd", "a zstd archive"}, {"7z\xbc\xaf\x27\x1c", "a 7z archive"}, {"Rar!", "a RAR archive"},
}

// texts are the first bytes of formats that are text or begin with a header of text.
var texts = []struct{ start, kind string }{
	{"%PDF-", "a PDF"}, {"%!PS", "a PostScript"}, {"#?RADIANCE", "a Radiance HDR"},
	{"P7\n", "a PAM"}, {"PF\n", "a PFM"}, {"Pf\n", "a PFM"},
	{"MATLAB 5.0 MAT", MATLAB}, {"MATLAB 7.3 MAT", MATLAB73}, {"SIMPLE  =", "a FITS"},
	{"<svg", "an SVG"}, {"<?xml", "XML text"}, {"<!DOCTYPE html", "a web page"}, {"<html", "a web page"},
}

// netpbms are the kinds of files that begin with P1 to P6: https://netpbm.sourceforge.net/doc/pnm.html
var netpbms = [...]string{"a PBM", "a PGM", "a PPM", "a PBM", "a PGM", "a PPM"}

// names has the extensions of files whose first bytes say nothing.
var names = map[string]string{
	".pt": PyTorch, ".pth": PyTorch, ".safetensors": Safetensors, ".onnx": "an ONNX model", ".dcm": "a DICOM",
	".nii": "a NIfTI", ".tga": "a TGA", ".raw": "raw data", ".mat": MATLAB, ".csv": "CSV text", ".json": "JSON text",
}

// Of says what a file is, by its name and its first bytes, up to [Head] of them. It returns "" if it cannot tell.
func Of(name string, start []byte) string {
	switch {
	case len(start) == 0:
		return "empty"
	case safetensors(start):
		return Safetensors
	case len(start) > 1 && start[0] == 0x80 && start[1] >= 2 && start[1] <= 5: // a pickle's PROTO and version
		if names[extension(name)] == PyTorch {
			return PyTorch
		}
		return "a Python pickle, as PyTorch's old .pt"
	case len(start) > 262 && bytes.HasPrefix(start[257:], []byte("ustar")):
		return "a tar archive"
	case len(start) > 131 && string(start[128:132]) == "DICM":
		return "a DICOM"
	}
	text := isText(start)
	for _, s := range signatures {
		if fits(start, s.start) && !(s.kind == BMP && !bmp(start)) && (!text || s.kind == GIF) {
			if kind := names[extension(name)]; s.kind == ZIP && kind == PyTorch {
				return kind
			}
			return s.kind
		}
	}
	for _, s := range texts {
		if fits(start, s.start) {
			return s.kind
		}
	}
	if kind := netpbm(start); kind != "" {
		return kind
	}
	if kind := names[extension(name)]; kind != "" {
		return kind
	}
	if text {
		return "text"
	}
	return ""
}

// netpbm returns the kind of a file that begins with P1 to P6, then white space and a number or a comment. It returns
// "" for others, such as a text about P1.
func netpbm(start []byte) string {
	if len(start) < 4 || start[0] != 'P' || start[1] < '1' || start[1] > '6' {
		return ""
	}
	rest := bytes.TrimLeft(start[2:], " \t\r\n\v\f")
	if len(rest) == 0 || len(rest) == len(start)-2 || rest[0] != '#' && (rest[0] < '0' || rest[0] > '9') {
		return ""
	}
	return netpbms[start[1]-'1']
}

func extension(name string) string { return strings.ToLower(filepath.Ext(name)) }

func fits(start []byte, signature string) bool {
	if len(start) < len(signature) {
		return false
	}
	for i := range len(signature) {
		if signature[i] != '.' && start[i] != signature[i] {
			return false
		}
	}
	return true
}

// bmp reports whether a file that begins with BM is a BMP: the size of its second header must be one that the format
// has.
func bmp(start []byte) bool {
	if len(start) < 18 {
		return false
	}
	size := binary.LittleEndian.Uint32(start[14:])
	return size == 12 || size >= 16 && size <= 124
}

// safetensors reports whether a file begins with 8 bytes for the length of a JSON object and then that object.
// https://huggingface.co/docs/safetensors/index#format
func safetensors(start []byte) bool {
	return len(start) > 9 && start[8] == '{' && (start[9] == '"' || start[9] == '}' || start[9] == ' ') &&
		binary.LittleEndian.Uint64(start) < 1<<32
}

func isText(start []byte) bool {
	if len(start) == Head { // the last character may be cut
		start = start[:Head-utf8.UTFMax]
		for len(start) > 0 && start[len(start)-1] >= utf8.RuneSelf {
			start = start[:len(start)-1]
		}
	}
	return utf8.Valid(start) && !bytes.ContainsFunc(start, func(r rune) bool {
		return r < ' ' &&
			!strings.ContainsRune("\t\r\n\f", r)
	})
}
