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

func TestLargestPictures(t *testing.T) {
	images := waves(t, 60, 1, 8, 8)
	pictures := map[string]*Picture{
		"50 of 60 images":  must(t)(Stimuli(images, nil, Look{Tone: Ink})),
		"64 of 65 filters": must(t)(Filters(waves(t, 65, 1, 9, 9), nil, Look{})),
		"21 of 65 filters": must(t)(Filters(waves(t, 65, 3, 9, 9), nil, Look{})),
		"12 of 64 channels, 20 of 60 images": must(t)(
			drawMaps(images, waves(t, 60, 64, 8, 8), nil, nil, Ink, 3)),
		"20 of 60 images": must(t)(drawMaps(images, waves(t, 60, 7, 8, 8), nil, nil, Ink, 3)),
	}
	for note, p := range pictures {
		t.Run(note, func(t *testing.T) {
			if got := strings.Join(p.notes, ", "); got != note {
				t.Errorf("note %q", got)
			}
			if size := p.layout(newTypeface()).size; size.X*size.Y > 11e6 {
				t.Errorf("%v pixels, want at most 11 million", size)
			}
		})
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
