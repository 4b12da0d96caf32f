package stimuli

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"
)

// notesOf draws a product and returns its notes.
func notesOf(t *testing.T, c Canvas, fresh func() Pattern, axes ...param.Axis) string {
	t.Helper()
	p, err := NewProduct(c, fresh, axes...)
	if err != nil {
		t.Fatal(err)
	}
	drawn(t, p)
	return strings.Join(p.Notes(), "\n")
}

// means returns the mean of each image.
func means(images *conv.Tensor) (all []float64) {
	for i := range images.Shape.N() {
		sum := 0.0
		for _, v := range images.Plane(i, 0) {
			sum += float64(v)
		}
		all = append(all, sum/float64(len(images.Plane(i, 0))))
	}
	return all
}

// TestKindsSayNothing: the examples of all kinds have no notes.
func TestKindsSayNothing(t *testing.T) {
	for _, k := range Kinds() {
		set, err := k.Set()
		if err != nil {
			t.Fatal(err)
		}
		drawn(t, set)
		if notes := set.Notes(); len(notes) > 0 {
			t.Errorf("%s: %q", k.Name, notes)
		}
	}
}

// TestBeyond: for every kind, images that are brighter than white or darker than black are counted, for any cause.
// Images that could have exceeded the range and did not are not counted.
func TestBeyond(t *testing.T) {
	small := Canvas{Rows: 16, Columns: 20}
	look := func(l Look) func(p Pattern) Pattern {
		return func(p Pattern) Pattern { *LookOf(p) = l; return p }
	}
	for _, k := range Kinds() {
		if LookOf(k.New()) == nil {
			continue
		}
		for want, l := range map[string]Look{
			"of 2 images": {Mean: 0.5, Contrast: 1}, "image is beyond": {Mean: 0.9, Contrast: 1},
			"with centred": {Mean: 0.9, Contrast: 1, Centred: true}, "dim": {Mean: 0.1, Contrast: 1}, "grey": {Mean: 1, Contrast: 0},
			"white": {Mean: 0.5, Contrast: 1, Centred: true},
		} {
			notes := notesOf(t, small, func() Pattern { return look(l)(k.New()) })
			if beyond := l.Mean == 0.9; strings.Contains(notes, "beyond 0 (black) … 1 (white)") != beyond {
				t.Errorf("%s, %s: %q", k.Name, want, notes)
			}
		}
	}
	sine := func() Pattern { return &Grating{SF: 0.25, Look: Look{Mean: 0.5, Contrast: 1}} }
	want := "1 of 2 images is beyond 0 (black) … 1 (white): luminance from 0.2343 to 1.366"
	if got := notesOf(t, Canvas{Rows: 1, Columns: 8}, sine, param.NewAxis("mean", 0.5, 0.8)); got != want {
		// cos 45° and 135°, since the centre is between two pixels: 0.8·(1 ± √½)
		t.Errorf("%q, want %q", got, want)
	}
	if got := notesOf(t, small, func() Pattern { return &Impulse{Amplitude: 255} }); got !=
		"the image is beyond 0 (black) … 1 (white): luminance from 0 to 255" {
		t.Errorf("impulse: %q", got)
	}
}

// TestPatchCut: of a round patch at the centre 1 − erf² is outside, minus the part beyond three standard deviations.
func TestPatchCut(t *testing.T) {
	for _, sigma := range []float64{2, 8, 12, 20, 60} {
		g := &Gabor{SF: 0.1, SigmaX: sigma, SigmaY: sigma}
		all := math.Erf(3 / math.Sqrt2)
		within := min(all, math.Erf(16/sigma/math.Sqrt2))
		if got, want := g.outside(Canvas{Rows: 32, Columns: 32}), 1-within*within/(all*all); math.Abs(got-want) > 0.03 {
			t.Errorf("sigma %v: %.3f outside, want %.3f", sigma, got, want)
		}
	}
	for want, g := range map[string]Gabor{"": {SF: 0.1},
		"the image is cut: up to 50 % of a Gabor patch lies outside": {SF: 0.1, X: 20},
		"the image is cut: up to 91 %":                               {SF: 0.02, SigmaX: 60},
		"the image is cut: up to 30 %": {SF: 0.1, SigmaX: 3, SigmaY: 20,
			Orientation: 90}} {
		got := notesOf(t, Canvas{Rows: 40, Columns: 40}, func() Pattern { copied := g; return &copied })
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%+v: %q, want %q", g, got, want)
		}
	}
}

