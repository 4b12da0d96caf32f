package stimuli

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gpuconv/conv"
	"gpuconv/npy"
)

// arrayFile writes an array of images whose pixels count up, and returns its name.
func arrayFile(t *testing.T, shape ...int) string {
	t.Helper()
	n := 1
	for _, extent := range shape {
		n *= extent
	}
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(i)
	}
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := npy.WriteFile(path, &npy.Array{Shape: shape, Data: data}); err != nil {
		t.Fatal(err)
	}
	return path
}

// archived puts a .npy file into a new archive, and returns its name.
func archived(t *testing.T, path string, method uint16) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "a.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	entry, err := archive.CreateHeader(&zip.FileHeader{Name: "a.npy", Method: method})
	if err == nil {
		_, err = entry.Write(content)
	}
	if err := errors.Join(err, archive.Close()); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// TestArrayInAnyOrder: images are drawn in any order, and again, whatever kind of file the array is in.
func TestArrayInAnyOrder(t *testing.T) {
	plain := arrayFile(t, 6, 1, 2, 3)
	for name, path := range map[string]string{"plain": plain, "stored": archived(t, plain, zip.Store),
		"deflated": archived(t, plain, zip.Deflate)} {
		for _, o := range []Options{{}, {Crop: [2]int{2, 3}}} {
			a, err := OpenArray(t.Context(), path, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range [][2]int{{2, 2}, {1, 3}, {5, 1}, {5, 1}, {0, 6}, {0, 1}, {3, 1}} {
				dst, err := conv.NewTensor(conv.Shape{part[1], 1, 2, 3})
				if err == nil {
					err = a.Draw(dst, part[0])
				}
				for i, v := range dst.Data {
					if want := float32(part[0]*6 + i); v != want || err != nil {
						t.Fatalf("%s: %d images from %d on: pixel %d is %v, want %v, %v", name, part[1], part[0],
							i, v, want, err)
					}
				}
			}
			for _, first := range []int{-1, 6} {
				dst := &conv.Tensor{Shape: conv.Shape{1, 1, 2, 3}, Data: make([]float32, 6)}
				if err := a.Draw(dst, first); err == nil {
					t.Errorf("image %d is drawn", first)
				}
			}
			a.Close()
		}
	}
}

// TestArrayMemory: Memory counts what resizing takes, also of a side that follows from the other.
func TestArrayMemory(t *testing.T) {
	for _, c := range []struct{ stored, resize, crop [2]int }{
		{stored: [2]int{1, 64}, resize: [2]int{300, 0}, crop: [2]int{8, 8}},
		{stored: [2]int{64, 1}, resize: [2]int{300, 0}, crop: [2]int{8, 8}},
		{stored: [2]int{900, 700}, resize: [2]int{20, 0}},
		{stored: [2]int{30, 40}, resize: [2]int{1000, 20}, crop: [2]int{1, 1}},
		{stored: [2]int{600, 40}, resize: [2]int{3, 1000}},
		{stored: [2]int{600, 400}, crop: [2]int{3, 3}},
	} {
		a, err := OpenArray(t.Context(), arrayFile(t, 1, 1, c.stored[0], c.stored[1]),
			Options{Resize: c.resize, Crop: c.crop})
		if err != nil {
			t.Fatal(err)
		}
		dst, err := conv.NewTensor(a.Shape())
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = a.Draw(dst, 0)
		runtime.ReadMemStats(&after)
		const small = 64 << 10 // of the reader
		if took := float64(after.TotalAlloc - before.TotalAlloc); err != nil || took > a.Memory()+small ||
			a.Memory() > 6*(took+small) {
			t.Errorf("%+v takes %.0f bytes: want at most the %.0f of Memory, and a sixth of them: %v", c, took,
				a.Memory(), err)
		}
		a.Close()
	}
	thin, err := OpenArray(t.Context(), arrayFile(t, 1, 1, 1, 4096),
		Options{Resize: [2]int{1 << 15, 0}, Crop: [2]int{8, 8}})
	if err != nil {
		t.Fatal(err)
	}
	defer thin.Close()
	if out := 4.0 * (1 << 15) * (1 << 15) * 4096; thin.Memory() < out || thin.Memory() > 1.1*out {
		t.Errorf("%.0f bytes: want a little more than the %.0f of the plane", thin.Memory(), out)
	}
}
