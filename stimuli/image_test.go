package stimuli

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/conv"
)

func write(t *testing.T, name string, encode func(f *os.File) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := encode(file); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadImage(t *testing.T) {
	colours := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	deep := image.NewGray16(image.Rect(0, 0, 3, 2))
	for i, c := range []color.NRGBA{{255, 255, 255, 255}, {255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255},
		{0, 0, 0, 255}, {255, 255, 255, 0}} {
		colours.SetNRGBA(i%3, i/3, c)
		deep.SetGray16(i%3, i/3, color.Gray16{Y: uint16(i * 10000)})
	}
	for name, c := range map[string]struct {
		image image.Image
		want  []float64
	}{
		"colours": {colours, []float64{1, 0.299, 0.587, 0.114, 0, 0}},
		"16 bits": {deep, []float64{0, 10000. / 65535, 20000. / 65535, 30000. / 65535, 40000. / 65535, 50000. / 65535}},
	} {
		got, err := ReadImage(t.Context(), write(t, "a.png", func(f *os.File) error { return png.Encode(f, c.image) }),
			0)
		if err != nil {
			t.Fatal(err)
		}
		if got.Pixels.Shape != (conv.Shape{1, 1, 2, 3}) {
			t.Fatalf("%s: shape %v", name, got.Pixels.Shape)
		}
		for i, v := range got.Pixels.Data {
			if math.Abs(float64(v)-c.want[i]) > 1e-7 { // half a float32 step at 1 is 6e-8
				t.Errorf("%s: pixel %d is %v, want %v", name, i, v, c.want[i])
			}
		}
	}
	flat := image.NewGray(image.Rect(0, 0, 16, 8))
	for i := range flat.Pix {
		flat.Pix[i] = 51
	}
	got, err := ReadImage(t.Context(), write(t, "a.jpg", func(f *os.File) error { return jpeg.Encode(f, flat, nil) }),
		0)
	if err != nil || got.Pixels.Shape != (conv.Shape{1, 1, 8, 16}) ||
		math.Abs(float64(got.Pixels.Data[17])-0.2) > 0.005 {
		t.Errorf("JPEG: %v, %v", got, err)
	}
}

func TestReadImageRefuses(t *testing.T) {
	small := image.NewGray(image.Rect(0, 0, 4, 4))
	whole := write(t, "a.png", func(f *os.File) error { return png.Encode(f, small) })
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	huge := append([]byte(nil), text...)
	binary.BigEndian.PutUint32(huge[16:], 1<<20) // width and height in the header chunk
	binary.BigEndian.PutUint32(huge[20:], 1<<20)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for want, content := range map[string][]byte{
		"text: want a PNG, JPEG, TIFF, BMP or WebP image": []byte("text"),
		"unexpected EOF": text[:len(text)-20],
		"1048576×1048576 pixels: want at most 268435456": huge,
	} {
		path := write(t, "b.png", func(f *os.File) error { _, err := f.Write(content); return err })
		if _, err := ReadImage(t.Context(), path, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v: want %q", err, want)
		}
	}
	if _, err := ReadImage(t.Context(), filepath.Join(t.TempDir(), "missing.png"), 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}