// TestUneven: a square wave along rows or columns is half bright over whole periods, or a note says that an odd number
// of samples cannot be halved, and names a supersampling with which it can. With that it is half bright, at any phase.
func TestUneven(t *testing.T) {
	for _, period := range [][2]int{{4, 1}, {5, 1}, {6, 1}, {7, 2}, {20, 3}, {5, 2}, {9, 4}, {25, 3}, {3, 1}, {9, 2}} {
		for _, orientation := range []float64{0, 90, 180, -90} {
			for _, supersample := range []int{1, 2, 3, 4} {
				sf := float64(period[1]) / float64(period[0])
				c := Canvas{Rows: period[0], Columns: period[0], Supersample: supersample}
				fresh := func() Pattern {
					return &Grating{Wave: Square, SF: sf, Orientation: orientation, Look: Look{Mean: 0.5, Contrast: 1}}
				}
				p, err := NewProduct(c, fresh, param.NewAxis("phase", 0, 13, 45, 90, 200))
				if err != nil {
					t.Fatal(err)
				}
				off := 0.0
				for _, v := range means(drawn(t, p)) {
					off = max(off, math.Abs(v-0.5))
				}
				notes := strings.Join(p.Notes(), "\n")
				what := fmt.Sprintf("%d cycles of %d pixels at %v°, supersampled by %d", period[1], period[0],
					orientation, supersample)
				switch {
				case off > 1e-6 && notes == "":
					t.Errorf("%s: the mean is off by %v without a note", what, off)
				case off <= 1e-6 && notes != "":
					t.Errorf("%s: half bright, but %q", what, notes)
				case notes == "":
					continue
				}
				var samples, finer int
				var cycles float64
				if _, err := fmt.Sscanf(notes, "5 of 5 images are not half bright: %d samples, an odd number, make "+
					"whole cycles of a square wave of %f cycles/pixel; supersampling by %d makes it even",
					&samples, &cycles, &finer); err != nil || samples%2 == 0 {
					t.Fatalf("%s: %q, %v", what, notes, err)
				}
				c.Supersample = finer
				better, err := NewProduct(c, fresh, param.NewAxis("phase", 0, 13, 45, 90, 200))
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range means(drawn(t, better)) {
					if math.Abs(v-0.5) > 1e-6 {
						t.Errorf("%s: supersampled by %d the mean is %v", what, finer, v)
					}
				}
				if len(better.Notes()) > 0 {
					t.Errorf("%s: supersampled by %d: %q", what, finer, better.Notes())
				}
			}
		}
	}
	for name, fresh := range map[string]func() Pattern{
		"oblique":  func() Pattern { return &Grating{Wave: Square, SF: 0.2, Orientation: 30} },
		"sine":     func() Pattern { return &Grating{SF: 0.2} },
		"uniform":  func() Pattern { return &Grating{Wave: Square} },
		"no whole": func() Pattern { return &Grating{Wave: Square, SF: 0.123456} },
	} {
		if notes := notesOf(t, Canvas{Rows: 20, Columns: 20}, fresh); notes != "" {
			t.Errorf("%s: %q", name, notes)
		}
	}
	for side, half := range map[float64]bool{2: true, 2.5: false, 4.5: false, 1.25: false, 5: true, 3: true} {
		board := func() Pattern { return &Checkerboard{Side: side, Look: Look{Mean: 0.5, Contrast: 1}} }
		p, err := NewProduct(Canvas{Rows: int(4 * side), Columns: int(4 * side)}, board)
		if err != nil {
			t.Fatal(err)
		}
		if mean := means(drawn(t, p))[0]; (math.Abs(mean-0.5) < 1e-6) != half || (len(p.Notes()) == 0) != half {
			t.Errorf("checkerboard of %v: the mean is %v, %q", side, mean, p.Notes())
		}
	}
	if notes := notesOf(t, Canvas{Rows: 20, Columns: 20},
		func() Pattern { return &Plaid{Wave: Square, SF: 0.1, SF2: 0.2, Angle: 90} }); !strings.Contains(
		notes, "5 samples") {
		t.Errorf("plaid: %q", notes)
	}
}

// TestUnevenOfAll: if square waves need several supersamplings, the note is the same in any order of drawing. It names
// the first image, and the supersampling that makes all of them even.
func TestUnevenOfAll(t *testing.T) {
	square := func() Pattern { return &Grating{Wave: Square, Look: Look{Mean: 0.5, Contrast: 1}} }
	want := "3 of 4 images are not half bright: in image 1 5 samples, an odd number, make whole cycles of a square " +
		"wave of 0.2 cycles/pixel; supersampling by 8 makes it even in all"
	c := Canvas{Rows: 45, Columns: 45}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}} {
		d := newDrawnNotes()
		for _, i := range order {
			p := square().(*Grating)
			p.SF = []float64{0.25, 0.2, 0.4, 4. / 9}[i]
			d.see(i, p, Canvas{Rows: 45, Columns: 45, Supersample: 1}, 0, 1)
		}
		if got := strings.Join(d.notes(4), "\n"); got != want {
			t.Errorf("in the order %v: %q, want %q", order, got, want)
		}
	}
	c.Supersample = 8
	if got := notesOf(t, c, square, param.NewAxis("sf", 0.2, 0.25, 0.4, 4./9)); got != "" {
		t.Errorf("supersampled by 8: %q", got)
	}
	plaid := func() Pattern {
		return &Plaid{Wave: Square, SF: 0.2, SF2: 0.4, Angle: 90, Look: Look{Mean: 0.5, Contrast: 1}}
	}
	got := notesOf(t, Canvas{Rows: 20, Columns: 20}, plaid)
	if !strings.HasSuffix(got, "supersampling by 4 makes it even") {
		t.Errorf("plaid: %q", got)
	}
	grey := func() Pattern { return &Grating{Wave: Square, SF: 0.2, Look: Look{Mean: 0.5}} }
	if got := notesOf(t, Canvas{Rows: 20, Columns: 20}, grey); got != "" {
		t.Errorf("without contrast: %q", got)
	}
}
