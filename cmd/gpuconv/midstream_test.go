package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/npy"
)

// TestMidStream: if one of several files is broken, or a file breaks in the middle of its data, the error names the
// file and its flag.
func TestMidStream(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 16, 16))); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("pictures", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"a.png": picture.Len(), "b.png": picture.Len() - 20, "c.png": picture.Len()} {
		if err := os.WriteFile(filepath.Join("pictures", name), picture.Bytes()[:n], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	responses := &npy.Array{Shape: []int{18, 1, 8, 8}, Data: make([]float32, 18*64)}
	if err := npy.WriteNPZ("r.npz", npy.Named{Name: "r", Array: responses}); err != nil {
		t.Fatal(err)
	}
	spoil(t, "r.npz")
	for _, c := range [][2]string{
		{"run --stimulus pictures --backend cpu --output o", "--stimulus: pictures"},
		{"stimuli --input pictures --output o.npy", "--input: pictures"},
		{"tuning --input r.npz --orientations 0:180:10 --output o", "--input: r.npz"},
	} {
		var stdout, stderr bytes.Buffer
		code := execute(t.Context(), strings.Fields(c[0]), &stdout, &stderr)
		if code != exitFailed || !strings.HasPrefix(stderr.String(), "gpuconv: "+c[1]) {
			t.Errorf("%s: code %d, %q, want 1 and %s", c[0], code, stderr.String(), c[1])
		}
	}
}

// spoil changes a byte of the data of a file.
func spoil(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 0x55
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
