package figure

import (
	"bytes"
	"compress/zlib"
	bigendian "encoding/binary"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gpuconv/conv"
)

// pages are drawings of each kind on a page.
func pages(t *testing.T, page Page) map[string]Drawing {
	look := Look{Colours: BlueRed, Page: page}
	chart := chartOf(t)(Plots([]Axes{{Title: "a", XLabel: "x", YLabel: "y",
		Lines: []Line{{X: []float64{0, 1}, Y: []float64{1, 2}}}}}))
	if err := chart.On(page); err != nil {
		t.Fatal(err)
	}
	return map[string]Drawing{
		"stimuli": must(t)(Stimuli(waves(t, 5, 1, 48, 64), nil, look)),
		"filters": must(t)(Filters(waves(t, 6, 1, 7, 7), nil, look)),
		"maps": must(t)(Activations(Maps{Stimuli: waves(t, 2, 1, 48, 64), Activations: waves(t, 2, 3, 48, 64),
			Field: image.Rect(20, 20, 27, 27)}, look)),
		"matrix": must(t)(Matrix(Grid{Values: [][]float64{{0, 1}, {1, 0}}}, look)),
		"chart":  chart,
	}
}

// TestPage: pictures have the width that was asked for, a PNG in dots, an SVG and a PDF in millimetres. Their text has
// the size that was asked for.
func TestPage(t *testing.T) {
	for i, page := range []Page{{Width: 85, DPI: 300}, {Width: 170, DPI: 150, FontSize: 7}, {FontSize: 12},
		{Width: 120, FontSize: 8, DPI: 72}} {
		if testing.Short() && i > 0 { // the race detector slows drawing
			break
		}
		// Six panels in a row leave no room for large text.
		cramped := map[string]bool{"filters": page.Width == 120}
		for name, d := range pages(t, page) {
			var file bytes.Buffer
			if err := d.WritePNG(&file); err != nil {
				t.Fatal(err)
			}
			dpi := page.DPI
			if dpi == 0 {
				dpi = 144
			}
			header := file.Bytes()
			dots, perMetre := bigendian.BigEndian.Uint32(header[16:20]), bigendian.BigEndian.Uint32(header[41:45])
			if string(header[37:41]) != "pHYs" {
				t.Fatalf("%s on %+v: no pHYs", name, page)
			}
			if got := float64(dots) / float64(perMetre) * 1000; page.Width > 0 && math.Abs(got-page.Width) > 0.1 {
				t.Errorf("%s on %+v: the PNG is %.2f mm wide", name, page, got)
			}
			if got := float64(perMetre) * 0.0254; got < dpi-0.1 || got > dpi+2 {
				t.Errorf("%s on %+v: %.1f dots per inch", name, page, got)
			}
			file.Reset()
			if err := d.WriteSVG(&file); err != nil {
				t.Fatal(err)
			}
			found := regexp.MustCompile(`width="([0-9.]+)mm" height="[0-9.]+mm" viewBox="0 0 ([0-9.]+) `).
				FindStringSubmatch(file.String())
			if found == nil {
				t.Fatalf("%s on %+v: the SVG begins with %.300s", name, page, file.String())
			}
			mm, _ := strconv.ParseFloat(found[1], 64)
			points, _ := strconv.ParseFloat(found[2], 64)
			if page.Width > 0 && math.Abs(mm-page.Width) > 0.1 {
				t.Errorf("%s on %+v: the SVG is %v mm wide", name, page, mm)
			}
			// text of 9 points in the layout
			if got := 9 * mm / (points / 72 * 25.4); page.FontSize > 0 && (got > 1.02*page.FontSize ||
				got < 0.98*page.FontSize && !cramped[name]) {
				t.Errorf("%s on %+v: the text has %.2f points", name, page, got)
			}
			checkPDF(t, name, d, mm)
		}
	}
}

