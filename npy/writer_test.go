package npy

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRoundTrip writes any bits in pieces of any size, and reads them back.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 5).Draw(t, "shape")
		bits := rapid.SliceOfN(rapid.Uint32(), product(shape), product(shape)).Draw(t, "bits")
		data := make([]float32, len(bits))
		for i, b := range bits {
			data[i] = math.Float32frombits(b)
		}
		path := filepath.Join(dir, "a.npy")
		w, err := Create(path, shape...)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		if rapid.Bool().Draw(t, "as a big-endian machine does") {
			w.elements.scratch = make([]byte, 12)
		}
		inPieces(t, w, data, func(left int) int { return rapid.IntRange(0, left).Draw(t, "piece") })
		a, err := ReadFile(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		wantArray(t, a, shape, data)
		if err := WriteNPZ(path, Named{"a", a}); err != nil {
			t.Fatal(err)
		}
		if a, err = ReadFile(t.Context(), path+":a"); err != nil {
			t.Fatal(err)
		}
		wantArray(t, a, shape, data)
	})
	wantFiles(t, dir, "a.npy")
}

// TestWritePast: small and large pieces reach the file in their order.
func TestWritePast(t *testing.T) {
	pieces := []int{1, bufferSize, 3, bufferSize/16 - 1, bufferSize / 16, bufferSize / 16, 2, 5, bufferSize/8 + 1}
	var data []float32
	for _, n := range pieces {
		for range n {
			data = append(data, float32(len(data)))
		}
	}
	path := filepath.Join(t.TempDir(), "a.npy")
	w, err := Create(path, len(data))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	next := 0
	inPieces(t, w, data, func(int) int { next++; return pieces[next-1] })
	a, err := ReadFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	wantArray(t, a, []int{len(data)}, data)
}

// inPieces writes data and closes w. size says how many of those that are left are in the next piece.
func inPieces(t rapid.TB, w *Writer, data []float32, size func(left int) int) {
	t.Helper()
	for rest := data; len(rest) > 0; {
		n := size(len(rest))
		if err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWriteStreams writes 64 MiB in pieces and measures the memory that this allocates.
func TestWriteStreams(t *testing.T) {
	const pieces, size = 256, 64 << 10
	path := filepath.Join(t.TempDir(), "a.npy")
	piece := make([]float32, size)
	grown := allocated(func() {
		w, err := Create(path, pieces, size)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		for i := range pieces {
			piece[0] = float32(i)
			if err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
	if grown > 2*bufferSize { // the buffer and what creating takes
		t.Errorf("allocated %d bytes, want at most %d", grown, 2*bufferSize)
	}
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range pieces {
		if err := r.Read(piece); err != nil {
			t.Fatal(err)
		}
		if piece[0] != float32(i) {
			t.Fatalf("piece %d starts with %v", i, piece[0])
		}
	}
}

func TestWriteTooMuch(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npy")
	w, err := Create(path, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	data := goldenValues("f4", 6)
	if err := w.Write(data[:4]); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.Write(data[:3]), "a.npy: want at most 2 elements, that many are left of shape [2 3], got 3")
	if err := w.Write(data[4:]); err != nil { // the refused write has written nothing
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the path is there before Close (%v)", err)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(nil); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("after Close: %v, want os.ErrClosed", err)
	}
	a, err := ReadFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	wantArray(t, a, []int{2, 3}, data)
	wantFiles(t, dir, "a.npy")
}

// TestUnfinished has every way to leave a file unfinished. Each leaves the old file, if there is one, and nothing else.
func TestUnfinished(t *testing.T) {
	ways := []struct {
		name string
		end  func(t *testing.T, w *Writer, path string)
	}{
		{"Close with too few", func(t *testing.T, w *Writer, path string) {
			for range 2 {
				wantError(t, w.Close(), "a.npy: want 2 more elements for shape [2 3]")
			}
		}},
		{"Abort", func(t *testing.T, w *Writer, path string) {
			for range 2 {
				if err := w.Abort(); err != nil {
					t.Fatal(err)
				}
			}
			wantError(t, w.Close(), "a.npy: given up before it was complete")
			wantError(t, w.Write(nil), "a.npy: given up")
		}},
		{"the file fails", func(t *testing.T, w *Writer, path string) {
			_ = w.file.Discard()                                // closes it
			if err := w.Write(make([]float32, 2)); err != nil { // it waits in the buffer
				t.Fatal(err)
			}
			for range 2 {
				wantError(t, w.Close(), "a.npy: file already closed")
			}
		}},
		{"the file fails under Write", func(t *testing.T, w *Writer, path string) {
			_ = w.file.Discard() // closes it
			if err := w.out.Flush(); err == nil {
				t.Fatal("no error")
			}
			for range 2 {
				wantError(t, w.Write(make([]float32, 2)), "a.npy: file already closed")
			}
			wantError(t, w.Close(), "a.npy: file already closed")
		}},
	}
	for _, way := range ways {
		for _, exists := range []bool{false, true} {
			name := way.name + map[bool]string{false: ", new", true: ", old"}[exists]
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, "a.npy")
				if exists {
					if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				w, err := Create(path, 2, 3)
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Write(make([]float32, 4)); err != nil {
					t.Fatal(err)
				}
				way.end(t, w, path)
				if !exists {
					wantFiles(t, dir)
					return
				}
				wantFiles(t, dir, "a.npy")
				if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
					t.Errorf("the old file holds %q (%v)", got, err)
				}
			})
		}
	}
}

// TestRenameFails: somebody makes a folder with the array's name while it is written.
func TestRenameFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npy")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]float32{1}); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.Close(), "a.npy: ")
	wantFiles(t, dir, "a.npy")
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path string
		shape      []int
		want       string
	}{
		{"missing folder", filepath.Join(dir, "missing", "a.npy"), []int{1}, "a.npy: "},
		{"a file as folder", filepath.Join(file, "a.npy"), []int{1}, "a.npy: "},
		{"a folder", dir, []int{1}, "want a file or a new name, this is a folder"},
		{"no name", "", []int{1}, `npy: "": want the name of a file, it is empty`},
		{"negative", file, []int{2, -1}, "file: shape [2 -1]: extent -1 is negative"},
		{"overflow", file, []int{1 << 31, 1 << 31, 1 << 31}, "the product of the extents"},
		{"too large", file, []int{1 << 30, 1 << 30}, "do not fit in the address space"},
		{"over 64 TiB", file, []int{1 << 44, 2}, "do not fit in the address space"},
		{"long name", filepath.Join(dir, strings.Repeat("a", 300)), []int{1}, "aaa: "}, // systems allow 255 bytes
		{"too many", file, make([]int, 65), "a shape of 65 dimensions: want at most 64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(dir) // where the hidden file of an empty path would be
			_, err := Create(tt.path, tt.shape...)
			wantError(t, err, tt.want)
			wantFiles(t, dir, "file")
		})
	}
	wantError(t, WriteFile(file, &Array{[]int{2}, nil}), "file: shape [2]: want 2 elements, the array holds 0")
	wantError(t, WriteFile(file, nil), "file: array nil")
	wantFiles(t, dir, "file")
	if got, err := os.ReadFile(file); err != nil || string(got) != "old" {
		t.Errorf("the old file holds %q (%v)", got, err)
	}
}

