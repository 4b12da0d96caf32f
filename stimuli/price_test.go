package stimuli

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// pricedFiles writes pictures of each kind and layout, which take up to half a megabyte of memory.
func pricedFiles(t *testing.T) map[string]string {
	t.Helper()
	const side = 256
	r, random := image.Rect(0, 0, side, side+7), rand.New(rand.NewPCG(3, 4))
	colours, deep, grey := image.NewNRGBA(r), image.NewNRGBA64(r), image.NewGray(r)
	grey16, few := image.NewGray16(r), image.NewPaletted(r, color.Palette{color.White, color.Transparent})
	for i := range grey.Pix {
		grey.Pix[i] = uint8(random.Uint32())
		few.Pix[i] = grey.Pix[i] % 2
		for at := 4 * i; at < 4*i+4; at++ {
			colours.Pix[at] = uint8(random.Uint32())
			deep.Pix[2*at] = colours.Pix[at]
		}
		grey16.Pix[2*i] = grey.Pix[i]
	}
	files := map[string]string{}
	add := func(name string, encode func(w io.Writer) error) {
		files[name] = write(t, "picture", func(f *os.File) error { return encode(f) })
	}
	for name, m := range map[string]image.Image{"colours": colours, "deep": deep, "grey": grey, "grey16": grey16,
		"few": few} {
		add("PNG of "+name, func(w io.Writer) error { return png.Encode(w, m) })
		add("TIFF of "+name, func(w io.Writer) error { return tiff.Encode(w, m, nil) })
		add("TIFF of "+name+", deflated", func(w io.Writer) error {
			return tiff.Encode(w, m, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
		})
		add("BMP of "+name, func(w io.Writer) error { return bmp.Encode(w, m) })
		add("JPEG of "+name, func(w io.Writer) error { return jpeg.Encode(w, m, nil) })
	}
	add("PNG of grey, with a transparent one", func(w io.Writer) error {
		var plain bytes.Buffer
		if err := png.Encode(&plain, grey); err != nil {
			return err
		}
		_, err := w.Write(withChunk(plain.Bytes(), "tRNS", []byte{0, 7}))
		return err
	})
	add("PNG in passes", func(w io.Writer) error { _, err := w.Write(interlacedPNG(side, side)); return err })
	kept, err := filepath.Glob(filepath.Join("testdata", "pictures", "*.gz"))
	if err != nil || len(kept) < 8 {
		t.Fatalf("%d stored pictures, %v", len(kept), err)
	}
	for _, path := range kept {
		add(filepath.Base(path), func(w io.Writer) error { return unzip(w, path) })
	}
	return files
}

// TestPrice: decoding takes no more memory than its price, and not much less.
func TestPrice(t *testing.T) {
	if testing.Short() {
		t.Skip("it counts allocations, and the race detector empties pools of buffers at random")
	}
	for name, path := range pricedFiles(t) {
		f, err := openImage(t.Context(), path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plane := make([]float32, f.rows*f.columns)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		_, err = f.draw(plane, 0)
		runtime.ReadMemStats(&after)
		f.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		const aside = 1 << 18 // tables and buffers of a decoder
		taken := float64(after.TotalAlloc - before.TotalAlloc)
		if taken > f.bytes+aside {
			t.Errorf("%s of %d×%d takes %.0f bytes, its price is %.0f", name, f.rows, f.columns, taken, f.bytes)
		}
		if f.bytes > 50*float64(len(plane))+aside {
			t.Errorf("%s of %d×%d costs %.0f bytes, which is far too much", name, f.rows, f.columns, f.bytes)
		}
	}
}

func unzip(w io.Writer, path string) error {
	packed, err := os.Open(path)
	if err != nil {
		return err
	}
	defer packed.Close()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, plain)
	return err
}

// interlacedPNG returns a black PNG with 16 bits a channel, opacity and seven passes (PNG, section 8.2).
func interlacedPNG(rows, columns int) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(columns)), uint32(rows))
	var data bytes.Buffer
	packer := zlib.NewWriter(&data)
	for _, pass := range [][4]int{{0, 8, 0, 8}, {0, 8, 4, 8}, {4, 8, 0, 4}, {0, 4, 2, 4}, {2, 4, 0, 2}, {0, 2, 1, 2},
		{1, 2, 0, 1}} {
		for y := pass[0]; y < rows; y += pass[1] {
			packer.Write(make([]byte, 1+8*((columns-pass[2]+pass[3]-1)/pass[3]))) // its filter is none
		}
	}
	packer.Close()
	file := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(head, 16, 6, 0, 0, 1))...)
	file = append(file, pngChunk("IDAT", data.Bytes())...)
	return append(file, pngChunk("IEND", nil)...)
}

// TestPriceOfBlocks: the price of a TIFF includes its strips and tiles, and that of a JPEG depends on its kind, as
// their headers say.
func TestPriceOfBlocks(t *testing.T) {
	size := image.Config{Width: 100, Height: 50}
	for name, c := range map[string]struct {
		fields [][2]uint32 // tag and value
		want   float64
	}{
		"no strips":  {nil, 5000},
		"strips":     {[][2]uint32{{278, 8}}, 800},
		"one strip":  {[][2]uint32{{278, 1 << 31}}, 5000},
		"tiles":      {[][2]uint32{{278, 8}, {322, 256}, {323, 128}}, 256 * 128},
		"huge tiles": {[][2]uint32{{322, 1 << 16}, {323, 1 << 16}}, 1 << 32},
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			if got := tiffBlock(bytes.NewReader(tiffOf(order, c.fields)), size); got != c.want {
				t.Errorf("%s, %v: %v pixels, want %v", name, order, got, c.want)
			}
		}
	}
	for frame, want := range map[string]bool{
		"\xff\xe0\x00\x04ab\xff\xc0\x00\x0b": false, "\xff\xdb\x00\x02\xff\xff\xff\xc1\x00\x0b": false,
		"\xff\xe1\x00\x06abcd\xff\xc2\x00\x0b": true, "\xff\x01\xff\xd0\xff\xc2\x00\x0b": true, "\xff\xe0\x00": true, "": true,
	} {
		if got := progressive(bytes.NewReader([]byte("\xff\xd8" + frame))); got != want {
			t.Errorf("JPEG %q: progressive is %v, want %v", frame, got, want)
		}
	}
}

// tiffOf returns the first directory of a TIFF, of fields of type LONG.
func tiffOf(order binary.AppendByteOrder, fields [][2]uint32) []byte {
	file := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		file = []byte("MM\x00*")
	}
	file = order.AppendUint16(order.AppendUint32(file, 8), uint16(len(fields)))
	for _, f := range fields {
		file = order.AppendUint16(order.AppendUint16(file, uint16(f[0])), 4)
		file = order.AppendUint32(order.AppendUint32(file, 1), f[1])
	}
	return order.AppendUint32(file, 0)
}
