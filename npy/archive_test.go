package npy

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/whole"
)

// rawEntry makes an archive of one entry a.npy that holds data, deflated if method says so. alter changes what the
// archive claims about it.
func rawEntry(t testing.TB, method uint16, data []byte, alter func(*zip.FileHeader)) []byte {
	t.Helper()
	packed := data
	if method == zip.Deflate {
		packed = deflate(t, data)
	}
	head := &zip.FileHeader{
		Name: "a.npy", Method: method, CRC32: crc32.ChecksumIEEE(data),
		CompressedSize64: uint64(len(packed)), UncompressedSize64: uint64(len(data)),
	}
	if alter != nil {
		alter(head)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	entry, err := z.CreateRaw(head)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func deflate(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestMalformedArchive has archives with false claims. Opening and reading them allocates far less than they claim.
func TestMalformedArchive(t *testing.T) {
	good := encodeArray(1, "<f4", false, []int{2, 3})
	claim := func(n int) []byte { // a header for n bytes, and only 6 bytes
		return rawFile(1, fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%8d,)}", n), make([]byte, 6))
	}
	start := uint64(len(claim(0)) - 6)
	tests := []struct {
		name   string
		method uint16
		data   []byte
		alter  func(*zip.FileHeader)
		want   string
	}{
		{"not an array", zip.Store, []byte("hello, world"), nil, `the array starts with "hello,": want "\x93NUMPY"`},
		{"data cut", zip.Store, good[:len(good)-1], nil, "want 24 bytes of data, only 23 follow"},
		{"data trails", zip.Deflate, append(bytes.Clone(good), 1), nil, "want 24 bytes of data, 25 follow"},
		{"encrypted", zip.Store, good, func(h *zip.FileHeader) { h.Flags |= 1 }, "the entry is encrypted"},
		{"method 9", 9, good, nil, "zip method 9: want 0 (stored) or 8 (deflated)"},
		{"checksum", zip.Store, good, func(h *zip.FileHeader) { h.CRC32++ }, "checksum error"},
		{"checksum, deflated", zip.Deflate, good, func(h *zip.FileHeader) { h.CRC32++ }, "checksum error"},
		{"stored sizes differ", zip.Store, good, func(h *zip.FileHeader) { h.UncompressedSize64++ }, "is stored and has 94 bytes: want as many as the 95"},
		{"beyond the archive", zip.Store, good, func(h *zip.FileHeader) { h.CompressedSize64, h.UncompressedSize64 = 1<<40, 1<<40 },
			"has 1099511627776 bytes from byte 35 on: the archive ends after 230"},
		{"beyond all files", zip.Store, good, func(h *zip.FileHeader) {
			h.CompressedSize64, h.UncompressedSize64 = math.MaxUint64-1, math.MaxUint64-1
		}, "the archive ends after 230"},
		{"inflates more than claimed", zip.Deflate, append(claim(6), make([]byte, 1<<20)...),
			func(h *zip.FileHeader) { h.UncompressedSize64 = start + 6 }, "zip"},
		{"inflates less than claimed", zip.Deflate, claim(1e4),
			func(h *zip.FileHeader) { h.UncompressedSize64 = start + 1e4 }, "unexpected EOF"},
		{"claims more than deflate can", zip.Deflate, claim(99e6),
			func(h *zip.FileHeader) { h.UncompressedSize64 = start + 99e6 }, "want at most 1032 times as many"},
		{"claims 2⁶⁴ bytes", zip.Deflate, claim(1e4),
			func(h *zip.FileHeader) { h.UncompressedSize64 = math.MaxUint64 - 1 }, "want at most 1032 times as many"},
		{"not deflated", zip.Store, good, func(h *zip.FileHeader) { h.Method = zip.Deflate }, "unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := rawEntry(t, tt.method, tt.data, tt.alter)
			grown := allocated(func() {
				_, err := read(file, "")
				wantError(t, err, tt.want)
			})
			if grown > 1<<18 { // archive/zip and an inflater take about 50 kB
				t.Errorf("allocated %d bytes for an archive of %d", grown, len(file))
			}
		})
	}
}

// TestEveryArchiveCut cuts a good archive at each byte.
func TestEveryArchiveCut(t *testing.T) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		good := rawEntry(t, method, encodeArray(1, "<f4", true, []int{2, 3}), nil)
		if _, err := read(good, ""); err != nil {
			t.Fatal(err)
		}
		for n := range good {
			if _, err := read(good[:n], ""); err == nil {
				t.Errorf("method %d cut to %d of %d bytes: no error", method, n, len(good))
			}
		}
	}
}

// TestInflate: zeros, which deflate compresses best, stay within deflateRatio.
func TestInflate(t *testing.T) {
	const n = 1 << 20
	file := rawEntry(t, zip.Deflate, rawFile(1, fmt.Sprintf(
		"{'descr': '<f4', 'fortran_order': False, 'shape': (%d,)}", n), make([]byte, 4*n)), nil)
	a, err := read(file, "a")
	if err != nil {
		t.Fatal(err)
	}
	wantArray(t, a, []int{n}, make([]float32, n))
	if ratio := 4 * n / len(file); ratio < 900 { // close to the limit of 1032, or the test shows little
		t.Errorf("the archive is packed only %d times", ratio)
	}
}

