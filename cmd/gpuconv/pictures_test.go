package main

import (
	"archive/zip"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// saveGrey writes a PNG of 2×3 pixels. If wanted, it is half transparent.
func saveGrey(t *testing.T, path string, alpha uint8) {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		picture.SetNRGBA(i%3, i/3, color.NRGBA{255, 255, 255, alpha})
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
}

// TestPicturesSay: one line reports transparent pixels without --background, and one reports the files of a folder that
// are not images.
func TestPicturesSay(t *testing.T) {
	folder := inputsFolder(t)
	at := func(name string) string { return filepath.Join(folder, name) }
	if err := os.Mkdir(at("photos"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, alpha := range map[string]uint8{"clear.png": 51, "plain": 255, "photos/img10.png": 255,
		"photos/img2.png": 255, "photos/img1": 51} {
		saveGrey(t, at(name), alpha)
	}
	if err := os.Mkdir(at("photos/more"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"photos/notes.txt": "text", "photos/clip": "GIF89a\x01\x00",
		"photos/.DS_Store": "\x00", "photos/Thumbs.db": "\x00", "photos/desktop.ini": "[x]",
		"photos/._img2.png": "\x00"} {
		if err := os.WriteFile(at(name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	passed := "gpuconv: note: photos: passed over 2 files that are not images: clip, notes.txt\n" +
		"gpuconv: note: photos: passed over 1 folder, and what is in it: more\n"
	convolve := "conv --backend cpu --weight w.npy --output y.npy --input "
	for args, want := range map[string]string{
		convolve + "clear.png": "gpuconv: note: clear.png: 6 of 6 pixels are transparent and lie on black; --background " +
			"chooses another grey\n",
		convolve + "clear.png --background white": "", convolve + "clear.png --background 0.5": "",
		convolve + "clear.png --background black": "", convolve + "plain": "",
		"stimuli --output y.npy --background 0 --input photos": passed,
		"stimuli --output y.npy --input photos": passed + "gpuconv: note: photos: 1 of 3 images have transparent pixels, " +
			"which lie on black; --background chooses another grey\n",
		"run --backend cpu --check 0 --output y --background 1 --padding-mode zeros --stimulus photos": passed,
	} {
		code, _, stderr := inFolder(t, folder, strings.Fields(args)...)
		if code != 0 || stderr != want {
			t.Errorf("%s: exit code %d, %q, want 0 and %q", args, code, stderr, want)
		}
		if err := os.RemoveAll(at("y")); err != nil {
			t.Fatal(err)
		}
	}
	table, err := os.ReadFile(at("y.csv"))
	if want := "image,kind,file\n0,image,img1\n1,image,img2.png\n2,image,img10.png\n"; err != nil ||
		string(table) != want {
		t.Errorf("table %q, %v, want %q", table, err, want)
	}
}

// TestNoPictures: every flag that reads files says what kind of file it cannot read.
func TestNoPictures(t *testing.T) {
	folder := inputsFolder(t)
	at := func(name string) string { return filepath.Join(folder, name) }
	for name, content := range map[string]string{"photo.gif": "GIF89a\x01\x00", "photo": "GIF89a\x01\x00",
		"old.pt": "\x80\x02\x8a\x0a", "cut.pt": "PK\x03\x04cut",
		"w.safetensors": "\x10\x00\x00\x00\x00\x00\x00\x00{\"w\":{}}      ", "m.mat": "MATLAB 5.0 MAT"} {
		if err := os.WriteFile(at(name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Create(at("new.pt"))
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	if _, err := archive.Create("model/data.pkl"); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	file.Close()
	saveGrey(t, at("p.png"), 255)
	if err := os.Mkdir(at("photos"), 0o777); err != nil {
		t.Fatal(err)
	}
	convolve := "conv --backend cpu --output y.npy "
	for args, want := range map[string]string{
		convolve + "--weight w.npy --input photo.gif":               "--input: photo.gif: a GIF: want a .npy, .npz:key, .png,",
		convolve + "--weight w.npy --input photo":                   "--input: photo: a GIF: want a .npy, .npz:key, .png,",
		convolve + "--weight w.npy --input m.mat":                   "--input: m.mat: a MATLAB .mat: want a .npy,",
		convolve + "--weight w.npy --input old.pt":                  "--input: old.pt: PyTorch's: want a .npy,",
		"stimuli --output y.npy --input photo":                      "--input: photo: a GIF: want a PNG, JPEG, TIFF, BMP or WebP image",
		"run --output y --stimulus photo.gif":                       "--stimulus: photo.gif: a GIF: want a PNG,",
		convolve + "--input p.png --weight old.pt":                  "--weight: old.pt: a pickle: want a .pt file of PyTorch 1.6 or later",
		convolve + "--input p.png --weight cut.pt":                  "--weight: cut.pt: PyTorch's: want a .npy or .npz file; save a tensor",
		convolve + "--weight w.npy --input photos":                  "--input: photos: a folder: gpuconv run --stimulus DIR convolves the pictures in it,",
		convolve + "--input p.png --weight new.pt":                  "--weight: new.pt: its pickle ends too early",
		convolve + "--input p.png --weight w.safetensors":           "--weight: w.safetensors: a header of 16 bytes: want at most",
		convolve + "--input p.png --weight photo.gif":               "--weight: photo.gif: a GIF: want a .npy or .npz file",
		"filters --output y.npy --input new.pt":                     "--input: new.pt: its pickle ends too early",
		convolve + "--weight w.npy --input none.png --background 1": "--input: none.png: no such file or directory",
		"stimuli --output y.npy --input none.png":                   "--input: none.png: no such file or directory",
		"run --output y --stimulus none.png":                        "--stimulus: none.png: no such file or directory",
		"run --output y --stimulus none.npy":                        "--stimulus: none.npy: no such file or directory",
		"run --output y --stimulus none.npz:x":                      "--stimulus: none.npz:x: no such file or directory",
		"run --output y --stimulus fine.npy --background 1":         "--background 1: fine.npy is not a picture",
		"run --output y --filter new.pt":                            "--filter: new.pt: its pickle ends too early",
		convolve + "--weight w.npy --input p.png --background 2":    `--background "2": want a grey from 0 (black) to 1`,
		convolve + "--weight w.npy --input fine.npy --background 0": "--background 0: fine.npy is not a picture",
		"run --output y --orientations 0 --background 0":            "--background 0: want --stimulus with image files",
		"stimuli --output y.npy --background 0":                     "--background 0: want --input with it",
	} {
		code, _, stderr := inFolder(t, folder, strings.Fields(args)...)
		if line := errorLine(t, stderr); code == 0 || !strings.HasPrefix(line, "gpuconv: "+want) {
			t.Errorf("%s: exit code %d, %q, want %q", args, code, line, want)
		}
	}
}
