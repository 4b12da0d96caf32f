package npy

import (
	"path/filepath"
	"slices"
	"testing"

	"gpuconv/conv"
)

func TestImages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := WriteFile(path, &Array{[]int{3, 1, 2}, []float32{0, 1, 2, 3, 4, 5}}); err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	images, err := NewImages(r)
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	if want := (conv.Shape{3, 1, 1, 2}); images.Shape() != want {
		t.Errorf("shape %v, want %v", images.Shape(), want)
	}
	two, err := conv.NewTensor(conv.Shape{2, 1, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := images.Draw(two, 0); err != nil || !slices.Equal(two.Data, []float32{0, 1, 2, 3}) {
		t.Errorf("images 0 and 1 are %v (%v)", two.Data, err)
	}
	wantError(t, images.Draw(two.Images(0, 1), 0), "npy: images are read in their order: want from 2 on, not from 0")
	if err := images.Draw(two.Images(0, 1), 2); err != nil || !slices.Equal(two.Data[:2], []float32{4, 5}) {
		t.Errorf("image 2 is %v (%v)", two.Data[:2], err)
	}
}

func TestImagesRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := WriteFile(path, &Array{[]int{2}, []float32{0, 1}}); err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = NewImages(r)
	wantError(t, err, "npy: shape [2] has 1 dimension: want [H W], [N H W] or [N C H W]")
}