// checkPDF checks the size of a PDF's page, in millimetres, and that the PDF does not say when it was made.
func checkPDF(t *testing.T, name string, d Drawing, mm float64) {
	var file bytes.Buffer
	if err := d.WritePDF(&file); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`/MediaBox \[0 0 ([0-9.]+) `).FindStringSubmatch(file.String())
	if found == nil || !strings.HasPrefix(file.String(), "%PDF-") {
		t.Fatalf("%s: no page in the PDF", name)
	}
	if points, _ := strconv.ParseFloat(found[1], 64); math.Abs(points/72*25.4-mm) > 0.1 {
		t.Errorf("%s: the PDF is %.2f mm wide, the SVG %.2f", name, points/72*25.4, mm)
	}
	checkUpright(t, name, file.Bytes())
	if pages := len(regexp.MustCompile(`/Type /Page\n`).FindAllString(file.String(), -1)); pages != 1 {
		t.Errorf("%s: the PDF has %d pages", name, pages)
	}
	if strings.Contains(file.String(), "(D:2") && !strings.Contains(file.String(), "(D:20000101000000)") {
		t.Errorf("%s: the PDF has the time", name)
	}
}

// checkUpright follows the matrices of a PDF's page to each image: an image is upright if its y axis points up in the
// end (PDF 32000-1, 8.9.5).
func checkUpright(t *testing.T, name string, file []byte) {
	images := 0
	for _, part := range bytes.Split(file, []byte("stream\n"))[1:] {
		unpacked, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue
		}
		content, _ := io.ReadAll(unpacked)
		if !bytes.Contains(content, []byte(" cm")) || bytes.ContainsRune(content, 0) { // or a font
			continue
		}
		up, stack := 1.0, []float64{}
		var operands []string
		for _, word := range strings.Fields(string(content)) {
			switch word {
			case "q":
				stack = append(stack, up)
			case "Q":
				if len(stack) > 0 { // the last one closes the page
					up, stack = stack[len(stack)-1], stack[:len(stack)-1]
				}
			case "cm":
				if d, err := strconv.ParseFloat(operands[len(operands)-3], 64); err == nil && d != 0 {
					up *= d
				}
			case "Do":
				if images++; up < 0 {
					t.Fatalf("%s: image %d of the PDF is upside down", name, images)
				}
			}
			operands = append(operands, word)
		}
	}
	if name != "chart" && images < 2 {
		t.Errorf("%s: %d images in the PDF", name, images)
	}
}

// TestPageRefuses: sizes that no page has.
func TestPageRefuses(t *testing.T) {
	for want, page := range map[string]Page{
		"width 5: want 10 to 2000 mm":            {Width: 5},
		"dpi 5000: want 36 to 600 dots per inch": {DPI: 5000},
		"want at most 12000 dots in all":         {Width: 1000, DPI: 600},
		"font size NaN: want 3 to 72 pt":         {FontSize: math.NaN()},
	} {
		_, err := Filters(waves(t, 6, 1, 7, 7), nil, Look{Page: page})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
		chart := chartOf(t)(Plots([]Axes{{}}))
		if err := chart.On(page); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("chart: error %v, want %q in it", err, want)
		}
	}
}

// TestScales: if each filter has a range of its own, weak filters are drawn as strongly as others, and their titles
// have the range. Automatic does so if a filter would look blank otherwise.
func TestScales(t *testing.T) {
	weight := tensor(t, conv.Shape{2, 1, 1, 2}, 1, -1, 0.1, -0.1)
	for scale, want := range map[Scale]string{All: "b", Each: "b, ±0.1", Automatic: "b, ±0.1"} {
		p := must(t)(Filters(weight, []string{"a", "b"}, Look{Scale: scale}))
		got := p.rows[0][1]
		if got.title != want {
			t.Errorf("%v: title %q, want %q", scale, got.title, want)
		}
		if c := got.img.RGBAAt(0, 0); (c == red) != (scale != All) {
			t.Errorf("%v: the largest weight is %v", scale, c)
		}
	}
	close := tensor(t, conv.Shape{2, 1, 1, 2}, 1, -1, 0.3, -0.1)
	if p := must(t)(Filters(close, []string{"a", "b"}, Look{Scale: Automatic})); p.rows[0][1].title != "b" {
		t.Errorf("title %q", p.rows[0][1].title)
	}
}

