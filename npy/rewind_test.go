package npy

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestRewind: an array is read again from its first element, from files of every kind. What float32 cannot hold counts
// once, however often it is read.
func TestRewind(t *testing.T) {
	values, shape := make([]float64, 20), []int{2, 10}
	for i := range values {
		values[i] = float64(i)
	}
	values[2], values[7], values[15] = 1e300, 1<<24+1, -1e300
	turned := make([]float64, len(values))
	want := make([]float32, len(values))
	for i, v := range values {
		turned[i], want[i] = values[cIndex(i, shape)], float32(v)
	}
	file := func(fortran string, values []float64) []byte {
		return rawFile(1, fmt.Sprintf("{'descr': '<f8', 'fortran_order': %s, 'shape': (2, 10), }\n", fortran),
			littleEndianBytes(t, values))
	}
	plain := file("False", values)
	for name, content := range map[string][]byte{"plain": plain, "Fortran": file("True", turned),
		"stored": rawEntry(t, zip.Store, plain, nil), "deflated": rawEntry(t, zip.Deflate, plain, nil)} {
		path := filepath.Join(t.TempDir(), "a")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		at, all := 0, Loss{Infinite: 2, Inexact: 1}
		read := func(n, done int, lost Loss) {
			t.Helper()
			got := make([]float32, n)
			if err := r.Read(got); err != nil || !slices.Equal(got, want[at:at+n]) {
				t.Errorf("%s: elements %d … %d are %v, %v", name, at, at+n, got, err)
			}
			if name == "Fortran" {
				lost = all // it was read whole
			}
			if at += n; r.Done() != done || r.Lost() != lost {
				t.Errorf("%s: %d done, lost %+v, want %d, %+v", name, r.Done(), r.Lost(), done, lost)
			}
		}
		rewind := func() {
			t.Helper()
			if err := r.Rewind(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			at = 0
		}
		rewind()
		read(10, 10, Loss{1, 1})
		rewind()
		read(5, 10, Loss{1, 1})
		if err := r.Skip(1); err != nil {
			t.Fatal(err)
		}
		at++
		read(14, 20, all)
		rewind()
		read(20, 20, all)
		if err := r.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantError(t, r.Rewind(), r.err.Error())
	}
}

// TestRewindRefuses: a file that now has another array, and an array that Open did not open.
func TestRewindRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	write := func(dtype string) {
		file := rawFile(1, fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (2,), }\n", dtype),
			make([]byte, 8))
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("<f4")
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	write("<i4")
	const rule = ": has changed: want <f4 [2] as before, got <i4 [2]"
	wantError(t, r.Rewind(), "npy: "+path+rule)
	wantError(t, r.Read(make([]float32, 1)), "npy: "+path+rule)
	raw, err := NewRaw(Raw{Name: "x", Shape: []int{1}, DType: "f4"})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, raw.Rewind(), "npy: x: want an array that Open opened, to read it again")
}
