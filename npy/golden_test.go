package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files in testdata were made by NumPy 1.24.2 with testdata/make_goldens.py.

func TestGoldenDTypes(t *testing.T) {
	shape := []int{2, 3, 4}
	for _, descr := range allDTypes() {
		for _, order := range []string{"C", "F"} {
			t.Run(descr+" "+order, func(t *testing.T) {
				r, err := Open(t.Context(), "testdata/dtypes.npz:"+descr+" "+order)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if r.DType() != descr {
					t.Errorf("dtype %s, want %s", r.DType(), descr)
				}
				if fortran := order == "F"; r.header.fortran != fortran {
					t.Errorf("fortran order is %v, want %v", r.header.fortran, fortran)
				}
				a, err := r.Array()
				if err != nil {
					t.Fatal(err)
				}
				wantArray(t, a, shape, goldenValues(descr[1:], 24))
			})
		}
	}
}

func TestGoldenRanks(t *testing.T) {
	for _, shape := range [][]int{{}, {5}, {3, 2}, {2, 3, 2}, {2, 1, 3, 2}, {2, 1, 3, 1, 2}, {0}, {2, 0, 3}} {
		for _, order := range []string{"C", "F"} {
			key := order + strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", "x")
			t.Run(key, func(t *testing.T) {
				a, err := ReadFile(t.Context(), "testdata/ranks.npz:"+key)
				if err != nil {
					t.Fatal(err)
				}
				wantArray(t, a, shape, goldenValues("f4", product(shape)))
			})
		}
	}
}

func TestGoldenVersions(t *testing.T) {
	for _, version := range []string{"v1", "v2", "v3"} {
		t.Run(version, func(t *testing.T) {
			a, err := ReadFile(t.Context(), "testdata/"+version+".npy")
			if err != nil {
				t.Fatal(err)
			}
			wantArray(t, a, []int{2, 3, 4}, goldenValues("f4", 24))
		})
	}
}

// TestGoldenFloat16 compares float16 with NumPy's conversion, bit by bit.
func TestGoldenFloat16(t *testing.T) {
	half, err := ReadFile(t.Context(), "testdata/float16.npz:half")
	if err != nil {
		t.Fatal(err)
	}
	single, err := ReadFile(t.Context(), "testdata/float16.npz:single")
	if err != nil {
		t.Fatal(err)
	}
	wantArray(t, half, single.Shape, single.Data)
}

// TestGoldenRefused: the keys are names of dtypes, and each error names its own dtype.
func TestGoldenRefused(t *testing.T) {
	for key, want := range map[string]string{
		"object":     `dtype "|O" (object): want f2, f4, f8, i1`,
		"complex":    `dtype "<c8" (complex): want f2`,
		"bytes":      `dtype "|S3" (bytes): want f2`,
		"string":     `dtype "<U3" (string): want f2`,
		"void":       `dtype "|V3" (void): want f2`,
		"datetime":   `dtype "<M8[s]" (datetime): want f2`,
		"timedelta":  `dtype "<m8[s]" (timedelta): want f2`,
		"structured": `structured dtype "[('a', '<f4'), ('b', '<i2')]`,
		"longdouble": `dtype "<f16": want f2`,
	} {
		t.Run(key, func(t *testing.T) {
			_, err := ReadFile(t.Context(), "testdata/refused.npz:"+key)
			wantError(t, err, "npy: testdata/refused.npz:"+key+": header: ")
			wantError(t, err, want)
		})
	}
	_, err := ReadFile(t.Context(), "testdata/bzip2.npz")
	wantError(t, err, "zip method 12: want 0 (stored) or 8 (deflated)")
}

// TestGoldenHeaders: formatHeader writes NumPy's header of each shape, byte by byte.
func TestGoldenHeaders(t *testing.T) {
	file, err := os.ReadFile("testdata/headers.bin")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for len(file) > 0 {
		length := 10 + int(binary.LittleEndian.Uint16(file[8:]))
		want := file[:length]
		file = file[length:]
		h, err := parseHeader(string(want[10:]))
		if err != nil {
			t.Fatal(err)
		}
		if got := formatHeader(h.shape); !bytes.Equal(got, want) {
			t.Errorf("shape %v:\n got %q\nwant %q", h.shape, got, want)
		}
		count++
	}
	if want := 21 + 1 + 5 + 13 + 12; count != want { // as many as make_goldens.py lists
		t.Errorf("%d headers, want %d", count, want)
	}
}

// TestGoldenFile: a whole file equals NumPy's, byte by byte.
func TestGoldenFile(t *testing.T) {
	want, err := os.ReadFile("testdata/v1.npy")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := WriteFile(path, &Array{Shape: []int{2, 3, 4}, Data: goldenValues("f4", 24)}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// TestGoldenArchive: the entries of an archive equal those of numpy.savez.
func TestGoldenArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	shapes := map[string][]int{"C5": {5}, "C2x1x3x2": {2, 1, 3, 2}, "C": {}}
	var arrays []Named
	for key, shape := range shapes {
		arrays = append(arrays, Named{key, &Array{shape, goldenValues("f4", product(shape))}})
	}
	if err := WriteNPZ(path, arrays...); err != nil {
		t.Fatal(err)
	}
	for key := range shapes {
		got, want := entryBytes(t, path, key+".npy"), entryBytes(t, "testdata/ranks.npz", key+".npy")
		if !bytes.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", key, got, want)
		}
	}
}

func entryBytes(t *testing.T, path, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestFloat16 computes all 65,536 float16 from the definition of binary16.
func TestFloat16(t *testing.T) {
	for bits := range 1 << 16 {
		sign := float64(1 - 2*(bits>>15))
		exponent, fraction := bits>>10&0x1f, float64(bits&0x3ff)
		want := sign * math.Ldexp(1+fraction/1024, exponent-15)
		switch {
		case exponent == 0:
			want = sign * math.Ldexp(fraction, -24)
			if fraction == 0 {
				want = math.Copysign(0, sign)
			}
		case exponent == 31 && fraction == 0:
			want = math.Inf(int(sign))
		case exponent == 31:
			want = math.NaN()
		}
		got := float64(float16(uint16(bits)))
		if math.IsNaN(want) != math.IsNaN(got) || !math.IsNaN(want) && math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%#04x is %v, want %v", bits, got, want)
		}
	}
}
