package npy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gpuconv/conv"
)

// TestReadAll combines every dtype, byte order, element order, version and rank.
func TestReadAll(t *testing.T) {
	shapes := [][]int{{}, {7}, {3, 5}, {2, 3, 4}, {2, 3, 1, 5}, {2, 1, 3, 2, 2}}
	for _, descr := range allDTypes() {
		for _, fortran := range []bool{false, true} {
			for version := byte(1); version <= 3; version++ {
				for _, shape := range shapes {
					t.Run(fmt.Sprint(descr, "/fortran=", fortran, "/v", version, "/rank=", len(shape)),
						func(t *testing.T) {
							a, err := read(encodeArray(version, descr, fortran, shape), "")
							if err != nil {
								t.Fatal(err)
							}
							wantArray(t, a, shape, goldenValues(descr[1:], product(shape)))
						})
				}
			}
		}
	}
}

// TestConversion has values that float32 cannot represent.
func TestConversion(t *testing.T) {
	tests := []struct {
		name, descr string
		data        any // written by binary.Write, little-endian
		want        float32
	}{
		{"f8 rounds to even", "<f8", 1 + 0x1p-24, 1},
		{"f8 rounds up", "<f8", 1 + 3*0x1p-24, 1 + 0x1p-22},
		{"f8 overflows", "<f8", 1e300, float32(math.Inf(1))},
		{"f8 underflows", "<f8", -1e-300, float32(math.Copysign(0, -1))},
		{"f8 subnormal float32", "<f8", 0x1p-149, 0x1p-149},
		{"f8 half of the smallest float32", "<f8", 0x1p-150, 0},
		{"f8 above half of the smallest float32", "<f8", 0x1.0000000000001p-150, 0x1p-149},
		{"f8 infinity", "<f8", math.Inf(-1), float32(math.Inf(-1))},
		{"f8 minus 0", "<f8", math.Copysign(0, -1), float32(math.Copysign(0, -1))},
		{"f4 NaN keeps its payload", "<f4", uint32(0x7fc12345), math.Float32frombits(0x7fc12345)},
		{"i4 most", "<i4", int32(math.MaxInt32), 0x1p31},
		{"i4 least", "<i4", int32(math.MinInt32), -0x1p31},
		{"i4 rounds to even", "<i4", int32(1<<24 + 1), 1 << 24},
		{"u4 most", "<u4", uint32(math.MaxUint32), 0x1p32},
		{"i8 least", "<i8", int64(math.MinInt64), -0x1p63},
		// It is rounded once: if it were rounded to float64 first, 2⁵³+2²⁹+1 would become 2⁵³.
		{"i8 rounds once", "<i8", int64(1<<53 + 1<<29 + 1), 1<<53 + 1<<30},
		{"u8 most", "<u8", uint64(math.MaxUint64), 0x1p64},
		{"i1 least", "|i1", int8(-128), -128},
		{"u1 most", "|u1", uint8(255), 255},
		{"i2 least", "<i2", int16(-32768), -32768},
		{"u2 most", "<u2", uint16(65535), 65535},
		{"b1 any byte but 0", "|b1", uint8(255), 1},
		{"i1 with a byte order", "<i1", int8(-1), -1},
		{"i1 without", "i1", int8(-1), -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': ()}", tt.descr)
			a, err := read(rawFile(1, head, littleEndianBytes(t, tt.data)), "")
			if err != nil {
				t.Fatal(err)
			}
			wantArray(t, a, nil, []float32{tt.want})
		})
	}
}

// TestReadPieces reads arrays of any order in pieces of any size.
func TestReadPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		descr := rapid.SampledFrom(allDTypes()).Draw(t, "descr")
		fortran := rapid.Bool().Draw(t, "fortran")
		// at most 81 elements, whose values all fit into i1
		shape := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 4).Draw(t, "shape")
		file := encodeArray(1, descr, fortran, shape)
		r, err := newReader(bytes.NewReader(file), int64(len(file)), "x", "")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var got []float32
		for n := product(shape); len(got) < n; {
			piece := make([]float32, rapid.IntRange(0, n-len(got)).Draw(t, "piece"))
			if err := r.Read(piece); err != nil {
				t.Fatal(err)
			}
			got = append(got, piece...)
		}
		wantArray(t, &Array{r.Shape(), got}, shape, goldenValues(descr[1:], product(shape)))
	})
}

