package stimuli

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"gpuconv/conv"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// exif returns a TIFF block of one tag, the orientation.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	block := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		block = []byte("MM\x00*")
	}
	block = order.AppendUint32(block, 8)
	for _, v := range []uint16{1, 274, 3} { // one field: tag 274, SHORT
		block = order.AppendUint16(block, v)
	}
	block = order.AppendUint32(block, 1)
	block = order.AppendUint16(order.AppendUint16(block, orientation), 0)
	return order.AppendUint32(block, 0)
}

// TestUpright: rows and columns go where EXIF says that the first of each belongs. The image is a ramp: brighter
// towards the last row (by 2 units of 16) and the last column (by 1), shown as 24 × 8 blocks of JPEG.
func TestUpright(t *testing.T) {
	const rows, columns = 32, 64
	stored := image.NewGray(image.Rect(0, 0, columns, rows))
	for y := range rows {
		for x := range columns {
			stored.SetGray(x, y, color.Gray{Y: uint8(100*(y/16)) + uint8(50*(x/32))})
		}
	}
	// The four quarters as they are stored, 0 50 / 100 150, and as they are seen, row by row (CIPA DC-008, 4.6.4).
	seen := map[uint16][4]float64{1: {0, 50, 100, 150}, 2: {50, 0, 150, 100}, 3: {150, 100, 50, 0},
		4: {100, 150, 0, 50}, 5: {0, 100, 50, 150}, 6: {100, 0, 150, 50}, 7: {150, 50, 100, 0}, 8: {50, 150, 0, 100},
		0: {0, 50, 100, 150}, 9: {0, 50, 100, 150}} // not an orientation: as stored
	for orientation, want := range seen {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			for name, file := range map[string][]byte{"a.jpg": jpegWith(t, stored, exif(order, orientation)),
				"a.png": pngWith(t, stored, exif(order, orientation))} {
				path := write(t, name, func(f *os.File) error { _, err := f.Write(file); return err })
				got, err := ReadImage(t.Context(), path, 0)
				if err != nil {
					t.Fatal(err)
				}
				shape := conv.Shape{1, 1, rows, columns}
				if orientation >= 5 && orientation <= 8 {
					shape = conv.Shape{1, 1, columns, rows}
				}
				h, err := imageHead(t.Context(), path)
				r, c := h.rows, h.columns
				if got.Pixels.Shape != shape || r != shape.H() || c != shape.W() || err != nil {
					t.Fatalf("%s, orientation %d: shape %v, size %d×%d (%v), want %v", name, orientation,
						got.Pixels.Shape, r, c, err, shape)
				}
				for quarter, v := range want {
					y, x := shape.H()/4+quarter/2*shape.H()/2, shape.W()/4+quarter%2*shape.W()/2
					if at := got.Pixels.Data[y*shape.W()+x]; math.Abs(float64(at)-v/255) > 0.02 {
						t.Errorf("%s, orientation %d: quarter %d is %v, want %v", name, orientation, quarter, at, v/255)
					}
				}
			}
		}
	}
}

func jpegWith(t *testing.T, picture image.Image, exif []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, picture, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	block := append([]byte("Exif\x00\x00"), exif...)
	segment := append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(block)+2)), block...)
	return append(append(file.Bytes()[:2:2], segment...), file.Bytes()[2:]...)
}

func pngWith(t *testing.T, picture image.Image, exif []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	return withChunk(file.Bytes(), "eXIf", exif)
}

// withChunk puts a chunk into a PNG, after the signature and IHDR.
func withChunk(file []byte, kind string, data []byte) []byte {
	const start = 8 + 25
	return append(append(file[:start:start], pngChunk(kind, data)...), file[start:]...)
}

// pngChunk returns a chunk: length, kind, data and checksum (PNG, section 5.3).
func pngChunk(kind string, data []byte) []byte {
	chunk := append(append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), kind...), data...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
}

