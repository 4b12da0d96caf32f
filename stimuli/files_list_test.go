package stimuli

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestFilesList: the list of a folder of pictures takes as much memory as TableMemory says, or less.
func TestFilesList(t *testing.T) {
	const n = 3000
	folder := t.TempDir()
	first := filepath.Join(folder, "picture-00000000.png")
	file, err := os.Create(first)
	if err == nil {
		if err = png.Encode(file, image.NewGray(image.Rect(0, 0, 2, 2))); err == nil {
			err = file.Close()
		}
	}
	for i := 1; i < n && err == nil; i++ {
		err = os.Link(first, filepath.Join(folder, fmt.Sprintf("picture-%08d.png", i)))
	}
	if err != nil {
		t.Skip(err) // no second names for files
	}
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := used()
	f, err := OpenFiles(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	each := (float64(used()) - float64(before)) / n
	t.Logf("%.0f bytes an image", each)
	if f.Shape().N() != n || each > itemBytes {
		t.Errorf("%v images of %.0f bytes, want %d of %d at most", f.Shape(), each, n, itemBytes)
	}
	runtime.KeepAlive(f)
}