func TestReadTooMuch(t *testing.T) {
	for _, fortran := range []bool{false, true} {
		file := encodeArray(1, "<f4", fortran, []int{2, 3})
		r, err := newReader(bytes.NewReader(file), int64(len(file)), "x", "")
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]float32, 5)
		if err := r.Read(dst[:4]); err != nil {
			t.Fatal(err)
		}
		wantError(t, r.Read(dst), "npy: x: want at most 2 elements, that many are left of shape [2 3], got room for 5")
		if err := r.Read(dst[:2]); err != nil { // the refused read has read nothing
			t.Fatal(err)
		}
		wantBits(t, dst[:2], goldenValues("f4", 6)[4:])
		if err := r.Read(nil); err != nil {
			t.Fatal(err)
		}
		wantError(t, r.Read(dst[:1]), "want at most 0 elements")
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(dst[:0]); !errors.Is(err, os.ErrClosed) {
			t.Fatalf("after Close: %v, want os.ErrClosed", err)
		}
	}
}

// TestReadCut cuts the file after Open has checked its size.
func TestReadCut(t *testing.T) {
	for _, descr := range []string{"<f4", ">f4", "<f8"} {
		for _, fortran := range []bool{false, true} {
			t.Run(fmt.Sprint(descr, fortran), func(t *testing.T) {
				file := encodeArray(1, descr, fortran, []int{4, 5})
				path := save(t, "a.npy", file)
				r, err := Open(t.Context(), path)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if err := os.Truncate(path, int64(len(file)-10)); err != nil {
					t.Fatal(err)
				}
				for _, n := range []int{20, 2} {
					err := r.Read(make([]float32, n))
					if err := os.WriteFile(path, file, 0o666); err != nil { // too late for the second Read
						t.Fatal(err)
					}
					wantError(t, err, "a.npy: only ")
					if !errors.Is(err, io.ErrUnexpectedEOF) {
						t.Fatalf("%v, want io.ErrUnexpectedEOF", err)
					}
				}
			})
		}
	}
}

// TestSameOrder: an array whose two orders are the same is streamed.
func TestSameOrder(t *testing.T) {
	for _, tt := range []struct {
		shape []int
		whole bool
	}{
		{[]int{}, false}, {[]int{5}, false}, {[]int{1, 5, 1}, false}, {[]int{2, 0, 3}, false},
		{[]int{2, 2}, true}, {[]int{3, 1, 2}, true},
	} {
		file := encodeArray(1, "<f4", true, tt.shape)
		r, err := newReader(bytes.NewReader(file), int64(len(file)), "x", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Read(nil); err != nil {
			t.Fatal(err)
		}
		if whole := r.whole != nil; whole != tt.whole {
			t.Errorf("shape %v is loaded whole: %v, want %v", tt.shape, whole, tt.whole)
		}
	}
}

// TestOpenStreams reads 32 MiB of float64 in pieces and measures the memory that this allocates.
func TestOpenStreams(t *testing.T) {
	const rows, columns = 1024, 4096
	head := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d)}", rows, columns)
	path := save(t, "a.npy", rawFile(1, head, nil))
	start, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, start.Size()+rows*columns*8); err != nil { // a hole, which reads as zeros
		t.Fatal(err)
	}
	grown := allocated(func() {
		r, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		row := make([]float32, columns)
		for range rows {
			if err := r.Read(row); err != nil {
				t.Fatal(err)
			}
		}
	})
	if grown > 2*bufferSize { // the buffer, a row, and what opening takes
		t.Errorf("allocated %d bytes, want at most %d", grown, 2*bufferSize)
	}
}

// allocated returns how many bytes f allocates, whether they are freed or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestArrayImages: images have 2 to 4 dimensions, and share the array's elements.
func TestArrayImages(t *testing.T) {
	tests := []struct {
		shape []int
		want  conv.Shape
	}{
		{[]int{3, 4}, conv.Shape{1, 1, 3, 4}},
		{[]int{5, 3, 4}, conv.Shape{5, 1, 3, 4}},
		{[]int{5, 2, 3, 4}, conv.Shape{5, 2, 3, 4}},
		{[]int{0, 2, 3, 4}, conv.Shape{0, 2, 3, 4}},
	}
	for _, tt := range tests {
		a := &Array{tt.shape, make([]float32, product(tt.shape))}
		got, err := a.Images()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&conv.Tensor{Shape: tt.want, Data: a.Data}, got); diff != "" {
			t.Errorf("shape %v (-want +got):\n%s", tt.shape, diff)
		}
		if len(a.Data) > 0 && &got.Data[0] != &a.Data[0] {
			t.Errorf("shape %v: the tensor has its own data", tt.shape)
		}
	}
	for _, shape := range [][]int{{}, {3}, {1, 2, 3, 4, 5}} {
		_, err := (&Array{shape, make([]float32, product(shape))}).Images()
		wantError(t, err, fmt.Sprintf("npy: shape %v has %d %s: want [H W], [N H W] or [N C H W]", shape, len(shape),
			plural(len(shape), "dimension", "dimensions")))
	}
	_, err := (&Array{[]int{2, 2}, make([]float32, 3)}).Images()
	wantError(t, err, "npy: shape [2 2]: want 4 elements, the array holds 3")
	_, err = (*Array)(nil).Images()
	wantError(t, err, "npy: array nil")
}

