package figure

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"
)

// measurements is a graph such as those of a benchmark.
func measurements() Graph {
	return Graph{Title: "throughput", Note: "one was absent", XLabel: "images", YLabel: "images/s", LogX: true,
		LogY: true, XTicks: []float64{1, 64, 4096},
		Series: []Series{
			{Name: "first", X: []float64{1, 64, 4096}, Y: []float64{200, 9000, 2e5}, Low: []float64{100, 8000, 1e5},
				High: []float64{300, 9500, 3e5}, Style: LinePoints},
			{Name: "second", X: []float64{1, 64, 4096}, Y: []float64{50, 60, math.NaN()}, Style: Points, Color: 1},
			{Name: "roof", X: []float64{1, 4096}, Y: []float64{1e6, 1e6}, Style: Solid, Dashed: true, Color: -1},
		}}
}

func graphChart(t *testing.T, g Graph) *Chart {
	t.Helper()
	c, err := g.Chart()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pixels counts the colours of a chart's PNG. Those at its edge are counted separately.
func pixels(t *testing.T, c *Chart) (all, edge map[color.NRGBA]int) {
	t.Helper()
	var file bytes.Buffer
	if err := c.WritePNG(&file); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	all, edge = map[color.NRGBA]int{}, map[color.NRGBA]int{}
	size := img.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			v := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			all[v]++
			if x < 4 || y < 4 || x >= size.X-4 || y >= size.Y-4 {
				edge[v]++
			}
		}
	}
	return all, edge
}

// TestGraphTexts: every series, label and note is in the picture, and powers of ten are written as people write them.
func TestGraphTexts(t *testing.T) {
	got := texts(t, graphChart(t, measurements()))
	for _, want := range []string{"throughput", "one was absent", "images", "images/s", "first", "second", "roof", "1",
		"64", "4096", "100", "10,000", "100,000", "1 million"} {
		if !slices.Contains(got, want) {
			t.Errorf("the graph says %q, and not %q", got, want)
		}
	}
}

// TestGraphColors: each series has its colour, and nothing is cut off at the edge.
func TestGraphColors(t *testing.T) {
	all, edge := pixels(t, graphChart(t, measurements()))
	for name, c := range map[string]color.NRGBA{"first": {0, 114, 178, 255}, "second": {213, 94, 0, 255},
		"roof": {128, 128, 128, 255}} {
		if all[c] < 30 {
			t.Errorf("%s: %d pixels of %v", name, all[c], c)
		}
	}
	if white := (color.NRGBA{255, 255, 255, 255}); len(edge) != 1 || edge[white] == 0 {
		t.Errorf("the edge has the colours %v, want white alone", edge)
	}
}

// TestGraphErrorBars: bars are drawn, and the axes include their ends.
func TestGraphErrorBars(t *testing.T) {
	g := measurements()
	with, _ := pixels(t, graphChart(t, g))
	p := graphChart(t, g).rows[0][0]
	if p.Y.Min >= 50 || p.Y.Max <= 1e6 || p.X.Min > 1 || p.X.Max < 4096 {
		t.Errorf("axes from %v, %v to %v, %v", p.X.Min, p.Y.Min, p.X.Max, p.Y.Max)
	}
	g.Series[0].Low, g.Series[0].High = nil, nil
	without, _ := pixels(t, graphChart(t, g))
	blue := color.NRGBA{0, 114, 178, 255}
	if with[blue] <= without[blue] {
		t.Errorf("%d blue pixels with error bars, %d without", with[blue], without[blue])
	}
}

