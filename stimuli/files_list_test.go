package stimuli

import (
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/image/tiff"
)

// TestFilesList: the list of a folder of pictures takes as much memory as TableMemory says, or less.
func TestFilesList(t *testing.T) {
	const n = 3000
	grey := image.NewGray(image.Rect(0, 0, 2, 2))
	for kind, encode := range map[string]func(w io.Writer) error{
		"png": func(w io.Writer) error { return png.Encode(w, grey) },
		"tif": func(w io.Writer) error { return tiff.Encode(w, grey, nil) },
	} {
		t.Run(kind, func(t *testing.T) {
			folder := t.TempDir()
			first := filepath.Join(folder, "picture-00000000."+kind)
			file, err := os.Create(first)
			if err == nil {
				if err = encode(file); err == nil {
					err = file.Close()
				}
			}
			for i := 1; i < n && err == nil; i++ {
				err = os.Link(first, filepath.Join(folder, fmt.Sprintf("picture-%08d.%s", i, kind)))
			}
			if err != nil {
				t.Skip(err) // no second names for files
			}
			before := heap()
			f, err := OpenFiles(t.Context(), folder, Options{})
			if err == nil {
				err = f.Identify(io.Discard) // remembers each file
			}
			if err != nil {
				t.Fatal(err)
			}
			each, most := (float64(heap())-float64(before))/n, f.listBytes()/n
			t.Logf("%.0f bytes an image, estimated %.0f", each, most)
			if f.Shape().N() != n || each > most || most > 2*each {
				t.Errorf("%v images of %.0f bytes, want %d of %.0f at most", f.Shape(), each, n, most)
			}
			runtime.KeepAlive(f)
		})
	}
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
