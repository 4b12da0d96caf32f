package figure

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// svg has the parts of an SVG file that the tests read.
type svg struct {
	Images []struct {
		Href string `xml:"href,attr"`
	}
	Texts []string
	Style string
}

func parseSVG(t testing.TB, p *Picture) svg {
	t.Helper()
	var file bytes.Buffer
	if err := p.WriteSVG(&file); err != nil {
		t.Fatal(err)
	}
	var doc svg
	for decoder := xml.NewDecoder(&file); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return doc
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "text":
			var text string
			if err := decoder.DecodeElement(&text, &start); err != nil {
				t.Fatal(err)
			}
			doc.Texts = append(doc.Texts, text)
		case "style":
			if err := decoder.DecodeElement(&doc.Style, &start); err != nil {
				t.Fatal(err)
			}
		case "image":
			doc.Images = append(doc.Images, struct {
				Href string `xml:"href,attr"`
			}{})
			if err := decoder.DecodeElement(&doc.Images[len(doc.Images)-1], &start); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func svgTexts(t testing.TB, p *Picture) []string { return parseSVG(t, p).Texts }

func TestSVG(t *testing.T) {
	p := must(t)(drawMaps(waves(t, 1, 1, 4, 6), waves(t, 1, 2, 4, 6), []string{"-45°"},
		[]string{"on", "<off> & \"on\""}, Ink, 3))
	doc := parseSVG(t, p)
	for _, want := range []string{"-45°", "on", "<off> & \"on\"", "x-pos", "y-pos", "activation strength", "−3", "0",
		"3"} {
		if !slices.Contains(doc.Texts, want) {
			t.Errorf("no text %q in %q", want, doc.Texts)
		}
	}
	if !strings.Contains(doc.Style, "image-rendering: pixelated") {
		t.Errorf("the style %q leaves viewers free to blur the panels", doc.Style)
	}
	if len(doc.Images) != 4 { // three panels and the colour bar
		t.Fatalf("%d images, want 4", len(doc.Images))
	}
	for i, panel := range p.rows[0] {
		data, ok := strings.CutPrefix(doc.Images[i].Href, "data:image/png;base64,")
		if !ok {
			t.Fatalf("image %d begins with %.30q", i, doc.Images[i].Href)
		}
		img, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(data)))
		if err != nil {
			t.Fatal(err)
		}
		if img.Bounds() != panel.img.Rect || img.At(0, 0) != panel.img.At(0, 0) {
			t.Errorf("image %d is not the panel", i)
		}
	}
}

// TestAnyTitle: whatever a title contains, the picture can be read, and the text stays within its panel.
func TestAnyTitle(t *testing.T) {
	bar := &colorBar{label: "weight", colors: bwr(-1, 1)}
	face := newTypeface()
	rapid.Check(t, func(rt *rapid.T) {
		title := rapid.OneOf(rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(rt, "title")
		p := &Picture{bar: bar, rows: [][]panel{{bar.panel(plane{[]float32{1}, 1, 1}, title, 8)}}}
		drawn := parseSVG(t, p).Texts[0]
		if got, room := face.width(drawn, titleSize), p.layout(face).cell.X+gap; got > room {
			rt.Fatalf("the title is %d pixels wide, want at most %d", got, room)
		}
	})
}

// TestTitlesAreWrapped: if several parameters vary, a title takes as many lines as it needs above the smallest panels.
func TestTitlesAreWrapped(t *testing.T) {
	stimuli := []string{"0°, sf 0.05, phase 0", "135°, sf 0.125, phase 270", "90°"}
	var channels []string
	for k := range crowded {
		channels = append(channels, fmt.Sprintf("%d°, sf 0.15, phase 90, sigma-x %d", 10*k, k+1))
	}
	p := must(t)(drawMaps(waves(t, 3, 1, 64, 64), waves(t, 3, crowded, 64, 64), stimuli, channels, Ink, 3))
	texts := svgTexts(t, p)
	drawn := strings.Join(texts, " ")
	for _, title := range append(stimuli, channels...) {
		if !strings.Contains(drawn, title) {
			t.Errorf("no title %q in %q", title, texts)
		}
	}
	if strings.Contains(drawn, "…") {
		t.Errorf("a title is cut: %q", texts)
	}
}

func TestLongTitlesAreCut(t *testing.T) {
	p := must(t)(Stimuli(waves(t, 2, 1, 3, 3), []string{strings.Repeat("long ", 30), "short"}, Look{Tone: Ink}))
	texts := svgTexts(t, p)
	if got := texts[0]; !strings.HasPrefix(got, "long long") || !strings.HasSuffix(got, "…") {
		t.Errorf("the long title became %q", got)
	}
	if !slices.Contains(texts, "short") {
		t.Errorf("the short title is not in %q", texts)
	}
}

// TestAnyText: whatever names contain, titles, notes, axes and keys are valid text of XML.
func TestAnyText(t *testing.T) {
	const odd = "a\x00\x1b[2J\u009b\u202e\u2066\u200b\ufffe\ufffd\xff\u2028\r\n<&>\""
	chart, err := Graph{Title: odd, Note: odd, XLabel: odd, YLabel: odd, XNames: []string{odd, odd},
		Series: []Series{{Name: odd, X: []float64{0, 1}, Y: []float64{1, 2}}}}.Chart()
	if err != nil {
		t.Fatal(err)
	}
	line := Line{X: []float64{0, 1}, Y: []float64{1, 2}, Name: odd}
	plots, err := Plots([]Axes{{Title: odd, XLabel: odd, YLabel: odd, Lines: []Line{line}}})
	if err != nil {
		t.Fatal(err)
	}
	one := waves(t, 1, 1, 4, 4)
	failure, err := Failure(Mistake{Title: odd, Stimulus: one, Filter: one, Got: one, Want: one, Difference: one,
		Excess: one})
	if err != nil {
		t.Fatal(err)
	}
	matrix, err := Matrix(Grid{Values: [][]float64{{0, 1}, {1, 0}}, Title: odd, Label: odd}, Look{})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(io.Writer) error{"graph": chart.WriteSVG, "plots": plots.WriteSVG,
		"failure": failure.WriteSVG, "matrix": matrix.WriteSVG} {
		var file bytes.Buffer
		if err := write(&file); err != nil {
			t.Fatal(err)
		}
		texts := 0
		for decoder := xml.NewDecoder(&file); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if text, ok := token.(xml.CharData); ok {
				shown := strings.Trim(string(text), "\n\t")
				hidden := func(r rune) bool { return !strconv.IsPrint(r) && r != '\n' }
				if strings.HasPrefix(shown, "a") && strings.ContainsFunc(shown, hidden) {
					t.Errorf("%s: %q", name, shown)
				}
				texts++
			}
		}
		if texts < 3 {
			t.Errorf("%s has %d texts", name, texts)
		}
	}
}
