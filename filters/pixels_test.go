package filters

import (
	"math"
	"strings"
	"testing"

	"gpuconv/param"
)

// TestFolded compares the shares above half a cycle per pixel with closed forms. For a Gabor with vertical stripes it
// is the share of a normal distribution, with mean SF and standard deviation 1/(2√2π·σ), above ½ and below −½, combined
// with that of another normal distribution across. For an isotropic Gaussian it is the share outside a square.
func TestFolded(t *testing.T) {
	inside := func(mean, deviation float64) float64 {
		scaled := func(v float64) float64 { return math.Erf((v - mean) / (deviation * math.Sqrt2)) }
		return (scaled(0.5) - scaled(-0.5)) / 2
	}
	for _, g := range []Gabor{{SF: 0.1}, {SF: 0.3}, {SF: 0.4}, {SF: 0.45, Orientation: 90},
		{SF: 0.5, SigmaX: 3, SigmaY: 0.4},
		{SF: 0.4, Bandwidth: 0.5}, {SF: 0.05, SigmaX: 0.3}, {SF: 0.38, Orientation: 180}} {
		if err := g.Complete(); err != nil {
			t.Fatal(err)
		}
		want := 1 - inside(g.SF, 1/(2*math.Sqrt2*math.Pi*g.SigmaX))*inside(0, 1/(2*math.Sqrt2*math.Pi*g.SigmaY))
		if got := g.folded(); math.Abs(got-want) > 0.01 {
			t.Errorf("%+v: %.4f, want %.4f", g, got, want)
		}
	}
	for _, sigma := range []float64{0.3, 0.4, 0.5, 1} {
		inner := inside(0, 1/(2*math.Sqrt2*math.Pi*sigma))
		if got := (&Derivative{Sigma: sigma}).folded(); math.Abs(got-(1-inner*inner)) > 0.01 {
			t.Errorf("Gaussian of %v: %.4f, want %.4f", sigma, got, 1-inner*inner)
		}
	}
}

// TestPreferred: the Gabor of 0.4 cycles per pixel at 22.5° prefers 17°, as 90 gratings through conv and tuning show.
// With 5 % above half a cycle a Gabor turns by less than 2°, and a coarse one does not turn at all.
func TestPreferred(t *testing.T) {
	for _, c := range []struct{ sf, degrees, want, within float64 }{
		{0.4, 22.5, 16.6, 0.3}, {0.36, 22.5, 22.5, 2}, {0.2, 22.5, 22.5, 0.1}, {0.4, 112.5, 106.6, 0.3},
		{0.4, 0, 0, 1e-9}, {0.4, 45, 45, 1e-9}} {
		g := &Gabor{SF: c.sf, Orientation: c.degrees}
		if err := g.Complete(); err != nil {
			t.Fatal(err)
		}
		if got := preferred(g, 13, c.degrees, c.sf); math.Abs(got-c.want) > c.within {
			t.Errorf("%v° at %v: prefers %v, want %v", c.degrees, c.sf, got, c.want)
		}
	}
}

// TestCutOff: for a Gaussian the share is 1 − erf², whatever the grid.
func TestCutOff(t *testing.T) {
	for _, c := range []struct {
		sigma float64
		size  int
	}{{2, 7}, {2, 8}, {3, 5}, {20, 41}, {20, 90}, {100, 7}, {60, 120}} {
		within := math.Erf(float64(c.size) / 2 / (c.sigma * math.Sqrt2))
		if got := cutOff(&Derivative{Sigma: c.sigma}, c.size); math.Abs(got-(1-within*within)) > 0.02 {
			t.Errorf("sigma %v on %d pixels: %.4f, want %.4f", c.sigma, c.size, got, 1-within*within)
		}
	}
}

// TestNotes: a kind that is too fine or cut off is noted once. There is no note about the example of each kind, nor
// about sizes that banks choose, except for the wide filters of V1, which VOneNet cuts off too.
func TestNotes(t *testing.T) {
	for _, k := range Kinds() {
		b, err := k.Bank()
		if err != nil {
			t.Fatal(err)
		}
		notes, err := b.Notes()
		if v1 := k.Name == "v1"; err != nil || (len(notes) > 0) != v1 {
			t.Errorf("%s: %q, %v", k.Name, notes, err)
		}
	}
	for want, b := range map[string]Bank{
		"gabor of 22.5°, sf 0.4 is too fine for pixels: 11 % of its spectrum lies above half a cycle per pixel and folds back; gabor of 22.5°, sf 0.4 prefers 16.6°": {Filters: []Filter{&Gabor{
			SF: 0.4, Orientation: 22.5}}},
		"gabor of 0°, sf 0.02 is cut by the border of 7×7 pixels: 97 % of its weights lie outside, 127×127 would hold them": {
			Filters: []Filter{&Gabor{SF: 0.02}}, Size: 7},
		"dog of sigma 0.4 is too fine": {Filters: []Filter{&DoG{Sigma: 0.4}}}, "dog of sigma 3 is cut by the border of 9×9": {Filters: []Filter{&DoG{Sigma: 3}}, Size: 9},
		"gaussian-derivative of 30°, order 8, sigma 0.9 is too fine":                    {Filters: []Filter{&Derivative{Orientation: 30, Order: 8, Sigma: 0.9}}},
		"gaussian-derivative of 0°, order 1, sigma 4 is cut":                            {Filters: []Filter{&Derivative{Order: 1, Sigma: 4}}, Size: 9},
		"laplacian of sigma 0.6 is too fine":                                            {Filters: []Filter{&Laplacian{Sigma: 0.6}}},
		"laplacian of sigma 5 is cut by the border of 11×11":                            {Filters: []Filter{&Laplacian{Sigma: 5}}, Size: 11},
		"1 of 3 filters is too fine for pixels: 18 % of gabor of 0°, sf 0.4's spectrum": {Filters: []Filter{&Gabor{SF: 0.1}, &Gabor{SF: 0.4}, &Gabor{SF: 0.2}}},
		"2 of 6 filters are cut by the border":                                          {Filters: []Filter{&Gabor{SF: 0.05}, &Gabor{SF: 0.3}, &Gabor{SF: 0.2}}, Size: 17, Quadrature: true},
	} {
		notes, err := b.Notes()
		if err != nil || len(notes) != 1 || !strings.HasPrefix(notes[0], want) {
			t.Errorf("%q, %v: want one, %q", notes, err, want)
		}
	}
	if _, err := (Bank{Filters: []Filter{&Gabor{SF: 2}}}).Notes(); err == nil {
		t.Error("notes of what is not a filter")
	}
}

// TestNotesOfMany: in a large bank only some filters are examined, which takes almost no time.
func TestNotesOfMany(t *testing.T) {
	phases, err := param.Range(0, 360, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	all, err := kindOf(t, "gabor").Make(param.NewAxis("sf", 0.02), param.Axis{Name: "phase", Values: phases})
	if err != nil {
		t.Fatal(err)
	}
	notes, err := Bank{Filters: all, Size: 3}.Notes()
	if err != nil || len(notes) != 1 || !strings.HasPrefix(notes[0], "240 of 240 filters that were looked at are cut") {
		t.Errorf("%d filters: %q, %v", len(all), notes, err)
	}
}