// TestPaths has every way to name an array.
func TestPaths(t *testing.T) {
	dir := t.TempDir()
	one := &Array{[]int{1}, []float32{1}}
	two := &Array{[]int{1}, []float32{2}}
	write := func(name string, arrays ...Named) {
		t.Helper()
		if err := WriteNPZ(filepath.Join(dir, name), arrays...); err != nil {
			t.Fatal(err)
		}
	}
	write("single.npz", Named{"only", one})
	write("pair.npz", Named{"a", one}, Named{"b", one})
	write("colon.npz", Named{"a", one}, Named{"b:c", two})
	write("pair.dat", Named{"a", one}, Named{"b", two})
	write("empty.npz")
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	files := map[string]*Array{"plain.npy": one, "plain.dat": two}
	if runtime.GOOS != "windows" { // Windows allows no colon in a name
		files["with:colon.npy"] = one
		files["pair.npz:b"] = two
		write("co:lon.npz", Named{"a", one}, Named{"b", two})
	}
	for name, a := range files {
		if err := WriteFile(filepath.Join(dir, name), a); err != nil {
			t.Fatal(err)
		}
	}
	good := map[string]float32{
		"plain.npy": 1, "plain.dat": 2,
		"single.npz": 1, "single.npz:only": 1, "single.npz:only.npy": 1, "single.npz:": 1,
		"pair.npz:a": 1, "pair.npz:a.npy": 1, "colon.npz:b:c": 2, "pair.dat:b": 2,
	}
	bad := map[string]string{
		"missing.npy":     "missing.npy: ",
		"missing.npz:key": "missing.npz:key: ",
		"pair.dat":        `pair.dat: the archive holds 2 arrays: want a key, as in archive.npz:key; the keys are "a", "b"`,
		"pair.dat:":       `want a key`,
		"pair.dat:x":      `pair.dat: the archive holds no array "x"; the keys are "a", "b"`,
		"plain.npy:key":   `plain.npy: want no key for a .npy file, got "key"`,
		"empty.npz":       `empty.npz: the archive holds no array: want an entry NAME.npy`,
		"folder:key":      "folder: want a .npy or .npz file, this is a folder",
		".":               "want a .npy or .npz file, this is a folder",
	}
	if runtime.GOOS != "windows" {
		good["with:colon.npy"] = 1
		good["pair.npz:b"] = 2 // the file with that name, not the archive
		good["co:lon.npz:b"] = 2
		bad["co:lon.npz"] = "co:lon.npz: the archive holds 2 arrays"
		bad["new\nline.npy"] = `new\nline.npy": `
	}
	for name, want := range good {
		t.Run(name, func(t *testing.T) {
			a, err := ReadFile(t.Context(), filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			wantArray(t, a, []int{1}, []float32{want})
		})
	}
	for name, want := range bad {
		t.Run(name, func(t *testing.T) {
			_, err := ReadFile(t.Context(), filepath.Join(dir, name))
			wantError(t, err, want)
			if missing := strings.HasPrefix(name, "missing"); missing && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%v, want os.ErrNotExist", err)
			}
		})
	}
}

// TestMemory: a reader keeps an array in Fortran order in memory, and no other array.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		shape   []int
		fortran bool
		want    float64
	}{{[]int{3, 4}, true, 48}, {[]int{3, 4}, false, 0}, {[]int{12}, true, 0}} {
		file := encodeArray(1, "<f8", c.fortran, c.shape)
		r, err := newReader(bytes.NewReader(file), int64(len(file)), "a.npy", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Memory(); got != c.want {
			t.Errorf("%v, Fortran order %v: %v bytes, want %v", c.shape, c.fortran, got, c.want)
		}
	}
}
