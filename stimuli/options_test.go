package stimuli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/npy"
	"gpuconv/param"
)

// optionsGolden is testdata/options.json, which make_options.py wrote.
type optionsGolden struct {
	Cases map[string]struct {
		Shape  []int
		Values []float64
	}
	Pages [][]float64
}

func readOptionsGolden(t *testing.T) (g optionsGolden) {
	t.Helper()
	text, err := os.ReadFile("testdata/options.json")
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// optionsOf are the options of each case.
var optionsOf = map[string]Options{
	"grey": {}, "rgb": {Colour: RGB}, "opponent": {Colour: Opponent}, "linear": {Linear: true},
	"linear rgb": {Linear: true, Colour: RGB}, "imagenet": {Colour: RGB, Normalise: ImageNet()},
	"smaller": {Resize: [2]int{4, 5}}, "shorter side": {Colour: RGB, Resize: [2]int{5, 0}}, "larger": {Resize: [2]int{20, 31}},
	"crop":     {Colour: RGB, Resize: [2]int{8, 10}, Crop: [2]int{5, 5}},
	"contrast": {Colour: RGB, Normalise: Normalisation{Contrast: true}},
	"mean,std": {Normalise: Normalisation{Mean: []float64{0.5}, SD: []float64{0.25}}},
}

// TestOptions: a picture, and the same pixels as an array, become what NumPy and Pillow make of them.
func TestOptions(t *testing.T) {
	golden := readOptionsGolden(t)
	if len(golden.Cases) != len(optionsOf) {
		t.Fatalf("%d golden cases, %d options", len(golden.Cases), len(optionsOf))
	}
	array := filepath.Join(t.TempDir(), "rgb.npy")
	rgb := golden.Cases["rgb"]
	values := make([]float32, len(rgb.Values))
	for i, v := range rgb.Values {
		values[i] = float32(v)
	}
	if err := npy.WriteFile(array, &npy.Array{Shape: append([]int{1}, rgb.Shape...), Data: values}); err != nil {
		t.Fatal(err)
	}
	for name, want := range golden.Cases {
		o := optionsOf[name]
		files, err := OpenSizes(t.Context(), []string{"testdata/options.png"}, o)
		if err != nil {
			t.Fatal(err)
		}
		agrees(t, name, files[0], want.Shape, want.Values)
		o.Recolour = true
		a, err := OpenArray(t.Context(), array, o)
		if err != nil {
			t.Fatal(err)
		}
		agrees(t, name+" of an array", a, want.Shape, want.Values)
		a.Close()
	}
}

// agrees draws the only image of a set and compares it.
func agrees(t *testing.T, name string, set Set, shape []int, want []float64) {
	t.Helper()
	if got := set.Shape(); got[0] != 1 || !slices.Equal(got[1:], shape) {
		t.Errorf("%s: shape %v, want 1 image of %v", name, got, shape)
		return
	}
	dst, err := conv.NewTensor(set.Shape())
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Draw(dst, 0); err != nil {
		t.Fatal(err)
	}
	for i, v := range dst.Data {
		if math.Abs(float64(v)-want[i]) > 1e-6*math.Max(1, math.Abs(want[i])) {
			t.Errorf("%s: pixel %d is %v, want %v", name, i, v, want[i])
			return
		}
	}
}

// TestTIFFPages: each page of a TIFF is an image, and pages of another size are in another set. OpenFiles takes only
// the first page.
func TestTIFFPages(t *testing.T) {
	golden := readOptionsGolden(t)
	sets, err := OpenSizes(t.Context(), []string{"testdata/pages.tif"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(sets) != 2 || sets[0].Shape() != (conv.Shape{2, 1, 4, 5}) || sets[1].Shape() != (conv.Shape{1, 1, 6, 3}) {
		t.Fatalf("%d sets of %v …, want 2 images of 4×5 and one of 6×3", len(sets), sets[0].Shape())
	}
	for i, page := range []int{0, 2, 1} {
		set, at := sets[i/2], i%2
		dst, _ := conv.NewTensor(set.Shape().WithN(1))
		if err := set.Draw(dst, at); err != nil {
			t.Fatal(err)
		}
		for k, v := range golden.Pages[page] {
			if math.Abs(float64(dst.Data[k])-v/255) > 1e-7 {
				t.Fatalf("page %d, pixel %d is %v, want %v", page, k, dst.Data[k], v/255)
			}
		}
	}
	if title := sets[0].Title(1); title != "pages.tif page 2" {
		t.Errorf("title %q", title)
	}
	table, err := sets[0].Table()
	if err != nil || !slices.Equal(table.Column("page").Numbers, []float64{0, 2}) {
		t.Errorf("pages %v, %v", table.Column("page"), err)
	}
	first, err := OpenFiles(t.Context(), "testdata/pages.tif", Options{})
	if err != nil || first.Shape() != (conv.Shape{1, 1, 4, 5}) {
		t.Errorf("the first page is %v, %v", first.Shape(), err)
	}
}

// TestFax: in a TIFF with fax compression, white is read as white, whether the file writes it as 0 or as 1. x/image
// reads black as white if 0 is black, as in files of Pillow.
func TestFax(t *testing.T) {
	sets, err := OpenSizes(t.Context(), []string{"testdata/fax.tif"}, Options{})
	if err != nil || len(sets) != 1 || sets[0].Shape() != (conv.Shape{4, 1, 6, 9}) {
		t.Fatal(sets, err)
	}
	dst, _ := conv.NewTensor(sets[0].Shape())
	if err := sets[0].Draw(dst, 0); err != nil {
		t.Fatal(err)
	}
	for i, got := range dst.Data {
		page, row, column := i/54, i%54/9, i%9
		if white := column > row; (got == 1) != white || (got == 0) == white {
			t.Fatalf("page %d, row %d, column %d is %v", page, row, column, got)
		}
	}
}

// TestDamagedPages: a TIFF that ends in the middle of its pages is refused, not read as a shorter one. Its first page
// can be read alone. A later page is turned as its own tag says.
func TestDamagedPages(t *testing.T) {
	content, err := os.ReadFile("testdata/pages.tif")
	if err != nil {
		t.Fatal(err)
	}
	const third = 0x128 + 2 // the fields of the third directory, 12 bytes each
	path := filepath.Join(t.TempDir(), "a.tif")
	save := func(content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save(content[:third+24])
	if _, err := OpenSizes(t.Context(), []string{path}, Options{}); err == nil ||
		!strings.Contains(err.Error(), "damaged, or cut off, after 2 pages") {
		t.Errorf("a TIFF that is cut off: %v", err)
	}
	if first, err := OpenFiles(t.Context(), path, Options{}); err != nil || first.Shape() != (conv.Shape{1, 1, 4, 5}) {
		t.Errorf("its first page: %v", err)
	}
	fields := content[third:]
	copy(fields[7*12:9*12], fields[6*12:8*12])                                  // in place of the planar configuration
	copy(fields[6*12:7*12], "\x12\x01\x03\x00\x01\x00\x00\x00\x03\x00\x00\x00") // 274: turned by 180°
	save(content)
	sets, err := OpenSizes(t.Context(), []string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	dst, _ := conv.NewTensor(sets[0].Shape().WithN(1))
	if err := sets[0].Draw(dst, 1); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(readOptionsGolden(t).Pages[2])
	slices.Reverse(want)
	for k, v := range want {
		if math.Abs(float64(dst.Data[k])-v/255) > 1e-7 {
			t.Fatalf("pixel %d of a page that is turned is %v, want %v", k, dst.Data[k], v/255)
		}
	}
}

// TestJoin: the images, titles and rows of joined sets come one after the other. A column that only one set has is
// empty in the rows of the other.
func TestJoin(t *testing.T) {
	grid, err := NewProduct(Canvas{Rows: 4, Columns: 5}, func() Pattern { return &Impulse{} },
		param.NewAxis("x", 0, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	files, err := OpenSizes(t.Context(), []string{"testdata/pages.tif"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	joined, err := Join(grid, files[0])
	if err != nil {
		t.Fatal(err)
	}
	all, _ := conv.NewTensor(joined.Shape())
	if err := joined.Draw(all, 0); err != nil {
		t.Fatal(err)
	}
	part, _ := conv.NewTensor(joined.Shape().WithN(2)) // one of each set
	if err := joined.Draw(part, 2); err != nil || !slices.Equal(part.Data, all.Images(2, 4).Data) {
		t.Errorf("images 2 and 3 differ when they are drawn alone: %v", err)
	}
	if joined.Draw(part, 4) == nil {
		t.Error("images beyond the last are drawn")
	}
	table, err := joined.Table()
	if err != nil || table.Len() != 5 {
		t.Fatalf("%d rows, %v", table.Len(), err)
	}
	if file := table.Column("file").Words; !slices.Equal(file, []string{"", "", "", "pages.tif", "pages.tif"}) {
		t.Errorf("files %q", file)
	}
	if x := table.Column("x_pixels").Numbers; len(x) != 5 || x[2] != 2 || !math.IsNaN(x[3]) {
		t.Errorf("x is %v in %v", x, table.Names())
	}
	if title := joined.Title(3); !strings.Contains(title, "pages.tif") {
		t.Errorf("title %q", title)
	}
	if _, err := Join(grid, files[1]); err == nil {
		t.Error("images of two sizes are joined")
	}
}

// TestNoMean: without a mean, channels are only divided by SD.
func TestNoMean(t *testing.T) {
	image := []float32{1, 2, 3, 4}
	Normalisation{SD: []float64{2, 4}}.apply(image, 2)
	if want := []float32{0.5, 1, 0.75, 1}; !slices.Equal(image, want) {
		t.Errorf("%v, want %v", image, want)
	}
}
