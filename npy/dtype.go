package npy

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

const wantDTypes = "f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1"

// dtype is the type of an element in a file.
type dtype struct {
	descr string // as in the header: '<f4'
	kind  string // without the byte order: f4
	size  int    // bytes of one element
	big   bool   // most significant byte first
}

// parseDType parses NumPy's array-protocol type string: a byte order ('<' little, '>' big; for single bytes also '|',
// not applicable), a letter and a size. https://numpy.org/doc/stable/reference/arrays.interface.html
func parseDType(descr string) (dtype, error) {
	order, kind := "", descr
	if descr != "" && strings.ContainsRune("<>|=", rune(descr[0])) {
		order, kind = descr[:1], descr[1:]
	}
	if !slices.Contains([]string{"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"}, kind) {
		return dtype{}, fmt.Errorf("dtype %s%s: want %s", quote(descr), family(kind), wantDTypes)
	}
	d := dtype{descr: descr, kind: kind, size: int(kind[1] - '0'), big: order == ">"}
	if d.size > 1 && order != "<" && order != ">" {
		return dtype{}, fmt.Errorf("dtype %s: want a byte order, %q or %q", quote(descr), "<"+kind, ">"+kind)
	}
	return d, nil
}

// family returns the name, in parentheses, of the family of a refused type. The first letter of kind tells the family.
// It returns "" for unknown letters.
func family(kind string) string {
	names := map[byte]string{
		'O': "object", 'c': "complex", 'S': "bytes", 'a': "bytes", 'U': "string", 'V': "void",
		'M': "datetime", 'm': "timedelta", 'T': "string",
	}
	if kind == "" || names[kind[0]] == "" {
		return ""
	}
	return " (" + names[kind[0]] + ")"
}

// decode converts len(dst) little-endian elements of src. It counts in lost those that float32 cannot hold. The caller
// has already swapped the bytes of big-endian elements.
func (d dtype) decode(dst []float32, src []byte, lost *Loss) {
	le := binary.LittleEndian
	switch d.kind {
	case "b1":
		for i := range dst {
			dst[i] = float32(min(src[i], 1)) // any byte but 0 is True
		}
	case "i1":
		for i := range dst {
			dst[i] = float32(int8(src[i]))
		}
	case "u1":
		for i := range dst {
			dst[i] = float32(src[i])
		}
	case "i2":
		for i := range dst {
			dst[i] = float32(int16(le.Uint16(src[2*i:])))
		}
	case "u2":
		for i := range dst {
			dst[i] = float32(le.Uint16(src[2*i:]))
		}
	case "i4":
		for i := range dst {
			v := int32(le.Uint32(src[4*i:]))
			dst[i] = float32(v)
			lost.countInteger(magnitude(int64(v)))
		}
	case "u4":
		for i := range dst {
			v := le.Uint32(src[4*i:])
			dst[i] = float32(v)
			lost.countInteger(uint64(v))
		}
	case "i8":
		for i := range dst {
			v := int64(le.Uint64(src[8*i:]))
			dst[i] = float32(v)
			lost.countInteger(magnitude(v))
		}
	case "u8":
		for i := range dst {
			v := le.Uint64(src[8*i:])
			dst[i] = float32(v)
			lost.countInteger(v)
		}
	case "f2":
		for i := range dst {
			dst[i] = float16(le.Uint16(src[2*i:]))
		}
	case "bf16": // the upper half of a float32
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(le.Uint16(src[2*i:])) << 16)
		}
	case "f4":
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(src[4*i:]))
		}
	case "f8":
		for i := range dst {
			v := math.Float64frombits(le.Uint64(src[8*i:]))
			dst[i] = float32(v)
			lost.count(v, dst[i])
		}
	}
}

// swap reverses the bytes of each element of size bytes.
func swap(b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		slices.Reverse(b[:size])
	}
}

// float16 returns the value of an IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. float32
// holds all of them exactly; a NaN keeps its payload.
func float16(bits uint16) float32 {
	sign := uint32(bits>>15) << 31
	exponent := uint32(bits>>10) & 0x1f
	fraction := uint32(bits) & 0x3ff
	switch exponent {
	case 0: // zero or subnormal: fraction·2⁻²⁴, exact in float32
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent-15+127)<<23 | fraction<<13)
}
