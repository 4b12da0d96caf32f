package stimuli

import (
	"context"
	"image"
	"image/color"
)

// grey writes a decoded image into dst, row by row, as grey pixels on a background, and turns it upright. It returns
// how many pixels are not opaque. It ends soon after ctx is done.
func grey(ctx context.Context, dst []float32, decoded image.Image, turn turned, background float64) (int, error) {
	bounds := decoded.Bounds()
	rows, columns := bounds.Dy(), bounds.Dx()
	read := rowReader(decoded, background)
	row, transparent := make([]float32, columns), 0
	for y := range rows {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if turn.upright() {
			transparent += read(dst[y*columns:][:columns], bounds.Min.Y+y)
			continue
		}
		transparent += read(row, bounds.Min.Y+y)
		at, step := turn.place(y, rows, columns)
		for _, v := range row {
			dst[at] = v
			at += step
		}
	}
	return transparent, nil
}

// rowReader returns a function that writes row y of an image, on a background, into dst and returns how many of its
// pixels are not opaque. The types that common files decode to are read directly from memory. All others are read with
// the method At, which takes several times as long and allocates for each pixel. TestRows compares the two.
func rowReader(decoded image.Image, background float64) func(dst []float32, y int) int {
	low := decoded.Bounds().Min.X
	switch m := decoded.(type) {
	case *image.Gray:
		table := shades(256, background, func(i int) color.Color { return color.Gray{Y: uint8(i)} })
		return func(dst []float32, y int) int { return lookUp(dst, m.Pix[m.PixOffset(low, y):], table) }
	case *image.Paletted:
		table := shades(len(m.Palette), background, func(i int) color.Color { return m.Palette[i] })
		return func(dst []float32, y int) int { return lookUp(dst, m.Pix[m.PixOffset(low, y):], table) }
	case *image.Gray16:
		return func(dst []float32, y int) int { return readGray16(dst, m.Pix[m.PixOffset(low, y):], background) }
	case *image.RGBA:
		return func(dst []float32, y int) int { return readRGBA(dst, m.Pix[m.PixOffset(low, y):], background) }
	case *image.RGBA64:
		return func(dst []float32, y int) int { return readRGBA64(dst, m.Pix[m.PixOffset(low, y):], background) }
	case *image.NRGBA:
		return func(dst []float32, y int) int { return readNRGBA(dst, m.Pix[m.PixOffset(low, y):], background) }
	case *image.NRGBA64:
		return func(dst []float32, y int) int { return readNRGBA64(dst, m.Pix[m.PixOffset(low, y):], background) }
	case *image.YCbCr:
		return func(dst []float32, y int) int { return readYCbCr(dst, m, low, y) }
	}
	return func(dst []float32, y int) (transparent int) {
		for x := range dst {
			s := shadeOf(decoded.At(low+x, y), background)
			dst[x] = s.grey
			transparent += s.transparent
		}
		return transparent
	}
}

// shade is a colour as a grey on the background.
type shade struct {
	grey        float32
	transparent int // 1 if it is not opaque
}

// shadeOf turns a colour into a grey on a background.
func shadeOf(c color.Color, background float64) shade {
	switch c := c.(type) { // their method RGBA rounds the product of colour and opacity
	case color.NRGBA:
		alpha := float64(c.A) / 0xff
		return on(background, luma(0x101*uint32(c.R), 0x101*uint32(c.G), 0x101*uint32(c.B))*alpha, alpha)
	case color.NRGBA64:
		alpha := float64(c.A) / 0xffff
		return on(background, luma(uint32(c.R), uint32(c.G), uint32(c.B))*alpha, alpha)
	}
	r, g, b, a := c.RGBA()
	return on(background, luma(r, g, b), float64(a)/0xffff)
}

// luma returns the luma, 0 … 1, of a colour of 16 bits per channel.
func luma(r, g, b uint32) float64 {
	return (299*float64(r) + 587*float64(g) + 114*float64(b)) / (1000 * 0xffff)
}

// on lays a luma on a background. luma is already multiplied by alpha, its opacity.
func on(background, luma, alpha float64) shade {
	s := shade{grey: float32(luma + (1-alpha)*background)}
	if alpha < 1 {
		s.transparent = 1
	}
	return s
}

// shades returns the shades of n colours, at most 256.
func shades(n int, background float64, colour func(i int) color.Color) *[256]shade {
	var table [256]shade
	for i := range min(n, len(table)) {
		table[i] = shadeOf(colour(i), background)
	}
	return &table
}

func lookUp(dst []float32, pix []uint8, table *[256]shade) (transparent int) {
	for x := range dst {
		s := table[pix[x]]
		dst[x] = s.grey
		transparent += s.transparent
	}
	return transparent
}

// sixteen returns the big-endian number of 16 bits at an index.
func sixteen(pix []uint8, at int) uint32 { return uint32(pix[at])<<8 | uint32(pix[at+1]) }

func readGray16(dst []float32, pix []uint8, background float64) int {
	for x := range dst {
		v := sixteen(pix, 2*x)
		dst[x] = on(background, luma(v, v, v), 1).grey
	}
	return 0
}

func readRGBA(dst []float32, pix []uint8, background float64) (transparent int) {
	for x := range dst {
		p := pix[4*x:][:4]
		s := on(background, luma(0x101*uint32(p[0]), 0x101*uint32(p[1]), 0x101*uint32(p[2])),
			float64(0x101*uint32(p[3]))/0xffff)
		dst[x] = s.grey
		transparent += s.transparent
	}
	return transparent
}

func readRGBA64(dst []float32, pix []uint8, background float64) (transparent int) {
	for x := range dst {
		p := pix[8*x:][:8]
		s := on(background, luma(sixteen(p, 0), sixteen(p, 2), sixteen(p, 4)), float64(sixteen(p, 6))/0xffff)
		dst[x] = s.grey
		transparent += s.transparent
	}
	return transparent
}

func readNRGBA(dst []float32, pix []uint8, background float64) (transparent int) {
	for x := range dst {
		p := pix[4*x:][:4]
		alpha := float64(p[3]) / 0xff
		s := on(background, luma(0x101*uint32(p[0]), 0x101*uint32(p[1]), 0x101*uint32(p[2]))*alpha, alpha)
		dst[x] = s.grey
		transparent += s.transparent
	}
	return transparent
}

func readNRGBA64(dst []float32, pix []uint8, background float64) (transparent int) {
	for x := range dst {
		p := pix[8*x:][:8]
		alpha := float64(sixteen(p, 6)) / 0xffff
		s := on(background, luma(sixteen(p, 0), sixteen(p, 2), sixteen(p, 4))*alpha, alpha)
		dst[x] = s.grey
		transparent += s.transparent
	}
	return transparent
}

func readYCbCr(dst []float32, m *image.YCbCr, low, y int) int {
	for x := range dst {
		at := m.COffset(low+x, y)
		r, g, b, _ := color.YCbCr{Y: m.Y[m.YOffset(low+x, y)], Cb: m.Cb[at], Cr: m.Cr[at]}.RGBA()
		dst[x] = on(0, luma(r, g, b), 1).grey
	}
	return 0
}
