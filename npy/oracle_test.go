package npy

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/sbinet/npyio"
	"github.com/sbinet/npyio/npz"
)

// TestOracleReads: npyio v0.9.0 reads what this package wrote.
func TestOracleReads(t *testing.T) {
	for _, shape := range [][]int{{7}, {3, 5}, {2, 3, 4}, {5, 1, 4, 6}} {
		data := goldenValues("f4", product(shape))
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := WriteFile(path, &Array{shape, data}); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := npyio.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		if d := r.Header.Descr; d.Type != "<f4" || d.Fortran {
			t.Errorf("npyio reads dtype %s, Fortran order %v", d.Type, d.Fortran)
		}
		var got []float32
		if err := r.Read(&got); err != nil {
			t.Fatal(err)
		}
		wantArray(t, &Array{r.Header.Descr.Shape, got}, shape, data)
	}
}

// TestOracleWrites: this package reads what npyio wrote, alone and in an archive.
func TestOracleWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	archive, err := npz.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	slices := map[string]any{
		"f4": []float32{-1, 0, 2.5}, "f8": []float64{-1, 0, 2.5},
		"i1": []int8{-1, 0, 3}, "i2": []int16{-1, 0, 3}, "i4": []int32{-1, 0, 3}, "i8": []int64{-1, 0, 3},
		"u1": []uint8{1, 0, 3}, "u2": []uint16{1, 0, 3}, "u4": []uint32{1, 0, 3}, "u8": []uint64{1, 0, 3},
		"b1": []bool{true, false, true},
	}
	for kind, slice := range slices {
		if err := archive.Write(kind+".npy", slice); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	for kind, slice := range slices {
		t.Run(kind, func(t *testing.T) {
			var file bytes.Buffer
			if err := npyio.Write(&file, slice); err != nil {
				t.Fatal(err)
			}
			alone, err := read(file.Bytes(), "")
			if err != nil {
				t.Fatal(err)
			}
			archived, err := ReadFile(t.Context(), path+":"+kind)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range []*Array{alone, archived} {
				want := fmt.Sprint(slice)
				if kind == "b1" {
					want = "[1 0 1]"
				}
				if got := fmt.Sprint(a.Data); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
}