// TestSpecialFile: a path that is not a regular file stays as it is. The test uses a socket, because root might one day
// remove os.DevNull.
func TestSpecialFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a socket is not an entry of a folder")
	}
	dir := t.TempDir()
	t.Chdir(dir) // a short path: a socket's has about 100 bytes
	l, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	one := &Array{[]int{1}, []float32{1}}
	const want = "npy: socket: want a file or a new name, this is a device, pipe or socket"
	wantError(t, WriteFile("socket", one), want)
	wantError(t, WriteNPZ("socket", Named{"a", one}), want)
	_, err = ReadFile(t.Context(), "socket")
	wantError(t, err, "npy: socket: want a .npy or .npz file, this is a socket")
	if info, err := os.Lstat("socket"); err != nil || info.Mode()&fs.ModeSocket == 0 {
		t.Errorf("the socket is gone (%v)", err)
	}
	wantFiles(t, dir, "socket")
}

// TestPermissions: a new file has the permissions that os.Create gives, and a replaced file keeps its own.
func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes")
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	f, err := os.Create(plain)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	wantMode := func(path string, want fs.FileMode) {
		t.Helper()
		if err := WriteFile(path, &Array{[]int{1}, []float32{1}}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("mode %v, want %v", info.Mode(), want)
		}
	}
	info, err := os.Stat(plain)
	if err != nil {
		t.Fatal(err)
	}
	wantMode(filepath.Join(dir, "a.npy"), info.Mode())
	for _, mode := range []fs.FileMode{0o600, 0o666, 0o640} {
		if err := os.Chmod(plain, mode); err != nil {
			t.Fatal(err)
		}
		wantMode(plain, mode)
	}
	if os.Geteuid() == 0 {
		return // for root nothing is read-only
	}
	if err := os.Chmod(plain, 0o444); err != nil {
		t.Fatal(err)
	}
	wantError(t, WriteFile(plain, &Array{[]int{0}, nil}), "plain: permission denied")
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o777)
	wantError(t, WriteFile(filepath.Join(dir, "b.npy"), &Array{[]int{0}, nil}), "b.npy: permission denied")
}

// TestLink: if the path is a link, its target is replaced, and the link stays.
func TestLink(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	file, link := filepath.Join(other, "a.npy"), filepath.Join(dir, "link.npy")
	if err := os.WriteFile(file, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	if err := WriteFile(link, &Array{[]int{1}, []float32{7}}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.Readlink(link); err != nil || got != file {
		t.Fatalf("the link is %q (%v)", got, err)
	}
	a, err := ReadFile(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	wantArray(t, a, []int{1}, []float32{7})
	wantFiles(t, dir, "link.npy")
	wantFiles(t, other, "a.npy")
}

// TestWriteFloats: on machines where both ways are right, conversion gives the bytes that are in memory.
func TestWriteFloats(t *testing.T) {
	data := []float32{0, 1, -2.5, float32(math.Inf(1)), math.Float32frombits(0x7f812345)} // the last a signalling NaN
	want := littleEndianBytes(t, data)
	for _, scratch := range [][]byte{make([]byte, 4), make([]byte, 8), make([]byte, 100), newScratch()} {
		var got bytes.Buffer
		if err := writeFloats(&got, data, scratch); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("through %d bytes: % x, want % x", len(scratch), got.Bytes(), want)
		}
	}
}
