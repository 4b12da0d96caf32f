package figure

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gpuconv/conv"
)

// tensor returns a tensor that holds values.
func tensor(t testing.TB, shape conv.Shape, values ...float32) *conv.Tensor {
	t.Helper()
	x := &conv.Tensor{Shape: shape, Data: values}
	if err := x.Check("values"); err != nil {
		t.Fatal(err)
	}
	return x
}

// must returns a picture whose constructor must not fail.
func must(t testing.TB) func(*Picture, error) *Picture {
	return func(p *Picture, err error) *Picture {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

func TestRefusals(t *testing.T) {
	stimuli, activations := waves(t, 2, 1, 4, 6), waves(t, 2, 3, 4, 6)
	broken := &conv.Tensor{Shape: conv.Shape{2, 1, 4, 6}, Data: make([]float32, 47)}
	drawStimuli := func(x *conv.Tensor, titles ...string) func() (*Picture, error) {
		return func() (*Picture, error) { return Stimuli(x, titles, Look{Tone: Ink}) }
	}
	drawFilters := func(x *conv.Tensor, titles ...string) func() (*Picture, error) {
		return func() (*Picture, error) { return Filters(x, titles, Look{}) }
	}
	drawActivations := func(x, y *conv.Tensor, rows, columns []string, limit float64) func() (*Picture, error) {
		return func() (*Picture, error) { return drawMaps(x, y, rows, columns, Ink, limit) }
	}
	tests := []struct {
		name string
		draw func() (*Picture, error)
		want string
	}{
		{"nil images", drawStimuli(nil), "figure: images nil: want a tensor"},
		{"broken images", drawStimuli(broken), "figure: images [2 1 4 6]: want 48 elements, it holds 47"},
		{"no images", drawStimuli(waves(t, 0, 1, 4, 6)), "figure: images [0 1 4 6]: want at least 1 image"},
		{"no rows", drawStimuli(waves(t, 2, 1, 0, 6)), "figure: images [2 1 0 6]: want at least 1 row"},
		{"colour images", drawStimuli(activations), "figure: images [2 3 4 6]: want 1 channel, got 3"},
		{"too few titles", drawStimuli(stimuli, "a"), "figure: 1 titles: want 2, one per image"},
		{"too many titles", drawStimuli(stimuli, "a", "b", "c"), "figure: 3 titles: want 2, one per image"},
		{"no titles, not nil", func() (*Picture, error) { return Stimuli(stimuli, []string{}, Look{Tone: Ink}) },
			"figure: 0 titles: want 2, one per image"},
		{"nil weight", drawFilters(nil), "figure: weight nil: want a tensor"},
		{"no filters", drawFilters(waves(t, 0, 1, 7, 7)), "figure: weight [0 1 7 7]: want at least 1 filter"},
		{"no kernel columns", drawFilters(waves(t, 6, 1, 7, 0)),
			"figure: weight [6 1 7 0]: want at least 1 kernel column"},
		{"filter titles", drawFilters(activations, "a"), "figure: 1 titles: want 2, one per channel"},
		{"nil stimuli", drawActivations(nil, activations, nil, nil, 3), "figure: stimuli nil: want a tensor"},
		{"nil activations", drawActivations(stimuli, nil, nil, nil, 3), "figure: activations nil: want a tensor"},
		{"no channels", drawActivations(stimuli, waves(t, 2, 0, 4, 6), nil, nil, 3),
			"figure: activations [2 0 4 6]: want at least 1 channel"},
		{"another batch", drawActivations(stimuli, waves(t, 3, 3, 4, 6), nil, nil, 3),
			"figure: activations [3 3 4 6]: want 2 images, as many as stimuli [2 1 4 6]"},
		{"stimulus titles", drawActivations(stimuli, activations, []string{"a"}, nil, 3),
			"figure: 1 stimulus titles: want 2, one per stimulus"},
		{"channel titles", drawActivations(stimuli, activations, nil, []string{"a"}, 3),
			"figure: 1 channel titles: want 3, one per channel"},
		{"negative limit", drawActivations(stimuli, activations, nil, nil, -3),
			"figure: limit -3: want a number above 0 in the range of float32, or 0 for the largest"},
		{"NaN limit", drawActivations(stimuli, activations, nil, nil, math.NaN()),
			"figure: limit NaN: want a number above 0 in the range of float32, or 0 for the largest"},
		{"infinite limit", drawActivations(stimuli, activations, nil, nil, math.Inf(1)),
			"figure: limit +Inf: want a number above 0 in the range of float32, or 0 for the largest"},
		{"limit beyond float32", drawActivations(stimuli, activations, nil, nil, 1e300),
			"figure: limit 1e+300: want a number above 0 in the range of float32, or 0 for the largest"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := test.draw()
			if err == nil || err.Error() != test.want || p != nil {
				t.Errorf("picture %v, error %v\nwant %s", p, err, test.want)
			}
		})
	}
}

// titles returns the titles of p's panels, row by row.
func titles(p *Picture) [][]string {
	var rows [][]string
	for _, row := range p.rows {
		var line []string
		for _, panel := range row {
			line = append(line, panel.title)
		}
		rows = append(rows, line)
	}
	return rows
}

func TestArrangement(t *testing.T) {
	face := newTypeface()
	five := []string{"-90°", "-45°", "0°", "45°", "90°"}
	tests := []struct {
		name  string
		draw  func() (*Picture, error)
		want  [][]string
		notes []string
	}{
		{"the tutorial's gratings", func() (*Picture, error) { return Stimuli(waves(t, 5, 1, 48, 64), five, Look{Tone: Ink}) },
			[][]string{five}, nil},
		{"six images", func() (*Picture, error) { return Stimuli(waves(t, 6, 1, 3, 3), nil, Look{Tone: Ink}) },
			[][]string{{"image 0", "image 1", "image 2"}, {"image 3", "image 4", "image 5"}}, nil},
		{"seven images", func() (*Picture, error) { return Stimuli(waves(t, 7, 1, 3, 3), nil, Look{Tone: Ink}) },
			[][]string{{"image 0", "image 1", "image 2", "image 3"}, {"image 4", "image 5", "image 6"}}, nil},
		{"three filters", func() (*Picture, error) { return Filters(waves(t, 3, 1, 7, 7), nil, Look{}) },
			[][]string{{"channel 0", "channel 1", "channel 2"}}, nil},
		{"colour filters", func() (*Picture, error) { return Filters(waves(t, 2, 3, 7, 7), []string{"a", "b"}, Look{}) },
			[][]string{{"a, in 0", "b, in 0"}, {"a, in 1", "b, in 1"}, {"a, in 2", "b, in 2"}}, nil},
		{"deep filters", func() (*Picture, error) { return Filters(waves(t, 1, 9, 3, 3), []string{"a"}, Look{}) },
			[][]string{{"a, in 0"}, {"a, in 1"}, {"a, in 2"}, {"a, in 3"}, {"a, in 4"}, {"a, in 5"}, {"a, in 6"},
				{"a, in 7"}},
			[]string{"8 of 9 input channels"}},
		{"activations", func() (*Picture, error) {
			return drawMaps(waves(t, 2, 1, 8, 8), waves(t, 2, 2, 6, 6), []string{"0°", "90°"}, nil, Ink, 3)
		}, [][]string{{"0°", "channel 0", "channel 1"}, {"90°", "", ""}}, nil},
		{"reduced", func() (*Picture, error) { return Stimuli(waves(t, 1, 1, 10, 600), nil, Look{Tone: Ink}) },
			[][]string{{"image 0"}}, []string{"reduced: a pixel is the mean of up to 3×3 values"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := must(t)(test.draw())
			if diff := cmp.Diff(test.want, titles(p)); diff != "" {
				t.Errorf("titles (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.notes, p.notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			if got, want := p.layout(face).rows[0], margin+len(p.notes)*noteRoom+titleRoom; got < want {
				t.Errorf("panels from %d on, below the notes and titles is %d", got, want)
			}
		})
	}
}

// largestPictures returns pictures with the most panels, by their notes.
func largestPictures(t *testing.T, page Page) map[string]*Picture {
	look := Look{Page: page}
	images := waves(t, 60, 1, 8, 8)
	maps := func(channels int) *Picture {
		return must(t)(Activations(Maps{Stimuli: images, Activations: waves(t, 60, channels, 8, 8), Limit: 3}, look))
	}
	return map[string]*Picture{
		"50 of 60 images":                    must(t)(Stimuli(images, nil, look)),
		"64 of 65 filters":                   must(t)(Filters(waves(t, 65, 1, 9, 9), nil, look)),
		"21 of 65 filters":                   must(t)(Filters(waves(t, 65, 3, 9, 9), nil, look)),
		"12 of 64 channels, 20 of 60 images": maps(64),
		"20 of 60 images":                    maps(7),
	}
}

// TestLargestPictures: the largest pictures have at most as many pixels as stated. On a page, none is higher than
// stated or has more pixels than its Memory, and those with a width fill it.
func TestLargestPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it lays out the largest pictures, which the race detector slows")
	}
	for note, p := range largestPictures(t, Page{}) {
		t.Run(note, func(t *testing.T) {
			if got := strings.Join(p.notes, ", "); got != note {
				t.Errorf("note %q", got)
			}
			if size := p.layout(newTypeface()).size; size.X*size.Y > mostPixels {
				t.Errorf("%v pixels, want at most %v", size, mostPixels)
			}
		})
	}
	for _, page := range []Page{{Width: 85}, {Width: 85, FontSize: 9}, {Width: 85, FontSize: 9, DPI: 600},
		{Width: 200, FontSize: 24, DPI: 300}, {Width: 508, FontSize: 65, DPI: 600}, {Width: 10}, {FontSize: 3},
		{FontSize: 24}, {FontSize: 72}} {
		outputs := map[string]output{}
		for note, p := range largestPictures(t, page) {
			outputs[note] = p.output()
		}
		look := Look{Page: page}
		outputs["a column of filters"] = must(t)(Filters(waves(t, 1, 8, 9, 9), nil, look)).output()
		outputs["a column of maps"] = must(t)(Activations(Maps{Stimuli: waves(t, 20, 1, 8, 8),
			Activations: waves(t, 20, 1, 8, 8)}, look)).output()
		c := chart(t, make([]Axes, mostPlots)...)
		if err := c.On(page); err != nil {
			t.Fatal(err)
		}
		outputs["plots"] = c.output()
		for name, o := range outputs {
			mm := o.paper.factor() / dpi * 25.4
			width, height := mm*float64(o.size.X), mm*float64(o.size.Y)
			if page.Width > 0 && (math.Abs(width-page.Width) > 0.05 || height > 1.01*max(297, 1.5*page.Width)) {
				t.Errorf("%s on %+v: %.1f by %.1f mm", name, page, width, height)
			}
			scale := float64(o.paper.resolution()) / dpi
			if bytes := 4 * float64(o.size.X*o.size.Y) * scale * scale; bytes > 1.05*page.Memory() {
				t.Errorf("%s on %+v: %.3g bytes of pixels, want at most %.3g", name, page, bytes, page.Memory())
			}
		}
	}
}

func TestArgumentsStayTheCallers(t *testing.T) {
	x, y := waves(t, 2, 1, 4, 6), waves(t, 2, 3, 4, 6)
	rows := []string{"a", "b"}
	xBefore, yBefore := slices.Clone(x.Data), slices.Clone(y.Data)
	p := must(t)(drawMaps(x, y, rows, nil, Ink, 3))
	before := rendered(t, p)
	if !slices.Equal(x.Data, xBefore) || !slices.Equal(y.Data, yBefore) {
		t.Error("drawing changed its tensors")
	}
	clear(x.Data)
	clear(y.Data)
	rows[0] = "changed"
	if !bytes.Equal(before.Pix, rendered(t, p).Pix) {
		t.Error("the picture changed with the arguments it was made from")
	}
}
