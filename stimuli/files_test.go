package stimuli

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gpuconv/conv"
)

func writeGrey(t *testing.T, path string, rows, columns int, level uint8) {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, columns, rows))
	for i := range picture.Pix {
		picture.Pix[i] = level
	}
	picture.SetGray(0, 0, color.Gray{Y: 255})
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFiles: the images of a folder in the order of their names, without the other files and folders beside them.
func TestFiles(t *testing.T) {
	folder := t.TempDir()
	for i, name := range []string{"c.png", "a.PNG", "b.png"} {
		writeGrey(t, filepath.Join(folder, name), 2, 3, uint8(51*i))
	}
	if err := os.WriteFile(filepath.Join(folder, "notes.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.png"), 0o777); err != nil {
		t.Fatal(err)
	}
	set, err := OpenFiles(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if set.Shape() != (conv.Shape{3, 1, 2, 3}) {
		t.Fatalf("shape %v", set.Shape())
	}
	images := drawn(t, set)
	for i, want := range []float32{0.2, 0.4, 0} {
		if got := images.Plane(i, 0); got[0] != 1 || got[5] != want {
			t.Errorf("%s is %v, want 1 and %v", set.Title(i), got, want)
		}
	}
	if table, err := set.Table(); err != nil || table.Check() != nil ||
		strings.Join(table.Column("file").Words, " ") != "a.PNG b.png c.png" {
		t.Errorf("table %+v, %v", table, err)
	}
	writeGrey(t, filepath.Join(folder, "b.png"), 2, 4, 0)
	if err := set.Draw(images, 0); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("of a file that has changed: %v", err)
	}
	above := t.TempDir()
	if err := os.Mkdir(filepath.Join(above, "cats"), 0o777); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{above: ".webp files, or one of the folders in it",
		folder:      "2×4 pixels: want 2×3 as in",
		t.TempDir(): "want a folder with .png", filepath.Join(folder, "none"): "no such file"} {
		if _, err := OpenFiles(t.Context(), path, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
}

// TestFilesMemory: decoding takes as much memory as the images that are decoded at a time.
func TestFilesMemory(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		writeGrey(t, filepath.Join(folder, name), 100, 100, 7)
	}
	one, err := OpenFiles(t.Context(), filepath.Join(folder, "a.png"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := OpenFiles(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := one.Memory() * float64(min(3, runtime.GOMAXPROCS(0)))
	if one.Memory() < 100*100 || all.Memory() != want {
		t.Errorf("%v bytes for one image, %v for three, want %v", one.Memory(), all.Memory(), want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done, err := OpenFiles(ctx, folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	images, err := conv.NewTensor(done.Shape())
	if err != nil {
		t.Fatal(err)
	}
	if err := done.Draw(images, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context is done: %v", err)
	}
}