// TestGraphKey: the entries of the key are inside the picture, side by side or one below the other.
func TestGraphKey(t *testing.T) {
	g := measurements()
	for i := range 12 {
		g.Series = append(g.Series, Series{Name: fmt.Sprintf("%s %d", strings.Repeat("long name ", i*2), i),
			X: []float64{1}, Y: []float64{100}, Style: Points, Color: i})
	}
	c := graphChart(t, g)
	width, height, _, bottom := c.size()
	face, rows := newTypeface(), map[int]int{}
	for _, e := range c.layKey(face, width) {
		end := e.x + sampleWidth + sampleGap + face.width(e.name, smallSize)
		if end > width-margin || e.x < margin {
			t.Errorf("%q is from %d to %d of %d", e.name, e.x, end, width)
		}
		if last, ok := rows[e.row]; ok && e.x < last {
			t.Errorf("%q begins at %d, in what ends at %d", e.name, e.x, last)
		}
		rows[e.row] = end
	}
	if bottom != len(rows)*noteRoom || bottom >= height {
		t.Errorf("the key takes %d of %d pixels, want %d rows", bottom, height, len(rows))
	}
}

func TestGraphNames(t *testing.T) {
	g := Graph{XNames: []string{"conv1", "conv2"}, LogY: true,
		Series: []Series{{Name: "a", X: []float64{0, 1}, Y: []float64{3, 30}, Style: Points}}}
	got := texts(t, graphChart(t, g))
	for i := range got {
		got[i] = strings.TrimSpace(got[i])
	}
	if !slices.Contains(got, "conv1") || !slices.Contains(got, "conv2") || !slices.Contains(got, "5") {
		t.Errorf("the graph says %q", got)
	}
}

// TestGraphMissing: crosses are within the axes, near their lower edge, and a series of crosses alone is in the key.
func TestGraphMissing(t *testing.T) {
	g := measurements()
	g.Series = append(g.Series, Series{Name: "gone", Missing: []float64{64}, Style: Points, Color: 2})
	c := graphChart(t, g)
	all, _ := pixels(t, c)
	if green := all[color.NRGBA{0, 158, 115, 255}]; green < 20 || !slices.Contains(texts(t, c), "gone") {
		t.Errorf("%d pixels of a cross and of its mark in the key, want 20 or more", green)
	}
	g.Series = g.Series[3:]
	if _, err := g.Chart(); err == nil {
		t.Error("a graph of crosses alone is drawn")
	}
}

// TestGraphHollow: a hollow mark has fewer pixels of its colour than a filled one.
func TestGraphHollow(t *testing.T) {
	count := func(hollow bool) int {
		all, _ := pixels(t, graphChart(t, Graph{Series: []Series{{Name: "a", X: []float64{0, 1, 2},
			Y: []float64{1, 2, 3}, Style: Points, Hollow: hollow}}}))
		return all[color.NRGBA{0, 114, 178, 255}]
	}
	if hollow, filled := count(true), count(false); hollow < 50 || 10*hollow > 9*filled {
		t.Errorf("%d pixels of hollow marks, %d of filled ones", hollow, filled)
	}
}

// TestGraphLongNames: upright names are cut.
func TestGraphLongNames(t *testing.T) {
	for _, tick := range names([]string{strings.Repeat("long ", 40), "short"}).Ticks(0, 1) {
		if name := strings.TrimRight(tick.Label, " "); newTypeface().width(name, smallSize) > longestName {
			t.Errorf("%q is %d pixels long", name, newTypeface().width(name, smallSize))
		}
	}
}

func TestGraphRefusals(t *testing.T) {
	one := []float64{1}
	for want, s := range map[string][]Series{
		"no point to draw in 0 series":             nil,
		"no point to draw in 1 series":             {{X: one, Y: []float64{math.NaN()}}},
		"1 values of X and 0 of Y":                 {{X: one}},
		"point 0 at (1, 0): want values above 0":   {{X: one, Y: []float64{0}}},
		"1 lower and 0 upper ends":                 {{X: one, Y: one, Low: one}},
		"want 1 within its error bar from 2 to 3":  {{X: one, Y: one, Low: []float64{2}, High: []float64{3}}},
		"point 0 at (-1, 1): want values above 0 ": {{X: []float64{-1}, Y: one}},
	} {
		if _, err := (Graph{LogX: true, LogY: true, Series: s}).Chart(); err == nil ||
			!strings.HasPrefix(err.Error(), "figure: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}
