package experiment

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/filters"
	"gpuconv/param"
	"gpuconv/stimuli"
	"gpuconv/tuning"
	"gpuconv/tuning/report"
)

// TestLabels: for every kind of filters, and for the tutorial's, the titles of pictures, the table as it is read back
// and the names in tuning's reports say the same orientation, from 0° to below 180°, and gratings through the filter
// say it too.
func TestLabels(t *testing.T) {
	banks := map[string]*Bank{}
	for _, channels := range []int{6, 10} {
		bank, err := TutorialBank(filters.NMA{Channels: channels, Size: 7})
		if err != nil {
			t.Fatal(err)
		}
		banks[fmt.Sprintf("tutorial of %d", channels)] = bank
	}
	for _, kind := range filters.Kinds() {
		made, err := kind.Bank()
		if err != nil {
			t.Fatal(err)
		}
		made.Quadrature = false
		if banks[kind.Name], err = NewBank(made); err != nil {
			t.Fatal(err)
		}
		if turned, err := kind.Make(param.NewAxis("orientation", -135, -20, 0, 30, 180, 250)); err == nil {
			if banks[kind.Name+" turned"], err = NewBank(filters.Bank{Filters: turned}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, bank := range banks {
		t.Run(name, func(t *testing.T) { checkLabels(t, bank) })
	}
}

func checkLabels(t *testing.T, bank *Bank) {
	var text bytes.Buffer
	if err := bank.Table.WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	table, err := param.ReadCSV(&text, "filter")
	if err != nil {
		t.Fatal(err)
	}
	prefers := table.Column("prefers_deg").Numbers
	names := report.FilterNames(table, bank.Weight.Shape.N())
	found := preferredByGratings(t, bank.Weight)
	for k, title := range bank.Names {
		want := math.NaN()
		if prefers != nil {
			want = prefers[k]
		}
		if want < 0 || want >= 180 {
			t.Errorf("filter %d: the table says %v°: want 0 to below 180", k, want)
		}
		if got := lastDegrees(names[k]); !same(got, want, 0.1) {
			t.Errorf("filter %d is %q in tuning, the table says %v°", k, names[k], want)
		}
		// a title has no orientation if that is alike in all filters
		if got := lastDegrees(title); !same(got, want, 0.1) && strings.Contains(strings.Join(bank.Names, ""), "°") {
			t.Errorf("filter %d is %q in pictures, the table says %v°", k, title, want)
		}
		orientation := found.Cells[k].Orientation
		if sharp := orientation.CircularVariance < 0.8; sharp && !same(orientation.Preferred, want, 6) {
			t.Errorf("filter %d: gratings say %v°, the table %v°", k, orientation.Preferred, want)
		} else if !sharp && bank.Table.Column("kind").Words[k] != "gabor" && !math.IsNaN(want) {
			t.Errorf("filter %d is not tuned: circular variance %v", k, orientation.CircularVariance)
		}
	}
}

// preferredByGratings analyses the responses of filters to gratings of 36 orientations, 8 phases and 4 frequencies.
func preferredByGratings(t *testing.T, weight *conv.Tensor) *tuning.Analysis {
	size := weight.Shape.H()
	gratings, err := stimuli.NewProduct(stimuli.Canvas{Rows: size, Columns: size},
		func() stimuli.Pattern { return &stimuli.Grating{Look: stimuli.Look{Centred: true}} },
		param.NewAxis("orientation", steps(0, 180, 5)...), param.NewAxis("sf", 0.05, 0.1, 0.15, 0.2),
		param.NewAxis("phase", steps(0, 360, 45)...))
	if err != nil {
		t.Fatal(err)
	}
	images, err := conv.NewTensor(gratings.Shape())
	if err != nil {
		t.Fatal(err)
	}
	if err := gratings.Draw(images, 0); err != nil {
		t.Fatal(err)
	}
	activations, err := conv.Apply(cpu.Engine{}, conv.Spec{}, weight, nil, images)
	if err != nil {
		t.Fatal(err)
	}
	r := &tuning.Responses{Images: images.Shape.N(), Cells: weight.Shape.N()}
	for _, v := range activations.Data {
		r.Data = append(r.Data, max(0, float64(v)))
	}
	table, err := gratings.Table()
	if err != nil {
		t.Fatal(err)
	}
	found, err := tuning.Analyse(t.Context(), r, table,
		tuning.Settings{By: []tuning.Axis{tuning.ByOrientation}, Phases: tuning.Largest})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func steps(from, to, by float64) (all []float64) {
	for v := from; v < to; v += by {
		all = append(all, v)
	}
	return all
}

// lastDegrees returns the last number of a name that is in degrees, or NaN.
func lastDegrees(name string) float64 {
	found := regexp.MustCompile(`(−?[0-9.]+)°`).FindAllStringSubmatch(name, -1)
	if found == nil {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(found[len(found)-1][1], "−", "-"), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// same says whether two orientations differ by a number of degrees at most, or neither is known.
func same(a, b, within float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	return math.Abs(math.Remainder(a-b, 180)) <= within
}

// TestField: the pixels that the output in the middle sees, by changing each pixel of an image.
func TestField(t *testing.T) {
	for _, p := range []conv.Problem{
		{Src: conv.Shape{1, 1, 12, 15}, Weight: conv.Shape{1, 1, 3, 5}},
		{Src: conv.Shape{1, 1, 12, 15}, Weight: conv.Shape{1, 1, 3, 5},
			Spec: conv.Spec{Padding: conv.Pad(1, 2), Stride: [2]int{2, 3}, Dilation: [2]int{2, 1}}},
		{Src: conv.Shape{1, 1, 13, 16}, Weight: conv.Shape{1, 1, 3, 3},
			Spec: conv.Spec{Padding: conv.Pad(1, 1), Pool: conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 3}, Stride: [2]int{2, 2}}}},
	} {
		weight, _ := conv.NewTensor(p.Weight)
		for i := range weight.Data {
			weight.Data[i] = 1
		}
		dst, err := p.Dst()
		if err != nil {
			t.Fatal(err)
		}
		var seen image.Rectangle // bounds of the pixels: dilation leaves gaps
		for at := range p.Src.H() * p.Src.W() {
			one, _ := conv.NewTensor(p.Src)
			one.Data[at] = 1
			out, err := conv.Apply(cpu.Engine{}, p.Spec, weight, nil, one)
			if err != nil {
				t.Fatal(err)
			}
			if x, y := at%p.Src.W(), at/p.Src.W(); out.Plane(0, 0)[dst.H()/2*dst.W()+dst.W()/2] != 0 {
				seen = seen.Union(image.Rect(x, y, x+1, y+1))
			}
		}
		if box := field(p); box != seen {
			t.Errorf("%+v: the box is %v, the output sees %v", p, box, seen)
		}
	}
}
