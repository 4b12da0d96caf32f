package figure

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"
)

// TestEncodePNG: the pixels of a file are those of the image, whatever they are, and also in a part of an image.
func TestEncodePNG(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := image.NewRGBA(image.Rect(0, 0, 70, 50))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(random.IntN(256)) | uint8(255*(i%4/3)) // opaque
	}
	repeating := image.NewRGBA(image.Rect(0, 0, 300, 90))
	for y := range 90 {
		for x := range 300 {
			repeating.Set(x, y, color.RGBA{uint8(x / 7), uint8(y / 7 * 40), uint8((x + y/30) / 9), 255})
		}
	}
	clear := image.NewRGBA(image.Rect(0, 0, 3, 3))
	clear.Set(1, 1, color.RGBA{1, 2, 3, 4})
	for name, img := range map[string]image.Image{
		"noise": noise, "repeating": repeating, "one pixel": noise.SubImage(image.Rect(3, 4, 4, 5)),
		"part": repeating.SubImage(image.Rect(5, 6, 211, 80)), "column": noise.SubImage(image.Rect(9, 0, 10, 50)),
		"transparent": clear, "grey": image.NewGray(image.Rect(0, 0, 4, 2)),
	} {
		var file bytes.Buffer
		if err := encodePNG(&file, img); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := png.Decode(&file)
		if err != nil || file.Len() > 0 {
			t.Errorf("%s: %v, and %d bytes after the picture", name, err, file.Len())
			continue
		}
		of := img.Bounds()
		if got.Bounds().Size() != of.Size() {
			t.Errorf("%s: %v, want %v", name, got.Bounds().Size(), of.Size())
			continue
		}
		for y := range of.Dy() {
			for x := range of.Dx() {
				want := color.NRGBAModel.Convert(img.At(of.Min.X+x, of.Min.Y+y))
				if at := color.NRGBAModel.Convert(got.At(x, y)); at != want {
					t.Fatalf("%s: pixel %d, %d is %v, want %v", name, x, y, at, want)
				}
			}
		}
	}
	if err := encodePNG(new(bytes.Buffer), image.NewRGBA(image.Rectangle{})); err == nil {
		t.Error("an empty picture is written")
	}
}
