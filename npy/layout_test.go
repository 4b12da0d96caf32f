package npy

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gpuconv/whole"
)

// written returns the file of an array as NewWriter writes it.
func written(t *testing.T, f Format, data []float32, shape []int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a")
	file, err := whole.Options{NoSync: true}.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.NewWriter(file, "activations", shape...)
	if err == nil {
		if err = w.Write(data); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// laid writes the same file with a Layout: its parts in any order, and then the frame.
func laid(t *testing.T, f Format, data []float32, shape []int, part int) []byte {
	t.Helper()
	l, err := f.Layout("activations", shape...)
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte{0xaa}, int(l.Size())) // as a former process may have left it
	row, regions := len(data)/shape[0], make([]Sums, l.Regions())
	type done struct {
		Piece
		Sums
	}
	var all []done
	for first := 0; first < shape[0]; first += part {
		var elements bytes.Buffer
		n := min(part, shape[0]-first)
		if err := f.NewEncoder(&elements).Write(data[first*row : (first+n)*row]); err != nil {
			t.Fatal(err)
		}
		for _, p := range l.Pieces(first, n) {
			d := done{Piece: p}
			bytes := elements.Next(int(p.Bytes))
			d.Add(bytes)
			copy(text[p.At:], bytes)
			all = append(all, d)
		}
	}
	for _, d := range all {
		regions[d.Region].Join(d.Sums, d.Bytes)
	}
	sum, err := l.WriteFrame(inMemory(text), regions)
	if err != nil {
		t.Fatal(err)
	}
	if want := whole.Checksum(0, text); sum != want {
		t.Errorf("%v: checksum %08x, want %08x", f, sum, want)
	}
	return text
}

type inMemory []byte

func (m inMemory) WriteAt(p []byte, at int64) (int, error) { return copy(m[at:], p), nil }

// TestLayout: a file that is written in parts has the bytes of one that is written from its start to its end.
func TestLayout(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 1))
	for _, f := range []Format{{}, {Half: true}, {Kind: NPZ}, {Kind: NPZ, Half: true}, {Kind: Zarr, Chunk: 4},
		{Kind: Zarr, Chunk: 3, Half: true, Axes: []string{"image", "channel", "row", "column"}},
		{Kind: Zarr, Chunk: 1}, {Kind: Zarr, Chunk: 100}} {
		for _, shape := range [][]int{{11, 2, 3, 5}, {12, 1, 1, 1}, {1, 2, 40, 50}} {
			data := make([]float32, shape[0]*shape[1]*shape[2]*shape[3])
			for i := range data {
				data[i] = r.Float32()
			}
			want := written(t, f, data, shape)
			for _, part := range []int{1, 2, 3, 5, 100} {
				if got := laid(t, f, data, shape, part); !slices.Equal(got, want) {
					t.Errorf("%v of %v in parts of %d: other bytes", f, shape, part)
				}
			}
		}
	}
	if _, err := (Format{}).Layout("a", 0, 3); err == nil {
		t.Error("no error for no elements")
	}
}

// TestLargeLayout: the directory of an archive of more than 4 GiB is that of 64 bits.
func TestLargeLayout(t *testing.T) {
	for _, f := range []Format{{Kind: NPZ}, {Kind: Zarr, Chunk: 3}, {Kind: Zarr, Chunk: 1}} {
		l, err := f.Layout("activations", 3, 1, 1<<15, 1<<15)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a"+f.Name(""))
		file, err := os.Create(path) // of holes
		if err == nil {
			_, err = l.WriteFrame(file, make([]Sums, l.Regions()))
		}
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		a, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(a.Shape()); got != "[3 1 32768 32768]" {
			t.Errorf("%v: shape %s", f, got)
		}
		a.Close()
		z, err := zip.OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := z.File[len(z.File)-1].ReaderVersion; got != 45 { // as NewWriter has it
			t.Errorf("%v: version %d, want 45", f, got)
		}
		z.Close()
	}
}

// TestNoAxis: what is cut along the first axis refuses a shape without axes.
func TestNoAxis(t *testing.T) {
	const want = "a shape without axes: want at least one"
	for _, kind := range []Kind{NPY, NPZ, Zarr} {
		_, err := Format{Kind: kind}.Layout("a")
		wantError(t, err, "npy: a: "+want)
	}
	path := filepath.Join(t.TempDir(), "a.zarr.zip")
	file, err := whole.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Format{Kind: Zarr, Chunk: 1}.NewWriter(file, "a")
	wantError(t, err, "npy: "+path+": "+want)
}
