package npy

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gpuconv/whole"
)

// TestIdentify: the arrays of an archive have different identities, and so have files of other content with the same
// name, size and time.
func TestIdentify(t *testing.T) {
	then, seen := time.Unix(1e9, 0), map[string]string{}
	look := func(what, path, key string, write func(path string) error) {
		if err := write(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		text := identityOf(t, path+key)
		if other, found := seen[text]; found {
			t.Errorf("%s is taken for %s: %s", what, other, text)
		}
		seen[text] = what
		if again := identityOf(t, path+key); again != text {
			t.Errorf("%s: %s, then %s", what, text, again)
		}
	}
	dir := t.TempDir()
	for _, value := range []string{"1", "2"} {
		a := &Array{Shape: []int{2, 3}, Data: []float32{0, 0, 0, float32(value[0]), 0, 0}}
		two := func(path string) error { return WriteNPZ(path, Named{"v1/x", a}, Named{"v2/x", a}) }
		look("a.npy "+value, filepath.Join(dir, "a.npy"), "", func(path string) error { return WriteFile(path, a) })
		look("v1/x "+value, filepath.Join(dir, "a.npz"), ":v1/x", two)
		look("v2/x "+value, filepath.Join(dir, "a.npz"), ":v2/x", two)
		look("a.zarr.zip "+value, filepath.Join(dir, "a.zarr.zip"), "", func(path string) error {
			file, err := whole.Create(path)
			if err != nil {
				return err
			}
			w, err := Format{Kind: Zarr, Chunk: 1}.NewWriter(file, "a", 2, 3)
			if err == nil {
				err = w.Write(a.Data)
			}
			if err == nil {
				err = w.Close()
			}
			return err
		})
	}
}

func identityOf(t *testing.T, path string) string {
	t.Helper()
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var text bytes.Buffer
	if err := r.Identify(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestReadChanged: reading fails if the file was changed since Identify, whatever the order of the array.
func TestReadChanged(t *testing.T) {
	for _, fortran := range []string{"False", "True"} {
		path := filepath.Join(t.TempDir(), "a.npy")
		write := func(first byte) {
			head := fmt.Sprintf("{'descr': '|u1', 'fortran_order': %s, 'shape': (2, 3)}", fortran)
			if err := os.WriteFile(path, rawFile(1, head, []byte{first, 2, 3, 4, 5, 6}), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		write(1)
		r, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := r.Identify(io.Discard); err != nil {
			t.Fatal(err)
		}
		write(9)
		if err := r.Read(make([]float32, 3)); err == nil || !strings.Contains(err.Error(), path+": has changed") {
			t.Errorf("Fortran order %s: %v, want it to be refused", fortran, err)
		}
	}
}
