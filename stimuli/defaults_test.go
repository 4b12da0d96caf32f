package stimuli

import (
	"math"
	"testing"
)

// TestDefaults: a length of 0 becomes the default. The table has the values that images are drawn with.
func TestDefaults(t *testing.T) {
	canvas := Canvas{Rows: 24, Columns: 40} // the shorter side is 24
	seen := func(a Aperture) func() Pattern {
		return func() Pattern { return &Grating{SF: 0.1, Look: Look{Aperture: a}} }
	}
	for name, c := range map[string]struct {
		fresh func() Pattern
		want  map[string]float64
	}{
		"gabor": {func() Pattern { return &Gabor{} },
			map[string]float64{"sigma_x_pixels": 3, "sigma_y_pixels": 3}},
		"gabor across": {func() Pattern { return &Gabor{SigmaX: 5} },
			map[string]float64{"sigma_x_pixels": 5, "sigma_y_pixels": 5}},
		"gabor along": {func() Pattern { return &Gabor{SigmaY: 5} },
			map[string]float64{"sigma_x_pixels": 3, "sigma_y_pixels": 5}},
		"plaid": {func() Pattern { return &Plaid{SF: 0.2} },
			map[string]float64{"sf2_cycles_per_pixel": 0.2}},
		"checkerboard": {func() Pattern { return &Checkerboard{} }, map[string]float64{"side_pixels": 8}},
		"impulse":      {func() Pattern { return &Impulse{} }, map[string]float64{"amplitude": 1}},
		"circle":       {seen(Aperture{Window: Circle}), map[string]float64{"aperture_radius_pixels": 12}},
		"annulus": {seen(Aperture{Window: Annulus}),
			map[string]float64{"aperture_radius_pixels": 12, "aperture_inner_pixels": 6}},
		"annulus of radius": {seen(Aperture{Window: Annulus, Radius: 7}),
			map[string]float64{"aperture_inner_pixels": 3.5}},
		"raised cosine": {seen(Aperture{Window: RaisedCosine}),
			map[string]float64{"aperture_radius_pixels": 12, "aperture_edge_pixels": 12}},
		"gaussian": {seen(Aperture{Window: Gaussian}), map[string]float64{"aperture_sigma_pixels": 3}},
	} {
		table, err := newProduct(t, canvas, c.fresh).Table()
		if err != nil {
			t.Fatal(err)
		}
		for column, want := range c.want {
			if got := table.Column(column).Numbers; len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s is %v, want %v", name, column, got, want)
			}
		}
	}
}

// TestApertureEdge: a pixel at a distance of exactly Radius is outside, and one at exactly Inner is inside.
func TestApertureEdge(t *testing.T) {
	look := Look{Mean: 1, Contrast: 1, Centred: true, Aperture: Aperture{Window: Annulus, Radius: 5, Inner: 2}}
	images := drawn(t, newProduct(t, Canvas{Rows: 1, Columns: 15}, func() Pattern { return &Grating{Look: look} }))
	for column, v := range images.Data {
		r := math.Abs(float64(column - 7))
		if want := r >= 2 && r < 5; (v == 1) != want || !want && v != 0 {
			t.Errorf("at a distance of %v: %v", r, v)
		}
	}
}

// TestPlaidDrifts: both gratings move by a quarter of a cycle per frame.
func TestPlaidDrifts(t *testing.T) {
	plaid := Plaid{Orientation: 20, Angle: 70, SF: 0.1, SF2: 0.15, Phase: 30, Phase2: 80}
	moved, turned := plaid, plaid
	moved.Drift, moved.Frame = 0.125, 2
	turned.Phase, turned.Phase2 = plaid.Phase-90, plaid.Phase2-90
	canvas := Canvas{Rows: 9, Columns: 11}
	want := drawn(t, newProduct(t, canvas, func() Pattern { p := turned; return &p })).Data
	for at, v := range drawn(t, newProduct(t, canvas, func() Pattern { p := moved; return &p })).Data {
		if math.Abs(float64(v-want[at])) > 1e-6 {
			t.Fatalf("pixel %d is %v, want %v", at, v, want[at])
		}
	}
}
