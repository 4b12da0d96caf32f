package npy

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzReadFile reads any bytes as a file. Nothing may panic. Allocations are proportional to the input: an archive may
// be inflated deflateRatio times, and one byte may become a float32, or two in Fortran order. An array that is read
// fills its shape, and is the same after it was written and read again.
func FuzzReadFile(f *testing.F) {
	// Only small inputs: the fuzzer would spend its time on making large ones smaller.
	for _, golden := range []string{"v1.npy", "v2.npy", "v3.npy", "float16.npz", "bzip2.npz"} {
		data, err := os.ReadFile("testdata/" + golden)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "")
		f.Add(data, "half")
	}
	small := encodeArray(2, ">f2", true, []int{2, 3})
	f.Add(small, "")
	f.Add(small[:len(small)-1], "")
	f.Add(rawEntry(f, zip.Store, small, nil), "a")
	f.Add(rawEntry(f, zip.Deflate, small, nil), "")
	f.Add(rawEntry(f, zip.Deflate, small, func(h *zip.FileHeader) { h.UncompressedSize64 = 1 << 40 }), "")
	f.Add([]byte{}, "")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, file []byte, key string) {
		var a *Array
		var err error
		grown := allocated(func() { a, err = read(file, key) })
		if most := uint64(2*4*deflateRatio*len(file) + 3*bufferSize); grown > most {
			t.Fatalf("allocated %d bytes for a file of %d", grown, len(file))
		}
		if err != nil {
			wantError(t, err, "npy: x")
			return
		}
		if err := a.check(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "a.npy")
		if err := WriteFile(path, a); err != nil {
			t.Fatal(err)
		}
		again, err := ReadFile(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		wantArray(t, again, a.Shape, a.Data)
	})
}

// FuzzHeader parses any text. The elements of an accepted header can be counted, and the header is the same after
// formatHeader has written it.
func FuzzHeader(f *testing.F) {
	for _, text := range []string{
		"{'descr': '<f4', 'fortran_order': False, 'shape': (5, 1, 48, 64), }          \n",
		`{"shape":(3L,),"fortran_order":True,"descr":"|u1"}`,
		"{'descr': '>i8', 'fortran_order': False, 'shape': ()}",
		"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (3,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3, -1)}",
		"{'descr': '|O', 'fortran_order': False, 'shape': (3)}",
		"", "{", "{}", "{'", "\x00",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHeader(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("error %q, want one line", err)
			}
			return
		}
		if n, err := elementCount(h.shape); err != nil || n != h.count || n < 0 {
			t.Fatalf("shape %v has %d elements, counted %d (%v)", h.shape, n, h.count, err)
		}
		again, err := parseHeader(string(formatHeader(h.shape)[10:]))
		if err != nil {
			t.Fatal(err)
		}
		if tuple(again.shape) != tuple(h.shape) || again.dtype.descr != "<f4" || again.fortran {
			t.Fatalf("%q is read again as %+v", text, again)
		}
	})
}