// TestBackground: the result is α·pixel + (1−α)·background, without intermediate rounding.
func TestBackground(t *testing.T) {
	straight := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	straight.SetNRGBA(0, 0, color.NRGBA{51, 51, 51, 102})
	straight.SetNRGBA(1, 0, color.NRGBA{255, 0, 0, 255})
	deep := image.NewNRGBA64(image.Rect(0, 0, 2, 1))
	deep.SetNRGBA64(0, 0, color.NRGBA64{13107, 13107, 13107, 26214})
	deep.SetNRGBA64(1, 0, color.NRGBA64{65535, 0, 0, 65535})
	for name, c := range map[string]image.Image{"8 bits": straight, "16 bits": deep} {
		path := write(t, "a.png", func(f *os.File) error { return png.Encode(f, c) })
		for _, background := range []float64{0, 0.25, 1} {
			got, err := ReadImage(t.Context(), path, background)
			if err != nil {
				t.Fatal(err)
			}
			if got.Transparent != 1 {
				t.Errorf("%s: %d pixels are transparent, want 1", name, got.Transparent)
			}
			if want := 0.4*0.2 + 0.6*background; math.Abs(float64(got.Pixels.Data[0])-want) > 6e-8 ||
				got.Pixels.Data[1] != 0.299 {
				t.Errorf("%s on %v: %v, want %v and 0.299", name, background, got.Pixels.Data, want)
			}
		}
		for _, background := range []float64{-0.1, 1.1, math.NaN()} {
			if _, err := ReadImage(t.Context(), path, background); err == nil ||
				!strings.Contains(err.Error(), "want a grey from 0") {
				t.Errorf("background %v: %v", background, err)
			}
		}
	}
}

