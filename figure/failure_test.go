package figure

import (
	"bytes"
	"image/png"
	"math"
	"strings"
	"testing"

	"gpuconv/conv"
)

// mistaken is an output of 2×3 whose last column is wrong.
func mistaken(t *testing.T) Mistake {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	return Mistake{
		Title:      "gpu direct: a case",
		Stimulus:   tensor(t, conv.Shape{1, 1, 2, 3}, -0.5, 0.5, 0.5, 0.5, -0.5, -0.5),
		Filter:     tensor(t, conv.Shape{1, 1, 1, 2}, 1, -2),
		Got:        tensor(t, conv.Shape{1, 1, 2, 3}, 1, 2, 9, 4, 5, nan),
		Want:       tensor(t, conv.Shape{1, 1, 2, 3}, 1, 2, 3, 4, 5, 6),
		Difference: tensor(t, conv.Shape{1, 1, 2, 3}, 0, 0, 6, 0, 0, nan),
		Excess:     tensor(t, conv.Shape{1, 1, 2, 3}, 0, 0.25, inf, 0, 0, nan),
	}
}

func TestFailure(t *testing.T) {
	p := must(t)(Failure(mistaken(t)))
	var titles []string
	for _, row := range p.rows {
		for _, panel := range row {
			titles = append(titles, panel.title)
		}
	}
	want := "stimulus -0.5 … 0.5|filter ±2|computed ±6|reference ±6|difference ±6|error / bound up to 0.25"
	if got := strings.Join(titles, "|"); got != want {
		t.Errorf("titles %q, want %q", got, want)
	}
	last := p.rows[1][2].img
	for _, c := range []struct {
		column, row int
		want        [3]uint8
	}{{0, 0, [3]uint8{255, 255, 255}}, {2, 0, [3]uint8{255, 0, 0}}, {2, 1, [3]uint8{0, 0, 0}}} {
		size := last.Rect.Dx() / 3
		got := last.RGBAAt(c.column*size+size/2, c.row*size+size/2)
		if [3]uint8{got.R, got.G, got.B} != c.want {
			t.Errorf("row %d, column %d is %v, want %v", c.row, c.column, got, c.want)
		}
	}
	if p.notes[0] != "gpu direct: a case" || !p.bar.nan || !p.bar.above {
		t.Errorf("notes %q, NaN %v, above %v", p.notes, p.bar.nan, p.bar.above)
	}
	var file bytes.Buffer
	if err := p.WritePNG(&file); err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(&file); err != nil {
		t.Fatal(err)
	}
}

func TestFailureRefuses(t *testing.T) {
	m := mistaken(t)
	m.Filter = nil
	if _, err := Failure(m); err == nil || err.Error() != "figure: filter nil: want a tensor" {
		t.Errorf("%v", err)
	}
}
