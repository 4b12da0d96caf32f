package figure

import (
	"bytes"
	bigendian "encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"regexp"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// output is a drawing that is ready for a canvas of any format.
type output struct {
	size  image.Point // of the layout, in device pixels
	paper scaled
	draw  func(canvas vg.CanvasSizer)
}

// png writes PNG. If a size on paper was asked for, the file says how many dots make a metre.
func (o output) png(w io.Writer) error {
	dots := o.paper.resolution()
	canvas := vgimg.NewWith(vgimg.UseWH(length(o.size.X), length(o.size.Y)), vgimg.UseDPI(dots))
	o.draw(raster{canvas})
	// The default level takes 190 instead of 130 ms for the three pictures of the tutorial, and makes 108 instead of
	// 125 kB. BenchmarkPictures measures both.
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if o.paper.scale == 0 && o.paper.dpi == 0 {
		return encoder.Encode(w, canvas.Image())
	}
	var file bytes.Buffer
	if err := encoder.Encode(&file, canvas.Image()); err != nil {
		return err
	}
	metres := float64(o.size.X) / dpi * o.paper.factor() * 0.0254
	_, err := w.Write(withDots(file.Bytes(), uint32(math.Round(float64(canvas.Image().Bounds().Dx())/metres))))
	return err
}

// withDots adds a pHYs chunk to a PNG, which says how many dots there are to a metre (PNG specification, 11.3.4.3). The
// chunk comes after IHDR, which ends at byte 33.
func withDots(file []byte, dots uint32) []byte {
	const header = 33
	chunk := append(bigendian.BigEndian.AppendUint32(nil, 9), "pHYs"...)
	chunk = bigendian.BigEndian.AppendUint32(bigendian.BigEndian.AppendUint32(chunk, dots), dots)
	chunk = append(chunk, 1) // the unit is a metre
	chunk = bigendian.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return bytes.Join([][]byte{file[:header], chunk, file[header:]}, nil)
}

// svg writes SVG.
func (o output) svg(w io.Writer) error {
	canvas := svgCanvas{vgsvg.New(length(o.size.X), length(o.size.Y))}
	s := sheet{canvas: canvas, height: o.size.Y}
	s.fill(image.Rectangle{Max: o.size}, color.White)
	o.draw(canvas)
	var text bytes.Buffer
	if _, err := canvas.WriteTo(&text); err != nil {
		return err
	}
	_, err := w.Write(o.sized(finishSVG(text.Bytes())))
	return err
}

// sized states the size on paper in an SVG, if one was asked for.
func (o output) sized(text []byte) []byte {
	if o.paper.scale == 0 {
		return text
	}
	size := regexp.MustCompile(`width="[^"]*pt" height="[^"]*pt"`)
	at := size.FindIndex(text)
	if at == nil {
		return text
	}
	mm := func(units int) float64 { return float64(units) / dpi * 25.4 * o.paper.factor() }
	return bytes.Join([][]byte{text[:at[0]], fmt.Appendf(nil, `width="%.5gmm" height="%.5gmm"`, mm(o.size.X),
		mm(o.size.Y)), text[at[1]:]}, nil)
}

// finishSVG adds what vgsvg leaves out: that viewers must not smooth the images, which fonts may replace a missing one,
// and the true type of the images.
func finishSVG(text []byte) []byte {
	const head = `xmlns:xlink="http://www.w3.org/1999/xlink">`
	const style = head + `
<style>
image { image-rendering: pixelated }
text { font-family: "Liberation Sans", Arial, Helvetica, sans-serif !important }
</style>`
	text = bytes.Replace(text, []byte(head), []byte(style), 1)
	return bytes.ReplaceAll(text, []byte(`"data:image/jpg;`), []byte(`"data:image/png;`))
}

// written names the format in an error.
func written(format string, err error) error {
	if err != nil {
		return fmt.Errorf("figure: write %s: %w", format, err)
	}
	return nil
}
