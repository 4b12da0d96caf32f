package stimuli

import (
	"image"
	"image/color"
	drawing "image/draw"
	"math/rand/v2"
	"testing"
)

// plainShade computes a pixel with the interfaces of package image alone.
func plainShade(c color.Color, background float64) (grey float32, transparent bool) {
	weighted := func(r, g, b uint32) float64 {
		return (299*float64(r) + 587*float64(g) + 114*float64(b)) / (1000 * 0xffff)
	}
	var l, alpha float64
	switch c := c.(type) {
	case color.NRGBA:
		alpha = float64(c.A) / 0xff
		l = weighted(0x101*uint32(c.R), 0x101*uint32(c.G), 0x101*uint32(c.B)) * alpha
	case color.NRGBA64:
		alpha = float64(c.A) / 0xffff
		l = weighted(uint32(c.R), uint32(c.G), uint32(c.B)) * alpha
	default:
		r, g, b, a := c.RGBA()
		l, alpha = weighted(r, g, b), float64(a)/0xffff
	}
	return float32(l + (1-alpha)*background), alpha < 1
}

// imagesOfAllTypes returns an image of each type of package image, with random pixels. No image starts at 0, 0.
func imagesOfAllTypes() map[string]image.Image {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(pix []uint8) {
		for i := range pix {
			pix[i] = uint8(random.Uint32())
		}
	}
	all := map[string]image.Image{}
	add := func(name string, m image.Image, planes ...[]uint8) {
		for _, p := range planes {
			noise(p)
		}
		all[name] = m
	}
	r := image.Rect(-3, 5, 34, 26)
	gray, gray16 := image.NewGray(r), image.NewGray16(r)
	add("Gray", gray, gray.Pix)
	add("Gray16", gray16, gray16.Pix)
	nrgba, nrgba64 := image.NewNRGBA(r), image.NewNRGBA64(r)
	add("NRGBA", nrgba, nrgba.Pix)
	add("NRGBA64", nrgba64, nrgba64.Pix)
	rgba, rgba64 := image.NewRGBA(r), image.NewRGBA64(r)
	add("RGBA", rgba)
	add("RGBA64", rgba64)
	drawing.Draw(rgba, r, nrgba, r.Min, drawing.Src) // no colour component exceeds the opacity
	drawing.Draw(rgba64, r, nrgba64, r.Min, drawing.Src)
	add("part of RGBA", rgba.SubImage(image.Rect(1, 7, 20, 11)))
	cmyk, alpha := image.NewCMYK(r), image.NewAlpha(r)
	add("CMYK", cmyk, cmyk.Pix)
	add("Alpha", alpha, alpha.Pix)
	few := image.NewPaletted(r, color.Palette{color.White, color.NRGBA{200, 100, 50, 128}, color.Gray16{Y: 777}})
	for i := range few.Pix {
		few.Pix[i] = uint8(random.IntN(3))
	}
	add("Paletted", few)
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		m := image.NewYCbCr(r, ratio)
		add("YCbCr "+ratio.String(), m, m.Y, m.Cb, m.Cr)
		with := image.NewNYCbCrA(r, ratio)
		add("NYCbCrA "+ratio.String(), with, with.Y, with.Cb, with.Cr, with.A)
	}
	return all
}

// TestRows: the rows of an image of any type equal, bit for bit, its pixels read one at a time, in every orientation of
// EXIF.
func TestRows(t *testing.T) {
	for name, m := range imagesOfAllTypes() {
		for orientation := turned(1); orientation <= 8; orientation++ {
			for _, background := range []float64{0, 0.3, 1} {
				checkRows(t, name, m, orientation, background)
			}
		}
	}
}

func checkRows(t *testing.T, name string, m image.Image, orientation turned, background float64) {
	t.Helper()
	b := m.Bounds()
	rows, columns := b.Dy(), b.Dx()
	got := make([]float32, rows*columns)
	transparent, err := grey(t.Context(), got, m, orientation, background)
	if err != nil {
		t.Fatal(err)
	}
	_, width := orientation.size(rows, columns)
	wrong, count := 0, 0
	for i, v := range got {
		y, x := storedAt(int(orientation), i/width, i%width, rows, columns)
		want, clear := plainShade(m.At(b.Min.X+x, b.Min.Y+y), background)
		if v != want {
			wrong++
		}
		if clear {
			count++
		}
	}
	if wrong > 0 || transparent != count {
		t.Errorf("%s, orientation %d, background %v: %d of %d pixels are wrong, %d are transparent, want %d", name,
			orientation, background, wrong, len(got), transparent, count)
	}
}

// storedAt returns which stored pixel is at a row and column of the picture. EXIF (CIPA DC-008, 4.6.4) says where the
// first row and the first column are in the picture.
func storedAt(orientation, row, column, rows, columns int) (y, x int) {
	fromEnd := func(i, n int) int { return n - 1 - i }
	switch orientation {
	case 2: // top, right
		return row, fromEnd(column, columns)
	case 3: // bottom, right
		return fromEnd(row, rows), fromEnd(column, columns)
	case 4: // bottom, left
		return fromEnd(row, rows), column
	case 5: // left, top
		return column, row
	case 6: // right, top
		return fromEnd(column, rows), row
	case 7: // right, bottom
		return fromEnd(column, rows), fromEnd(row, columns)
	case 8: // left, bottom
		return column, fromEnd(row, columns)
	}
	return row, column
}
