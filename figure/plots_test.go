package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// waveform is a line that goes up and down.
func waveform() Line {
	var l Line
	for i := range 36 {
		l.X, l.Y = append(l.X, float64(i)*5), append(l.Y, 1+math.Cos(float64(i)/3))
	}
	return l
}

func chart(t *testing.T, all ...Axes) *Chart {
	t.Helper()
	c, err := Plots(all)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// texts returns the texts of a chart.
func texts(t *testing.T, c *Chart) []string {
	t.Helper()
	var file bytes.Buffer
	if err := c.WriteSVG(&file); err != nil {
		t.Fatal(err)
	}
	var all []string
	for decoder := xml.NewDecoder(&file); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "text" {
			var text string
			if err := decoder.DecodeElement(&text, &start); err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
	}
}

func TestPlotsTexts(t *testing.T) {
	line := waveform()
	line.Name = "measured"
	c := chart(t,
		Axes{Title: "cell 0", XLabel: "orientation (°)", YLabel: "response", Lines: []Line{line},
			XTicks: []float64{0, 45, 90, 135, 180}},
		Axes{Title: "cell 1", XLabel: "cycles/pixel", LogX: true, XTicks: []float64{0.025, 0.1},
			Lines: []Line{{X: []float64{0.025, 0.1}, Y: []float64{-1, 2}}}},
		Axes{Title: "silent", Lines: []Line{{X: []float64{1, 2}, Y: []float64{0, math.NaN()}}}})
	got := texts(t, c)
	for _, want := range []string{"cell 0", "cell 1", "silent", "orientation (°)", "response", "measured", "45", "135",
		"180", "0.025", "0.1", "−1"} {
		if !slices.Contains(got, want) {
			t.Errorf("the chart says %q, and not %q", got, want)
		}
	}
}

// TestPlotsColors: each line has its colour, and a line without points is not drawn.
func TestPlotsColors(t *testing.T) {
	low := waveform()
	for i := range low.Y {
		low.Y[i] /= 3
	}
	count := func(lines ...Line) map[[3]uint32]int {
		var file bytes.Buffer
		if err := chart(t, Axes{Lines: lines}).WritePNG(&file); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&file)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[[3]uint32]int{}
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				r, g, b, _ := img.At(x, y).RGBA()
				counts[[3]uint32{r >> 8, g >> 8, b >> 8}]++
			}
		}
		return counts
	}
	blue, red := [3]uint32{0, 114, 178}, [3]uint32{213, 94, 0}
	if one := count(waveform()); one[blue] < 100 || one[red] != 0 {
		t.Errorf("one line: %d blue pixels, %d red", one[blue], one[red])
	}
	if two := count(waveform(), low); two[blue] < 100 || two[red] < 100 {
		t.Errorf("two lines: %d blue pixels, %d red", two[blue], two[red])
	}
	nothing := Line{X: []float64{1}, Y: []float64{math.Inf(1)}}
	if none := count(nothing, nothing); none[blue] != 0 || none[red] != 0 {
		t.Errorf("lines of infinities: %d blue pixels, %d red", none[blue], none[red])
	}
}

func TestPlotsStyles(t *testing.T) {
	sizes := map[int]bool{}
	for _, style := range []Style{Solid, Points, LinePoints, Steps} {
		line := waveform()
		line.Style = style
		var file bytes.Buffer
		if err := chart(t, Axes{Lines: []Line{line}}).WriteSVG(&file); err != nil {
			t.Fatal(err)
		}
		sizes[file.Len()] = true
	}
	if len(sizes) != 4 {
		t.Error("two styles give the same picture")
	}
}

// TestPlotsLayout: there are four plots in a row, the rows are evenly filled, and there are 40 plots at most.
func TestPlotsLayout(t *testing.T) {
	for n, want := range map[int][2]int{1: {1, 1}, 4: {1, 4}, 5: {2, 3}, 9: {3, 3}, 40: {10, 4}, 41: {10, 4}} {
		c := chart(t, make([]Axes, n)...)
		if got := [2]int{len(c.rows), len(c.rows[0])}; got != want {
			t.Errorf("%d axes are in %d rows of %d, want %v", n, got[0], got[1], want)
		}
		if said := slices.Contains(texts(t, c), "40 of 41"); said != (n > 40) {
			t.Errorf("%d axes: the note is there: %v", n, said)
		}
	}
}

func TestPlotsRefusals(t *testing.T) {
	for want, axes := range map[string][]Axes{
		"figure: no axes": nil,
		"figure: axes 1: line 0 has 1 values and 0 responses": {{}, {Lines: []Line{{X: []float64{1}}}}},
		"figure: axes 0: line 0 at 0: want values above 0": {{LogX: true,
			Lines: []Line{{X: []float64{0}, Y: []float64{1}}}}},
	} {
		if _, err := Plots(axes); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s…", err, want)
		}
	}
}

func TestChartSave(t *testing.T) {
	dir := t.TempDir()
	c := chart(t, Axes{Lines: []Line{waveform()}})
	for name, magic := range map[string]string{"a.png": "\x89PNG", "a.svg": "<?xml"} {
		if err := c.Save(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(filepath.Join(dir, name)); !bytes.HasPrefix(b, []byte(magic)) {
			t.Errorf("%s starts with %.8q", name, b)
		}
	}
	if err := c.Save(filepath.Join(dir, "a.txt")); err == nil {
		t.Error("a .txt is written")
	}
	wantNames(t, dir, "a.png", "a.svg")
}

func TestMatrix(t *testing.T) {
	p := must(t)(Matrix(Grid{Values: [][]float64{{0, 1, 2}, {1, 0, math.NaN()}, {2, 1, 0}},
		Title: "alike?", Label: "1 − r", X: []float64{0, 22.5, 45}, XLabel: "orientation (°)"}, Look{}))
	got := p.rows[0][0]
	side := got.img.Rect.Dx() / 3
	for _, c := range []struct {
		row, column int
		r, g, b     uint8
	}{{0, 0, 255, 255, 255}, {0, 1, 255, 128, 128}, {0, 2, 255, 0, 0}, {1, 2, 0, 0, 0}} {
		at := got.img.RGBAAt(c.column*side+side/2, c.row*side+side/2)
		if at.R != c.r || at.G != c.g || at.B != c.b {
			t.Errorf("row %d, column %d is %v, want %v", c.row, c.column, at, c)
		}
	}
	texts := parseSVG(t, p).Texts
	for _, want := range []string{"alike?", "1 − r", "orientation (°)", "22.5", "45"} {
		if !slices.Contains(texts, want) {
			t.Errorf("it says %q, want %q among it", texts, want)
		}
	}
	for want, m := range map[string][][]float64{"at least 1 row": nil, "and 1 column": {{}},
		"matrix row 1 of 1 values: want 2": {{1, 2}, {1}}} {
		if _, err := Matrix(Grid{Values: m}, Look{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}

// TestPlotsFromZero: the vertical axis includes 0.
func TestPlotsFromZero(t *testing.T) {
	for name, y := range map[string][]float64{"above": {5, 6}, "below": {-6, -5}, "flat": {5, 5}} {
		if got := texts(t, chart(t, Axes{Lines: []Line{{X: []float64{1, 2}, Y: y}}})); !slices.ContainsFunc(got,
			func(s string) bool { return s == "0" || s == "0.0" }) {
			t.Errorf("%s: the axes say %q", name, got)
		}
	}
}
