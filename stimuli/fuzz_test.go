package stimuli

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// smallPictures are pictures of 3×2 pixels in each format that can be written here.
func smallPictures(f *testing.F) (all [][]byte) {
	f.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		img.Set(i%3, i/3, color.NRGBA{uint8(40 * i), 200, uint8(10 * i), uint8(255 - 30*i)})
	}
	for _, encode := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return png.Encode(b, img) },
		func(b *bytes.Buffer) error { return jpeg.Encode(b, img, nil) },
		func(b *bytes.Buffer) error { return bmp.Encode(b, img) },
		func(b *bytes.Buffer) error { return tiff.Encode(b, img, nil) },
		func(b *bytes.Buffer) error {
			return tiff.Encode(b, img, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
		},
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			f.Fatal(err)
		}
		all = append(all, b.Bytes())
	}
	return all
}

// FuzzReadImage reads any bytes as a picture. An error is one line that begins with the package's name. A picture has
// as many pixels as its shape says, from 0 to 1, and a set of this one file has the same pixels.
func FuzzReadImage(f *testing.F) {
	for _, picture := range smallPictures(f) {
		f.Add(picture)
		f.Add(picture[:len(picture)-5])
	}
	f.Add([]byte("" +
		"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Add([]byte("GIF89a"))
	path := filepath.Join(f.TempDir(), "picture.png")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := ReadImage(t.Context(), path, 0.5)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "stimuli: ") || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %q, want one line that begins with stimuli:", err)
			}
			return
		}
		if n, err := p.Pixels.Shape.Len(); err != nil || n != len(p.Pixels.Data) || n < 1 || p.Transparent > n ||
			p.Pages < 1 {
			t.Fatalf("a picture %v of %d pixels, %d transparent, %d pages", p.Pixels.Shape, len(p.Pixels.Data),
				p.Transparent, p.Pages)
		}
		for i, v := range p.Pixels.Data {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("pixel %d is %v", i, v)
			}
		}
		set, err := OpenFiles(t.Context(), path, Options{Background: 0.5})
		if err != nil {
			t.Fatalf("it is read as a picture, but %v", err)
		}
		if set.Shape() != p.Pixels.Shape {
			t.Fatalf("its header says %v, it has %v", set.Shape(), p.Pixels.Shape)
		}
	})
}

// FuzzSettings draws any kind with any values of its first parameters on a small canvas. An error has one line. Pixels
// that are drawn are finite.
func FuzzSettings(f *testing.F) {
	kinds := Kinds()
	for i := range kinds {
		f.Add(i, 0.1, 45.0, 0.0, 1.0, 5, 4)
	}
	f.Add(0, 1e308, -1e308, 5e-324, 1e-300, 1, 1)
	f.Add(3, 0.5, 1e18, 1e9, -1.0, 3, 64)
	f.Fuzz(func(t *testing.T, kind int, a, b, c, d float64, rows, columns int) {
		k := kinds[(kind%len(kinds)+len(kinds))%len(kinds)]
		var axes []param.Axis
		parameters := k.New().Parameters()
		for i, v := range []float64{a, b, c, d} {
			if i < len(parameters) {
				axes = append(axes, param.NewAxis(parameters[i].Name, v))
			}
		}
		set, err := NewProduct(Canvas{Rows: rows % 65, Columns: columns % 65}, k.New, axes...)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "stimuli: ") || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %q, want one line that begins with stimuli:", err)
			}
			return
		}
		images, err := conv.NewTensor(set.Shape())
		if err != nil {
			t.Fatal(err)
		}
		if err := set.Draw(images, 0); err != nil {
			t.Fatalf("%s, %v: accepted, but %v", k.Name, axes, err)
		}
		for i, v := range images.Data {
			if v-v != 0 {
				t.Fatalf("%s, %v: pixel %d is %v", k.Name, axes, i, v)
			}
		}
	})
}
