package figure

import (
	"image"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestNothingOverlaps places panels of any size. Their pixels do not matter.
func TestNothingOverlaps(t *testing.T) {
	face := newTypeface()
	rapid.Check(t, func(rt *rapid.T) {
		side := rapid.IntRange(1, stimulusBox)
		p := &Picture{bar: &colorBar{label: "weight", colors: bwr(-1, 1)}}
		p.rows = make([][]panel, rapid.IntRange(1, 9).Draw(rt, "rows"))
		columns := rapid.IntRange(1, 14).Draw(rt, "columns")
		for i := range p.rows {
			for j := range columns {
				size := image.Pt(side.Draw(rt, "width"), side.Draw(rt, "height"))
				p.rows[i] = append(p.rows[i], panel{
					title: strings.Repeat("0.125, ", rapid.IntRange(0, 9).Draw(rt, "parameters")),
					img:   &image.RGBA{Rect: image.Rectangle{Max: size}},
					size:  size,
					rows:  size.Y, columns: size.X,
					x: axis{shown: i == len(p.rows)-1 && j > 0}, y: axis{shown: j == 1},
				})
			}
		}
		l := p.layout(face)
		taken := []image.Rectangle{image.Rect(l.bar.Min.X, l.bar.Min.Y-arrowLength, l.bar.Max.X,
			l.bar.Max.Y+arrowLength)}
		for i, row := range p.rows {
			for j, panel := range row {
				at := image.Pt(l.columns[j], l.rows[i]).Add(l.cell.Sub(panel.img.Rect.Size()).Div(2))
				r := panel.img.Rect.Add(at)
				r.Min.Y -= titleRoom + (len(l.titles[i][j])-1)*titleLeading
				if panel.x.shown {
					r.Max.Y += axisBottom
				}
				if panel.y.shown {
					r.Min.X -= panel.axisLeft(face)
				}
				taken = append(taken, r)
			}
		}
		page := image.Rectangle{Max: l.size}
		for i, r := range taken {
			if !r.In(page) {
				rt.Fatalf("%v is not on the page %v", r, page)
			}
			for _, other := range taken[:i] {
				if r.Overlaps(other) {
					rt.Fatalf("%v overlaps %v", r, other)
				}
			}
		}
	})
}
