package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The tests have their own writer of .npy files. It is slow, writes any dtype, order and version, and shares no code
// with the package.

var (
	orderedKinds = []string{"f2", "f4", "f8", "i2", "i4", "i8", "u2", "u4", "u8"}
	byteKinds    = []string{"i1", "u1", "b1"}
)

// allDTypes lists every dtype in both byte orders, as testdata/make_goldens.py does.
func allDTypes() []string {
	var list []string
	for _, kind := range orderedKinds {
		list = append(list, "<"+kind, ">"+kind)
	}
	for _, kind := range byteKinds {
		list = append(list, "|"+kind)
	}
	return list
}

// goldenValue is element i, counted in C order, of the arrays in testdata. The docstring of testdata/make_goldens.py
// has the same rule.
func goldenValue(kind string, i int) float64 {
	switch kind[0] {
	case 'f':
		return float64(i-3) / 4
	case 'i':
		return float64(i - 3)
	case 'b':
		if i%3 != 0 {
			return 1
		}
		return 0
	}
	return float64(i)
}

func goldenValues(kind string, n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(goldenValue(kind, i))
	}
	return values
}

func product(shape []int) int {
	n := 1
	for _, extent := range shape {
		n *= extent
	}
	return n
}

// encodeArray returns a file with the golden values of descr.
func encodeArray(version byte, descr string, fortran bool, shape []int) []byte {
	var extents strings.Builder
	for _, extent := range shape {
		fmt.Fprintf(&extents, "%d,", extent)
	}
	word := map[bool]string{true: "True", false: "False"}[fortran]
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n", descr, word, extents.String())
	var data []byte
	for at := range product(shape) {
		i := at
		if fortran {
			i = cIndex(at, shape)
		}
		data = append(data, encodeValue(descr, goldenValue(descr[1:], i))...)
	}
	return rawFile(version, head, data)
}

// rawFile puts magic, version and length before head, and data after it.
func rawFile(version byte, head string, data []byte) []byte {
	out := append([]byte("\x93NUMPY"), version, 0)
	if version == 1 {
		out = binary.LittleEndian.AppendUint16(out, uint16(len(head)))
	} else {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(head)))
	}
	return append(append(out, head...), data...)
}

// cIndex converts a position in Fortran order to one in C order. It splits the position into indices from the first
// extent on, and joins them from the last.
func cIndex(at int, shape []int) int {
	index := make([]int, len(shape))
	for d, extent := range shape {
		index[d], at = at%extent, at/extent
	}
	c := 0
	for d, extent := range shape {
		c = c*extent + index[d]
	}
	return c
}

func encodeValue(descr string, v float64) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	if descr[0] == '>' {
		order = binary.BigEndian
	}
	typed := map[string]any{
		"f2": half(v), "f4": float32(v), "f8": v,
		"i1": int8(v), "i2": int16(v), "i4": int32(v), "i8": int64(v),
		"u1": uint8(v), "u2": uint16(v), "u4": uint32(v), "u8": uint64(v),
		"b1": uint8(v),
	}[descr[1:]]
	var b bytes.Buffer
	if err := binary.Write(&b, order, typed); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// half encodes a float16 that is 0 or normal, of a number with no more than 11 significant bits.
func half(v float64) uint16 {
	if v == 0 {
		return 0
	}
	fraction, exponent := math.Frexp(math.Abs(v)) // v = fraction·2^exponent, ½ ≤ fraction < 1
	bits := uint16(exponent-1+15)<<10 | uint16(fraction*2048)&0x3ff
	if v < 0 {
		bits |= 0x8000
	}
	return bits
}

// read loads a file from memory, as ReadFile does from a disk.
func read(file []byte, key string) (*Array, error) {
	r, err := newReader(bytes.NewReader(file), int64(len(file)), "x", key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Array()
}

// wantError requires an error of one line of this package that contains text.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	switch {
	case err == nil:
		t.Fatalf("no error, want one with %q", text)
	case !strings.Contains(err.Error(), text):
		t.Fatalf("error %q, want %q in it", err, text)
	case !strings.HasPrefix(err.Error(), "npy: ") || strings.Contains(err.Error(), ": npy: "):
		t.Fatalf("error %q, want one prefix npy", err)
	case strings.ContainsAny(err.Error(), "\n\r"):
		t.Fatalf("error %q, want one line", err)
	}
}

// wantArray compares bits, so that NaN equals NaN and 0 differs from −0.
func wantArray(t rapid.TB, got *Array, shape []int, data []float32) {
	t.Helper()
	if fmt.Sprint(got.Shape) != fmt.Sprint(shape) {
		t.Fatalf("shape %v, want %v", got.Shape, shape)
	}
	wantBits(t, got.Data, data)
}

func wantBits(t rapid.TB, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d elements, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("element %d is %v (%#x), want %v (%#x)", i,
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// wantFiles requires that dir has exactly the named files.
func wantFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Fatalf("the folder holds %q, want %q", got, names)
	}
}

// save writes bytes to a new file and returns its path.
func save(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}
