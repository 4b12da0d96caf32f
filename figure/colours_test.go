package figure

import (
	"image/color"
	"math"
	"testing"
)

// blindness has the matrices, in linear RGB, by which Machado, Oliveira and Fernandes (IEEE TVCG 15:1291, 2009)
// simulate complete protanopia, deuteranopia and tritanopia, and that of normal vision.
func blindness() map[string][3][3]float64 {
	return map[string][3][3]float64{
		"normal": {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		"protanopia": {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216},
			{-0.003882, -0.048116, 1.051998}},
		"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413},
			{-0.011820, 0.042940, 0.968881}},
		"tritanopia": {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602},
			{0.004733, 0.691367, 0.303900}},
	}
}

// lab returns what a person of some vision sees of a colour, in CIE 1976 L*a*b*, of the white D65.
func lab(c color.NRGBA, vision [3][3]float64) [3]float64 {
	var linear, seen, xyz [3]float64
	for i, v := range [3]uint8{c.R, c.G, c.B} {
		if linear[i] = float64(v) / 255 / 12.92; v > 10 {
			linear[i] = math.Pow((float64(v)/255+0.055)/1.055, 2.4)
		}
	}
	times := func(m [3][3]float64, v [3]float64) (out [3]float64) {
		for i := range out {
			out[i] = m[i][0]*v[0] + m[i][1]*v[1] + m[i][2]*v[2]
		}
		return out
	}
	for i, v := range times(vision, linear) {
		seen[i] = min(1, max(0, v))
	}
	xyz = times([3][3]float64{{0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}}, seen)
	var f [3]float64
	for i, white := range [3]float64{0.9505, 1, 1.089} {
		if f[i] = 7.787*xyz[i]/white + 16.0/116; xyz[i]/white > 0.008856 {
			f[i] = math.Cbrt(xyz[i] / white)
		}
	}
	return [3]float64{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

func distance(a, b color.NRGBA, vision [3][3]float64) float64 {
	p, q := lab(a, vision), lab(b, vision)
	return math.Hypot(math.Hypot(p[0]-q[0], p[1]-q[1]), p[2]-q[2])
}

// TestColourBlind: in every map, and to every kind of vision, the ends are far apart, NaN is far from all values, and
// of signed values a positive and a negative one of the same size never look alike. 2.3 is the least difference that
// people see (Mahy, Van Eycken and Oosterlinck, Color Res. Appl. 19:105, 1994).
func TestColourBlind(t *testing.T) {
	maps := map[string]colorMap{"stimuli": Light.colors(-1, 1), "stimuli dark": Ink.colors(-1, 1)}
	for c := BWR; c <= Grey; c++ {
		maps[c.String()], maps[c.String()+" from 0"] = c.signed(1), c.unsigned(1)
	}
	for name, m := range maps {
		for kind, vision := range blindness() {
			if d := distance(m.ramp(0), m.ramp(1), vision); d < 50 {
				t.Errorf("%s, %s: the ends are %.0f apart", name, kind, d)
			}
			for i := range 101 {
				at := float64(i) / 100
				if d := distance(m.nan, m.ramp(at), vision); d < 20 {
					t.Fatalf("%s, %s: NaN is %.0f from the colour of %v", name, kind, d, at)
				}
				if d := distance(m.ramp(at), m.ramp(1-at), vision); m.min < 0 && math.Abs(at-0.5) > 0.1 && d < 10 {
					t.Fatalf("%s, %s: %v and %v are %.0f apart", name, kind, at, 1-at, d)
				}
			}
		}
	}
}

// TestRedGreenIsNot: what deuteranopes see is simulated: a red and a green are far apart only to others.
func TestRedGreenIsNot(t *testing.T) {
	red, green := color.NRGBA{200, 60, 40, 255}, color.NRGBA{110, 130, 40, 255}
	if d := distance(red, green, blindness()["deuteranopia"]); d > 20 {
		t.Errorf("a red and a green are %v apart to deuteranopes", d)
	}
	if d := distance(red, green, blindness()["normal"]); d < 50 {
		t.Errorf("a red and a green are %v apart", d)
	}
}
