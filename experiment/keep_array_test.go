package experiment

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gpuconv/conv"
	"gpuconv/npy"
	"gpuconv/stimuli"
)

// arrayOf writes images into an archive, compressed, and returns its name.
func arrayOf(t *testing.T, images stimuli.Set) string {
	t.Helper()
	all, err := conv.NewTensor(images.Shape())
	if err == nil {
		err = images.Draw(all, 0)
	}
	path := filepath.Join(t.TempDir(), "a.npy")
	if err == nil {
		err = npy.WriteFile(path, &npy.Array{Shape: all.Shape[:], Data: all.Data})
	}
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	entry, err := archive.Create("a.npy")
	if err == nil {
		_, err = entry.Write(content)
	}
	if err := errors.Join(err, archive.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// openArray opens a set of images.
func openArray(t *testing.T, path string) *stimuli.Array {
	t.Helper()
	array, err := stimuli.OpenArray(t.Context(), path, stimuli.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { array.Close() })
	return array
}

// TestKeepLost: when its device is lost, the same job continues with the same images. Those of portions that were drawn
// but do not count are drawn again.
func TestKeepLost(t *testing.T) {
	name := arrayOf(t, small(t).Images)
	want := plain(t, func(j *Job, _ *Prepared) { j.Images = openArray(t, name) })
	path := filepath.Join(t.TempDir(), "out")
	array, runs := openArray(t, name), 0
	attempt := func(j *Job, on *Prepared) {
		j.Images = array
		on.Plan = altered{on.Plan, func(*conv.Tensor) error {
			if runs++; runs == 3 {
				return conv.ErrLost
			}
			return nil
		}}
	}
	if _, err := keep(t, t.Context(), path, attempt); !errors.Is(err, conv.ErrLost) {
		t.Fatalf("error %v, want the device to be lost", err)
	}
	if _, err := keep(t, t.Context(), path, attempt); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, path, want)
}