// TestEntries has archives with bad names.
func TestEntries(t *testing.T) {
	archive := func(names ...string) []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for i, name := range names {
			entry, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, "/") {
				continue
			}
			if _, err := entry.Write(encodeArray(1, "<f4", false, []int{i})); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	var many []string
	for i := range 25 {
		many = append(many, fmt.Sprintf("k%d.npy", i))
	}
	tests := []struct {
		name string
		file []byte
		key  string
		size int // of the array that is found; it is the position in the archive
		want string
	}{
		{"a name without .npy", archive("x.npy", "a"), "a", 1, ""},
		{"the exact name first", archive("a.npy.npy", "a.npy"), "a.npy", 1, ""},
		{"the exact name first, without .npy", archive("a.npy", "a"), "a", 1, ""},
		{"other files do not count", archive("readme.txt", "a.npy", "folder/"), "", 1, ""},
		{"in a folder", archive("b.npy", "folder/a.npy"), "folder/a", 1, ""},
		{"not ASCII", archive("b.npy", "räumlich.npy"), "räumlich", 1, ""},
		{"twice", archive("a.npy", "a.npy"), "a", 0, `the archive holds 2 entries "a": want one`},
		{"many", archive(many...), "", 0, `"k19" and 5 more`},
		{"line feed", archive("a\nb.npy", "c.npy"), "", 0, `"a\nb", "c"`},
		{"no arrays", archive("readme.txt"), "", 0, "the archive holds no array"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := read(tt.file, tt.key)
			if tt.want != "" {
				wantError(t, err, tt.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantArray(t, a, []int{tt.size}, goldenValues("f4", tt.size))
		})
	}
}

func TestWriteNPZ(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npz")
	arrays := []Named{
		{"weights", &Array{[]int{2, 1, 2, 2}, goldenValues("f4", 8)}},
		{"bias.npy", &Array{[]int{2}, goldenValues("f4", 2)}},
		{"folder/räumlich", &Array{nil, goldenValues("f4", 1)}},
		{"none", &Array{[]int{0, 3}, nil}},
	}
	if err := WriteNPZ(path, arrays...); err != nil {
		t.Fatal(err)
	}
	for _, want := range arrays {
		got, err := ReadFile(t.Context(), path+":"+want.Name)
		if err != nil {
			t.Fatal(err)
		}
		wantArray(t, got, want.Array.Shape, want.Array.Data)
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteNPZ(path, arrays...); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, first) {
		t.Errorf("the same arrays give other bytes (%v)", err)
	}
	wantFiles(t, dir, "a.npz")
	wantTimes(t, path)
}

// wantTimes requires that all entries have the first date of the zip format.
func wantTimes(t *testing.T, path string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if got := f.Modified.UTC().Format("2006-01-02"); got != "1980-01-01" {
			t.Errorf("%s is of %s", f.Name, got)
		}
	}
}

func TestWriteNPZRefuses(t *testing.T) {
	one := &Array{[]int{1}, []float32{1}}
	tests := []struct {
		name   string
		arrays []Named
		want   string
	}{
		{"empty name", []Named{{"a", one}, {"", one}}, `the name of array 1 is "": want a key`},
		{"only .npy", []Named{{".npy", one}}, `the name of array 0 is ".npy": want a key`},
		{"twice", []Named{{"a", one}, {"a", one}}, `two arrays have the name "a"`},
		{"twice but for .npy", []Named{{"a", one}, {"a.npy", one}}, `two arrays have the name "a"`},
		{"not UTF-8", []Named{{"\xff", one}}, "want UTF-8"},
		{"too long", []Named{{strings.Repeat("a", 65532), one}}, "want UTF-8 of at most 65531 bytes"},
		{"no array", []Named{{"a", nil}}, `array "a": array nil`},
		{"wrong shape", []Named{{"a", &Array{[]int{2}, []float32{1}}}}, `array "a": shape [2]: want 2 elements, the array holds 1`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			wantError(t, WriteNPZ(filepath.Join(dir, "a.npz"), tt.arrays...), tt.want)
			wantFiles(t, dir)
		})
	}
	longest := strings.Repeat("a", 65531)
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := WriteNPZ(path, Named{longest, one}); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(t.Context(), path+":"+longest); err != nil {
		t.Fatal(err)
	}
}

// TestWriteNPZFails: if the file cannot be written, nothing of the archive is left.
func TestWriteNPZFails(t *testing.T) {
	dir := t.TempDir()
	file, err := whole.Create(filepath.Join(dir, "a.npz"))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Discard(); err != nil {
		t.Fatal(err)
	}
	if err := writeArchive(file, []Named{{"a", &Array{[]int{1}, []float32{1}}}}); err == nil {
		t.Fatal("no error")
	}
	wantFiles(t, dir)
}
