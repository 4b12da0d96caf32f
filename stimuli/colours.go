package stimuli

import (
	"context"
	"image"
	"image/color"
)

// colours writes a decoded image into three planes, R, G and B from 0 to 1, on a grey background, and turns it upright.
// It returns how many pixels are not opaque. It ends soon after ctx is done.
func colours(ctx context.Context, dst *[3][]float32, decoded image.Image, turn turned, background float64) (
	int, error) {
	bounds := decoded.Bounds()
	rows, columns := bounds.Dy(), bounds.Dx()
	read := colourReader(decoded, background)
	row, transparent := [3][]float32{}, 0
	for c := range row {
		row[c] = make([]float32, columns)
	}
	for y := range rows {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		transparent += read(&row, bounds.Min.Y+y)
		at, step := turn.place(y, rows, columns)
		for c := range row {
			place := at
			for _, v := range row[c] {
				dst[c][place] = v
				place += step
			}
		}
	}
	return transparent, nil
}

// colourReader returns a function that writes row y of an image into three rows, on a background, and returns how many
// of its pixels are not opaque. JPEG's type is read without a call for each pixel.
func colourReader(decoded image.Image, background float64) func(dst *[3][]float32, y int) int {
	low := decoded.Bounds().Min.X
	if m, ok := decoded.(*image.YCbCr); ok {
		return func(dst *[3][]float32, y int) int {
			for x := range dst[0] {
				at := m.COffset(low+x, y)
				r, g, b := color.YCbCrToRGB(m.Y[m.YOffset(low+x, y)], m.Cb[at], m.Cr[at])
				dst[0][x], dst[1][x], dst[2][x] = float32(r)/255, float32(g)/255, float32(b)/255
			}
			return 0
		}
	}
	return func(dst *[3][]float32, y int) (transparent int) {
		for x := range dst[0] {
			v, alpha := straight(decoded.At(low+x, y))
			for c := range dst {
				dst[c][x] = float32(v[c]*alpha + (1-alpha)*background)
			}
			if alpha < 1 {
				transparent++
			}
		}
		return transparent
	}
}

// straight returns the channels of a colour, not multiplied by its opacity, and its opacity.
func straight(c color.Color) (v [3]float64, alpha float64) {
	switch c := c.(type) { // their method RGBA rounds the product of colour and opacity
	case color.NRGBA:
		return [3]float64{float64(c.R) / 255, float64(c.G) / 255, float64(c.B) / 255}, float64(c.A) / 255
	case color.NRGBA64:
		return [3]float64{float64(c.R) / 65535, float64(c.G) / 65535, float64(c.B) / 65535}, float64(c.A) / 65535
	}
	r, g, b, a := c.RGBA()
	if a == 0 {
		return v, 0
	}
	return [3]float64{float64(r) / float64(a), float64(g) / float64(a), float64(b) / float64(a)}, float64(a) / 65535
}