// TestPositiveMaps: activations that are not below 0 begin at the lowest colour.
func TestPositiveMaps(t *testing.T) {
	m := Maps{Stimuli: waves(t, 1, 1, 1, 2), Activations: tensor(t, conv.Shape{1, 1, 1, 2}, 0, 4), Positive: true}
	p := must(t)(Activations(m, Look{}))
	if first, last := p.rows[0][1].img.RGBAAt(0, 0), p.rows[0][1].img.RGBAAt(191, 0); first != white || last != red {
		t.Errorf("0 is %v and the largest %v", first, last)
	}
	if p.bar.colors.min != 0 || p.bar.colors.max != 4 {
		t.Errorf("the bar goes from %v to %v", p.bar.colors.min, p.bar.colors.max)
	}
}

var updatePictures = flag.Bool("update-pictures", false, "write the golden pictures in testdata anew")

// TestGoldenPictures compares decoded pixels with those of pictures that were looked at. Text may differ a little, as
// compilers fuse products and sums on some processors.
func TestGoldenPictures(t *testing.T) {
	for name, d := range pages(t, Page{Width: 85, DPI: 72, FontSize: 7}) {
		var file bytes.Buffer
		if err := d.WritePNG(&file); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name+".png")
		if *updatePictures {
			if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, want := decodedPixels(t, &file), decodedPixels(t, golden)
		golden.Close()
		if got.Rect != want.Rect {
			t.Errorf("%s: %v, want %v", name, got.Rect, want.Rect)
			continue
		}
		other := 0
		for i := range got.Pix {
			if d := int(got.Pix[i]) - int(want.Pix[i]); d < -8 || d > 8 {
				other++
			}
		}
		if other > len(got.Pix)/1000 {
			t.Errorf("%s: %d of %d numbers of its pixels differ from %s", name, other, len(got.Pix), path)
		}
	}
}

func decodedPixels(t *testing.T, file interface{ Read([]byte) (int, error) }) *image.RGBA {
	t.Helper()
	img, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Over)
	return out
}

func chartOf(t *testing.T) func(*Chart, error) *Chart {
	return func(c *Chart, err error) *Chart {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// TestNarrowPage: on a page as wide as a journal's column, panels keep a size at which they can be read, in fewer
// columns. Where there cannot be fewer columns, the text becomes smaller. Text is not below 6 points where only the
// width is given.
func TestNarrowPage(t *testing.T) {
	page := Page{Width: 85, FontSize: 7}
	var all []Axes
	for range 16 {
		all = append(all, Axes{Title: "cell 11, nma-gabor θ 135°, prefers 135°", YLabel: "response",
			XLabel: "spatial frequency (cycles/pixel)", Lines: []Line{{X: []float64{0, 1}, Y: []float64{1, 2}}}})
	}
	c := chartOf(t)(Plots(all))
	if err := c.On(page); err != nil {
		t.Fatal(err)
	}
	p := c.rows[7][1]
	if len(c.rows) != 8 || c.axes[0] < leastAxes || c.axes[1] < leastHeight ||
		math.Abs(baseFont*c.paper.scale-7) > 0.1 || !strings.Contains(p.X.Label.Text, "\n") ||
		!strings.Contains(p.Title.Text, "\n") {
		t.Errorf("%d rows of %v, text of %v points, %q, %q", len(c.rows), c.axes, baseFont*c.paper.scale, p.Title.Text,
			p.X.Label.Text)
	}
	look := Look{Page: page}
	for name, d := range map[string]*Picture{
		"stimuli": must(t)(Stimuli(waves(t, 5, 1, 128, 128), nil, look)),
		"filters": must(t)(Filters(waves(t, 16, 1, 25, 25), nil, look)),
		"maps": must(t)(Activations(Maps{Stimuli: waves(t, 2, 1, 128, 128), Activations: waves(t, 2, 8, 128, 128)},
			look)),
		"width alone": must(t)(Filters(waves(t, 8, 1, 25, 25), nil, Look{Page: Page{Width: 85}})),
	} {
		if side := d.rows[0][0].size.X; side < narrowest*9/10 {
			t.Errorf("%s: panels are %d wide", name, side)
		}
		font := map[string]float64{"stimuli": 7, "filters": 7, "maps": 3, "width alone": leastFont}[name]
		if got := baseFont * d.paper.scale; got < 0.97*font {
			t.Errorf("%s: text of %v points", name, got)
		}
	}
}