// TestFurtherFormats: TIFF, BMP and WebP, whatever the file is called.
func TestFurtherFormats(t *testing.T) {
	deep := image.NewGray16(image.Rect(0, 0, 3, 2))
	flat := image.NewGray(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		deep.SetGray16(i%3, i/3, color.Gray16{Y: uint16(1000 * i)})
		flat.SetGray(i%3, i/3, color.Gray{Y: uint8(40 * i)})
	}
	for name, c := range map[string]struct {
		encode func(f *os.File) error
		step   float64
	}{
		"a.tif":  {func(f *os.File) error { return tiff.Encode(f, deep, nil) }, 1000. / 65535},
		"b.tiff": {func(f *os.File) error { return tiff.Encode(f, flat, &tiff.Options{Compression: tiff.Deflate}) }, 40. / 255},
		"c.bmp":  {func(f *os.File) error { return bmp.Encode(f, flat) }, 40. / 255},
		"d":      {func(f *os.File) error { return bmp.Encode(f, flat) }, 40. / 255},
		"e.jpg":  {func(f *os.File) error { return png.Encode(f, flat) }, 40. / 255},
	} {
		got, err := ReadImage(t.Context(), write(t, name, c.encode), 0)
		if err != nil || got.Pixels.Shape != (conv.Shape{1, 1, 2, 3}) || got.Pages != 1 || got.Transparent != 0 {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		for i, v := range got.Pixels.Data {
			if math.Abs(float64(v)-float64(i)*c.step) > 6e-8 {
				t.Errorf("%s: pixel %d is %v, want %v", name, i, v, float64(i)*c.step)
			}
		}
	}
	// The smallest lossless WebP: one opaque white pixel (its bytes are written by hand).
	webp := "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
	path := write(t, "a.webp", func(f *os.File) error { _, err := f.WriteString(webp); return err })
	if got, err := ReadImage(t.Context(), path, 0); err != nil || got.Pixels.Shape != (conv.Shape{1, 1, 1, 1}) {
		t.Errorf("WebP: %+v, %v", got, err)
	}
}

// TestNoPicture: a file that cannot be read as a picture is named for what it is, by its content, whatever its name.
func TestNoPicture(t *testing.T) {
	const want = "want a PNG, JPEG, TIFF, BMP or WebP image"
	for name, content := range map[string]string{"photo.gif": "GIF89a\x01\x00", "photo": "GIF89a\x01\x00",
		"photo.png": "GIF89a\x01\x00"} {
		path := write(t, name, func(f *os.File) error { _, err := f.WriteString(content); return err })
		if _, err := ReadImage(t.Context(), path, 0); err == nil || err.Error() != "stimuli: "+path+": a GIF: "+want {
			t.Errorf("%v, want that %s is a GIF", err, path)
		}
	}
}

// TestNaturally: numbers in names are sorted by value, and letters without regard to case.
func TestNaturally(t *testing.T) {
	order := []string{"", "9", "010", "10", "_", "a", "IMG", "img", "IMG1.png", "img1.png", "img2", "IMG3.PNG",
		"img3.png", "img10", "img10a2", "img10a10", "img010b",
		"img18446744073709551616", "img18446744073709551617", "img_1", "img_1.png", "img_2", "imgs"}
	for i, a := range order {
		for j, b := range order {
			if got, want := naturally(a, b), map[bool]int{true: -1, false: 1}[i < j]; i != j && got != want ||
				i == j && got != 0 {
				t.Errorf("%q and %q: %d", a, b, got)
			}
		}
	}
}

// webpPixels are files of Pillow 13.0.0 (libwebp), by
//
//	im.save(f, "WEBP", lossless=True, exact=True)  # 3×2: white, red, green, blue, 51 of alpha 102, (10, 20, 30)
//	im.save(f, "WEBP", quality=90)                 # 16×16: the left half is 51, the right half 204
var webpLossless, webpLossy = "" +
	"RIFF\x4a\x00\x00\x00WEBPVP8L\x3e\x00\x00\x00\x2f\x02\x40\x00\x10\x2f\x40\x98\x6d\xb4\x41\xdc\xfb\xfc\x29\xa7" +
	"\x41\x26\x6d\x93\xbf\x4a\xe6\x5f\xe0\xc8\xa4\x6d\x5a\x11\xbb\xe7\x5f\x65\x05\x02\x49\xb6\xfb\x13\x1c\xe8\xc8\x23\x59\xf7\x2d\x28\x64" +
	"\x1b\x01\x4e\xed\x1e\x93\x13\xba\x88\xfe\xc7\xf4\x02",
	"RIFF\x28\x00\x00\x00WEBPVP8 " +
		"\x1c\x00\x00\x00\x50\x01\x00\x9d\x01\x2a\x10\x00\x10\x00\x00\xc0\x12\x25\xa4\x00\x04\x74\x00\x00\xfe\x83\xff" +
		"\xff\xdd\xba\x00\x00"

// TestWebP: the pixels are those that were saved, exactly if lossless, and within a level of 255 if lossy.
func TestWebP(t *testing.T) {
	path := write(t, "a.webp", func(f *os.File) error { _, err := f.WriteString(webpLossless); return err })
	got, err := ReadImage(context.Background(), path, 0.5)
	if err != nil || got.Pixels.Shape != (conv.Shape{1, 1, 2, 3}) || got.Transparent != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []float64{1, 0.299, 0.587, 0.114, 0.4*0.2 + 0.6*0.5, (0.299*10 + 0.587*20 + 0.114*30) / 255} {
		if math.Abs(float64(got.Pixels.Data[i])-want) > 6e-8 {
			t.Errorf("lossless: pixel %d is %v, want %v", i, got.Pixels.Data[i], want)
		}
	}
	path = write(t, "b.webp", func(f *os.File) error { _, err := f.WriteString(webpLossy); return err })
	if got, err = ReadImage(context.Background(), path, 0); err != nil ||
		got.Pixels.Shape != (conv.Shape{1, 1, 16, 16}) {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, v := range got.Pixels.Data {
		if want := map[bool]float64{true: 0.2, false: 0.8}[i%16 < 8]; math.Abs(float64(v)-want) > 1./255 {
			t.Fatalf("lossy: pixel %d is %v, want %v", i, v, want)
		}
	}
}

// TestPages: a TIFF's thumbnails and masks are not pages, whether the new tag says so or the old one.
func TestPages(t *testing.T) {
	for name, c := range map[string]struct {
		subfiles [][]uint16 // of each directory: tag and value
		want     int
	}{
		"one": {[][]uint16{{254, 0}}, 1}, "two": {[][]uint16{{254, 0}, {254, 2}}, 2}, "none said": {[][]uint16{nil, nil, nil}, 3},
		"a thumbnail": {[][]uint16{{254, 0}, {254, 1}}, 1}, "a mask": {[][]uint16{nil, {254, 4}}, 1},
		"a thumbnail first": {[][]uint16{{254, 1}, {254, 0}}, 1}, "pages with thumbnails": {[][]uint16{{254, 2}, {254, 3}, {254, 2}, {254, 3}}, 2},
		"old": {[][]uint16{{255, 1}, {255, 2}}, 1}, "old pages": {[][]uint16{{255, 3}, {255, 3}}, 2},
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			if got, err := tiffPages(bytes.NewReader(directories(order, c.subfiles))); len(got) != c.want ||
				err != nil {
				t.Errorf("%s, %v: %d pages, %v, want %d", name, order, len(got), err, c.want)
			}
		}
	}
	round := directories(binary.LittleEndian, [][]uint16{{254, 0}})
	copy(round[len(round)-4:], round[4:8]) // the directory refers to itself as the next
	if got, err := tiffPages(bytes.NewReader(round)); len(got) != 1 || err != nil {
		t.Errorf("round in circles: %d pages, %v", len(got), err)
	}
	for cut := range round {
		if got, err := tiffPages(bytes.NewReader(round[:cut])); len(got) > 0 || err == nil {
			t.Errorf("cut to %d bytes: %d pages, %v", cut, len(got), err)
		}
	}
}

// directories returns a TIFF of directories without pixels, each with one field besides its subfile type.
func directories(order binary.AppendByteOrder, subfiles [][]uint16) []byte {
	file := exif(order, 1)[:4]
	file = order.AppendUint32(file, 8)
	for i, subfile := range subfiles {
		fields := [][]uint16{{256, 7}} // the width
		if subfile != nil {
			fields = append([][]uint16{subfile}, fields...)
		}
		file = order.AppendUint16(file, uint16(len(fields)))
		for _, f := range fields {
			kind := uint16(4)
			if f[0] != 254 {
				kind = 3 // a SHORT
			}
			file = order.AppendUint32(order.AppendUint16(order.AppendUint16(file, f[0]), kind), 1)
			if kind == 4 {
				file = order.AppendUint32(file, uint32(f[1]))
			} else {
				file = order.AppendUint16(order.AppendUint16(file, f[1]), 0)
			}
		}
		next := uint32(len(file) + 4)
		if i+1 == len(subfiles) {
			next = 0
		}
		file = order.AppendUint32(file, next)
	}
	return file
}

// TestUnsupported: a variant of TIFF or BMP that is not supported is refused with what would be right.
func TestUnsupported(t *testing.T) {
	flat := image.NewGray(image.Rect(0, 0, 3, 2))
	for name, c := range map[string]struct {
		encode        func(io.Writer) error
		variant, want string
	}{
		"bits.tif": {func(w io.Writer) error { return tiff.Encode(w, flat, nil) }, // BitsPerSample, a SHORT
			"\x02\x01\x03\x00\x01\x00\x00\x00\x08=\x02\x01\x03\x00\x01\x00\x00\x00\x0c",
			"a TIFF: tiff: unsupported feature: BitsPerSample of 12: want grey, RGB or palette of 1, 8 or 16 bits without a sign, plain, " +
				"LZW, Deflate, PackBits or CCITT, or a .npy file that Python makes of it: numpy.save("},
		"bits.bmp": {func(w io.Writer) error { return bmp.Encode(w, flat) }, // planes and bits, no compression
			"\x01\x00\x08\x00=\x01\x00\x10\x00", "a BMP: bmp: unsupported BMP image: want 1, 2, 4, 8, 24 or 32 bits a pixel"},
	} {
		var file bytes.Buffer
		if err := c.encode(&file); err != nil {
			t.Fatal(err)
		}
		from, to, _ := strings.Cut(c.variant, "=")
		path := write(t, name, func(f *os.File) error {
			_, err := f.WriteString(strings.Replace(file.String(), from, to, 1))
			return err
		})
		if _, err := ReadImage(t.Context(), path, 0); err == nil || !strings.Contains(err.Error(), path+": "+c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
