package page

import (
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"
)

// TestBounds: whatever the shapes are, the page has few values, and at least one image.
func TestBounds(t *testing.T) {
	for _, n := range []int{1, 2, 13, 10000, 1 << 20} {
		for _, channels := range []int{1, 3, 17, 512} {
			for _, side := range []int{1, 31, 256, 257, 5000, 1 << 16} {
				v := newViewer(conv.Shape{n, 3, side, max(1, side/2)}, conv.Shape{n, channels, side, side}, 3)
				if got := v.perImage() * len(v.Images); got > mostValues || len(v.Images) == 0 ||
					len(v.Images) > mostImages {
					t.Errorf("%d images of %d², %d channels: %d values of %d images", n, side, channels, got,
						len(v.Images))
				}
				if last := v.Images[len(v.Images)-1].Number; last >= n || len(v.Images) > 1 && last != n-1 {
					t.Errorf("%d images: the last on the page is %d", n, last)
				}
				if len(v.Images) < min(n, wantedImages) {
					t.Errorf("%d images of %d²: only %d are on the page", n, side, len(v.Images))
				}
				if (v.Maps.Rows-1)*v.Maps.Step >= side || v.Maps.Rows*v.Maps.Step < side {
					t.Errorf("%d rows: %+v", side, v.Maps)
				}
			}
		}
	}
}

// TestFields: an output sees the pixels that the formula in package conv says, with stride, dilation, padding and pool.
func TestFields(t *testing.T) {
	for _, c := range []struct {
		spec conv.Spec
		pool string
		want field
	}{
		{conv.Spec{}, "none", field{0, 1, 7}},
		{conv.Spec{Padding: conv.Pad(3, 3)}, "none", field{-3, 1, 7}},
		{conv.Spec{Stride: [2]int{2, 2}, Dilation: [2]int{3, 3}}, "none", field{0, 2, 19}},
		{conv.Spec{Padding: conv.Pad(3, 3)}, "max:2", field{-3, 2, 8}},
		{conv.Spec{Stride: [2]int{2, 2}}, "avg:3:2", field{0, 4, 11}},
		{conv.Spec{}, "max:3,1:2,4", field{0, 2, 9}},
		{conv.Spec{}, "max:x:", field{0, 1, 7}},
	} {
		p := conv.Problem{Spec: c.spec, Src: conv.Shape{1, 1, 40, 40}, Weight: conv.Shape{1, 1, 7, 7}}
		if got := fields(p, c.pool); got[0] != c.want {
			t.Errorf("%v, pool %s: %+v, want %+v", c.spec, c.pool, got[0], c.want)
		}
	}
}

// TestTitles: a title has what tells the image from the others.
func TestTitles(t *testing.T) {
	table := &param.Table{Columns: []param.Column{{Name: "kind", Words: []string{"a", "a"}},
		{Name: "sf", Numbers: []float64{0.1, 0.2}}, {Name: "file", Words: []string{"x\n", ""}}}}
	var got []string
	for i := range 2 {
		got = append(got, rowTitle(varyingColumns(table), i))
	}
	if want := []string{`sf 0.1, file x\n`, "sf 0.2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWords: shells and Python read the folder's name back.
func TestWords(t *testing.T) {
	for in, want := range map[string][2]string{
		"out/a.npy": {"out/a.npy", `"out/a.npy"`},
		"my run":    {"'my run'", `"my run"`},
		`it's "\`:   {`'it'\''s "\'`, `"it's \"\\"`},
		"":          {"''", `""`},
	} {
		if got := [2]string{shellWord(in), pythonText(in)}; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if strings.ContainsAny(pythonText("a\nb\x1b"), "\n\x1b") {
		t.Error("control characters stay")
	}
}
