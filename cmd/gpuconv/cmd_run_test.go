package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// TestLightIsLight: an impulse on 3×3 pixels is one white square among eight black ones, both alone and beside its
// activations. --polarity dark turns that round.
func TestLightIsLight(t *testing.T) {
	unraced(t)
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"run", "--stimulus", "impulse image-size=3", "--backend", "cpu", "--check", "0", "--output", out}
	if code, _, stderr := gpuconv(t, args...); code != exitOK {
		t.Fatal(stderr)
	}
	// A square has a side of 256/3 pixels in stimuli.png, rounded down, and of 192/3 in activations.png.
	for picture, side := range map[string]int{"stimuli.png": 85, "activations.png": 64} {
		n := blackPixels(t, filepath.Join(out, picture))
		if want := 8 * side * side; n < want || n > want*5/4 { // the text is black, too
			t.Errorf("%s: %d black pixels, want about %d", picture, n, want)
		}
	}
	out = filepath.Join(t.TempDir(), "dark")
	args = append(args[:len(args)-1], out, "--polarity", "dark")
	if code, _, stderr := gpuconv(t, args...); code != exitOK {
		t.Fatal(stderr)
	}
	if n := blackPixels(t, filepath.Join(out, "stimuli.png")); n < 85*85 || n > 2*85*85 {
		t.Errorf("--polarity dark: %d black pixels, want about %d", n, 85*85)
	}
}

// blackPixels counts the black pixels of a picture.
func blackPixels(t *testing.T, path string) (n int) {
	t.Helper()
	img := decoded(t, path)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, g, b, _ := img.At(x, y).RGBA(); r|g|b == 0 {
				n++
			}
		}
	}
	return n
}

// decoded reads a picture.
func decoded(t *testing.T, path string) image.Image {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
