package figure

import (
	"bytes"
	"strings"
	"testing"
)

// TestPolar: degrees at the spokes, and the largest response at its angle: 90° is down, as on a screen.
func TestPolar(t *testing.T) {
	line := Line{Style: Points, X: []float64{0, 90, 180, 270}, Y: []float64{0, 4, 0, 0}}
	c := chartOf(t)(Plots([]Axes{{Title: "cell 0", Polar: true, Lines: []Line{line}}}))
	var text, file bytes.Buffer
	if err := c.WriteSVG(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"cell 0", "0°", "45°", "315°", "4"} {
		if !strings.Contains(text.String(), ">"+want+"<") {
			t.Errorf("it does not say %q", want)
		}
	}
	if err := c.WritePNG(&file); err != nil {
		t.Fatal(err)
	}
	img := decodedPixels(t, &file)
	lowest, rows := 0, 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, g, b, _ := img.At(x, y).RGBA(); r>>8 < 40 && g>>8 > 90 && g>>8 < 140 && b>>8 > 150 {
				lowest, rows = y, rows+1
			}
		}
	}
	if rows < 8 || lowest < img.Bounds().Dy()*2/3 {
		t.Errorf("the lowest of %d blue pixels is in row %d of %d", rows, lowest, img.Bounds().Dy())
	}
	if _, err := Plots([]Axes{{Polar: true, Lines: []Line{{X: []float64{1}}}}}); err == nil {
		t.Error("a line without responses is drawn")
	}
}
