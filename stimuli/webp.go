package stimuli

import (
	"image"
	"io"
	"math"

	"golang.org/x/image/webp"
)

// decodeWebP decodes a WebP. In a lossy WebP, Y goes from 16 to 235, and Cb and Cr from 16 to 240 (RFC 6386, section
// 9.2, after ITU-R BT.601). x/image/webp returns these values in an image.YCbCr, whose values go from 0 to 255, as in
// JPEG. Black would become 0.06 and white 0.92, so decodeWebP stretches the values.
func decodeWebP(r io.Reader) (image.Image, error) {
	decoded, err := webp.Decode(r)
	switch m := decoded.(type) {
	case *image.YCbCr:
		stretch(m)
	case *image.NYCbCrA:
		stretch(&m.YCbCr)
	}
	return decoded, err
}

// stretch maps the range of BT.601 to that of JPEG, in place.
func stretch(m *image.YCbCr) {
	luma := stretched(func(v float64) float64 { return 255 * (v - 16) / 219 })
	chroma := stretched(func(v float64) float64 { return 128 + 255*(v-128)/224 })
	for i, v := range m.Y {
		m.Y[i] = luma[v]
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = chroma[m.Cb[i]], chroma[m.Cr[i]]
	}
}

func stretched(to func(v float64) float64) (table [256]uint8) {
	for v := range table {
		table[v] = uint8(math.Round(max(0, min(255, to(float64(v))))))
	}
	return table
}
