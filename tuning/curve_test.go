package tuning

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/param"

	"pgregory.net/rapid"
)

// sampled returns a curve over n angles that begin at start and are evenly spaced over a period.
func sampled(n int, start, period float64, f func(float64) float64) Curve {
	var c Curve
	for i := range n {
		x := start + float64(i)*period/float64(n)
		c.X, c.Y = append(c.X, x), append(c.Y, f(x))
	}
	return c
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

// TestCircularVariance compares with closed forms. The circular variance of 1 + a·cos 2(θ−θ₀) is 1 − a/2.
func TestCircularVariance(t *testing.T) {
	for name, c := range map[string]struct {
		curve           Curve
		cv, selectivity float64
		preferred       float64
	}{
		"one orientation": {sampled(12, 0, 180, func(x float64) float64 { return b2f(x == 45) }), 0, 1, 45},
		"cosine": {sampled(36, 0, 180, func(x float64) float64 { return 1 + 0.5*math.Cos(2*radians(x-70)) }),
			0.75, 0.5, 70},
		"from -90": {sampled(36, -90, 180,
			func(x float64) float64 { return 1 + 0.5*math.Cos(2*radians(x-170)) }), 0.75, 0.5, 170},
		"directions": {sampled(24, 0, 360, func(x float64) float64 { return 1 + 0.8*math.Cos(2*radians(x-30)) }),
			0.6, 0.8, 30},
		"-90 twice": {Curve{[]float64{-90, -45, 0, 45, 90}, []float64{2, 0, 0, 0, 4}}, 0, 1, 90},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := c.curve.Orientation()
			if err != nil {
				t.Fatal(err)
			}
			near(t, "circular variance", o.CircularVariance, c.cv, 1e-12)
			near(t, "selectivity", o.Selectivity, c.selectivity, 1e-12)
			near(t, "preferred", o.Preferred, c.preferred, 1e-9)
			near(t, "peak", o.Peak, c.preferred, 1e-9)
		})
	}
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// TestFlat: a cell that answers all orientations alike has no preference, and one that answers nothing has no figures.
func TestFlat(t *testing.T) {
	o, err := sampled(8, 0, 180, func(float64) float64 { return 3 }).Orientation()
	if err != nil || !math.IsNaN(o.Preferred) {
		t.Errorf("flat: %+v, %v, want no preferred orientation", o, err)
	}
	near(t, "circular variance", o.CircularVariance, 1, 1e-12)
	near(t, "selectivity", o.Selectivity, 0, 0)
	silent := sampled(8, 0, 180, func(float64) float64 { return 0 })
	if o, err := silent.Orientation(); err != nil || !math.IsNaN(o.CircularVariance) || !math.IsNaN(o.Selectivity) ||
		!math.IsNaN(o.Preferred) {
		t.Errorf("silent: %+v, %v, want NaN", o, err)
	}
	if p, err := sampled(8, 0, 360, func(float64) float64 { return 0 }).Phase(); err != nil || !math.IsNaN(p.Ratio) ||
		!math.IsNaN(p.Preferred) {
		t.Errorf("silent: %+v, %v, want NaN", p, err)
	}
	spike := sampled(36, 0, 180, func(x float64) float64 { return b2f(x == 45) })
	for _, c := range []Curve{silent, sampled(8, 0, 180, func(float64) float64 { return 3 }), spike} {
		if fit, ok, err := FitVonMises(c); ok || err != nil {
			t.Errorf("a fit through a constant or a spike: %+v %v %v, want none", fit, ok, err)
		}
	}
}

func TestDirection(t *testing.T) {
	c := sampled(12, -180, 360, func(x float64) float64 {
		switch math.Round(x) {
		case -60:
			return 5
		case 120:
			return 1
		}
		return 0.5
	})
	if !c.HasDirections() || sampled(12, 0, 180, math.Abs).HasDirections() ||
		(Curve{[]float64{-90, -45, 0, 45, 90}, make([]float64, 5)}).HasDirections() {
		t.Error("HasDirections is wrong")
	}
	d, err := c.Direction()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "peak", d.Peak, 300, 1e-9)
	near(t, "selectivity", d.Selectivity, 4./6, 1e-12)
}

// TestVonMisesRecovers: the fit finds the curve that made the data.
func TestVonMisesRecovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := VonMises{
			Preferred: rapid.Float64Range(0, 179.9).Draw(t, "preferred"),
			Kappa:     math.Exp(rapid.Float64Range(-1, 3).Draw(t, "log kappa")),
			Base:      rapid.Float64Range(-1, 1).Draw(t, "base"),
			Height:    rapid.Float64Range(0.1, 10).Draw(t, "height"),
		}
		fit, ok, err := FitVonMises(sampled(rapid.IntRange(12, 40).Draw(t, "n"), -90, 180, want.At))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		off := math.Abs(fit.Preferred - want.Preferred)
		if min(off, 180-off) > 1e-3 || math.Abs(fit.Kappa-want.Kappa) > 1e-3*max(1, want.Kappa) ||
			math.Abs(fit.Base-want.Base) > 1e-3*want.Height || math.Abs(fit.Height-want.Height) > 1e-3*want.Height ||
			fit.R2 < 1-1e-9 {
			t.Fatalf("got %+v, want %+v", fit, want)
		}
		if half := fit.At(fit.Preferred + fit.HalfWidth()); math.Abs(half-fit.Base-fit.Height/2) > 1e-6*fit.Height {
			t.Fatalf("at the half-width it is %v of %+v", half, fit)
		}
	})
}

// TestFitOverDirections: a cell that answers one direction less than the other, or not at all, has the width of a cell
// that answers both alike. Its fit explains all of the variance.
func TestFitOverDirections(t *testing.T) {
	want := VonMises{Preferred: 40, Kappa: 3, Base: 0.5, Height: 2}
	for _, opposite := range []float64{2, 1, 0} { // the peak at 220°
		fit, ok, err := FitVonMises(sampled(24, 0, 360, func(x float64) float64 {
			if math.Cos(radians(x-want.Preferred)) > 0 {
				return want.At(x)
			}
			return VonMises{Preferred: want.Preferred, Kappa: want.Kappa, Base: want.Base, Height: opposite}.At(x)
		}))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		near(t, "preferred", fit.Preferred, want.Preferred, 1e-4)
		near(t, "half-width", fit.HalfWidth(), want.HalfWidth(), 1e-3)
		near(t, "base", fit.Base, want.Base, 1e-4)
		near(t, "height", fit.Height, (want.Height+opposite)/2, 1e-4)
		near(t, "R²", fit.R2, 1, 1e-9)
	}
}

// TestHalfWidth: a cosine has 45°. A narrow curve has the half-width of a Gaussian with σ = 1/(2√κ) radians, √(2 ln
// 2)·σ.
func TestHalfWidth(t *testing.T) {
	near(t, "cosine", VonMises{Kappa: leastKappa}.HalfWidth(), 45, 0.02)
	near(t, "narrow", VonMises{Kappa: 200}.HalfWidth(), math.Sqrt(2*math.Ln2)/(2*math.Sqrt(200))*180/math.Pi, 0.01)
	fit, ok, err := FitVonMises(sampled(18, 0, 180, func(x float64) float64 { return math.Cos(2 * radians(x-33)) }))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	near(t, "preferred of a cosine", fit.Preferred, 33, 1e-3)
	near(t, "half-width of a cosine", fit.HalfWidth(), 45, 0.1)
}

// TestRectifiedSine: F1/F0 is π/2 for a half-wave rectified sine, 0 for a constant and 1 for 1 + cos.
func TestRectifiedSine(t *testing.T) {
	for name, c := range map[string]struct {
		f         func(float64) float64
		ratio     float64
		tolerance float64
	}{
		"rectified": {func(x float64) float64 { return max(0, math.Cos(radians(x-40))) }, math.Pi / 2, 1e-6},
		"raised":    {func(x float64) float64 { return 1 + math.Cos(radians(x-40)) }, 1, 1e-12},
		"flat":      {func(float64) float64 { return 2 }, 0, 1e-12},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := sampled(3600, 0, 360, c.f).Phase()
			if err != nil {
				t.Fatal(err)
			}
			near(t, "F1/F0", p.Ratio, c.ratio, c.tolerance)
			if name != "flat" {
				near(t, "preferred", p.Preferred, 40, 1e-6)
			}
		})
	}
}

// TestPhaseDepth: the energy of an unbalanced pair has only a second harmonic, which F1/F0 ignores. Its F1 is exactly
// 0, without a rounding error.
func TestPhaseDepth(t *testing.T) {
	p, err := sampled(8, 0, 360, func(x float64) float64 {
		return math.Hypot(3*math.Cos(radians(x)),
			math.Sin(radians(x)))
	}).Phase()
	if err != nil || p.F1 != 0 || p.Ratio != 0 || !math.IsNaN(p.Preferred) {
		t.Errorf("%+v, %v, want no first harmonic", p, err)
	}
	near(t, "depth", p.Depth, 0.5, 1e-12) // from 1 to 3
	p, err = sampled(8, 0, 360, func(x float64) float64 { return max(0, math.Cos(radians(x))) }).Phase()
	if err != nil || p.Depth != 1 {
		t.Errorf("depth of a rectified sine %v, %v, want 1", p.Depth, err)
	}
}

// TestNoMean: responses whose mean is not above 0 have no F1/F0.
func TestNoMean(t *testing.T) {
	for _, base := range []float64{0, -0.5} {
		p, err := sampled(8, 0, 360, func(x float64) float64 { return base + math.Cos(radians(x)) }).Phase()
		if err != nil || !math.IsNaN(p.Ratio) {
			t.Errorf("around %v: F1/F0 %v, %v, want NaN", base, p.Ratio, err)
		}
		near(t, "F1", p.F1, 1, 1e-12)
	}
}

// TestFitBetweenSamples: a peak that is narrower than the spacing around it is not fitted, because the samples do not
// show its height. A peak of 50 fitted responses of 1.5 at most best.
func TestFitBetweenSamples(t *testing.T) {
	for _, c := range []struct {
		y  []float64
		ok bool
	}{
		{[]float64{0, 1, 0, 0, 1.5, 0}, false}, {[]float64{0, 2.8, 0, 0, 0.05, 0}, false},
		{[]float64{1, 3, 3, 1, 0, 0}, true}} {
		fit, ok, err := FitVonMises(Curve{[]float64{0, 30, 60, 90, 120, 150}, c.y})
		if err != nil || ok != c.ok {
			t.Errorf("%v: %+v, fitted: %v, %v, want %v", c.y, fit, ok, err, c.ok)
		}
	}
}

// TestFitRange: the preferred orientation is at least 0 and below 180, wherever the search for it ends.
func TestFitRange(t *testing.T) {
	for _, preferred := range []float64{0.4, 2, 90, 176, 179.6} {
		fit, ok, err := FitVonMises(sampled(18, 0, 180,
			func(x float64) float64 { return VonMises{preferred, 2, 0.1, 1, 1}.At(x) }))
		if err != nil || !ok || math.Abs(fit.Preferred-preferred) > 1e-3 {
			t.Errorf("preferred %v, %v, %v, want %v", fit.Preferred, ok, err, preferred)
		}
	}
}

// TestFrequency: a curve that is normal over log₂ frequency with a σ in octaves has a bandwidth of 2√(2 ln 2)·σ.
func TestFrequency(t *testing.T) {
	const sigma = 0.7
	var c Curve
	for i := -60; i <= 60; i++ {
		octaves := float64(i) / 20
		c.X, c.Y = append(c.X, 0.1*math.Exp2(octaves)), append(c.Y, math.Exp(-octaves*octaves/(2*sigma*sigma)))
	}
	f, err := c.Frequency()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "peak", f.Peak, 0.1, 1e-12)
	near(t, "octaves", f.Octaves, 2*math.Sqrt(2*math.Ln2)*sigma, 2e-3)
	near(t, "low·high", f.Low*f.High, 0.01, 1e-9)
	if f, err := (Curve{[]float64{1, 2}, []float64{0, 0}}).Frequency(); err != nil || !math.IsNaN(f.Peak) ||
		!math.IsNaN(f.Octaves) {
		t.Errorf("silent: %+v, %v, want NaN", f, err)
	}
	f, err = Curve{[]float64{0.1, 0.2, 0.4}, []float64{4, 3, 1}}.Frequency()
	if err != nil || !math.IsNaN(f.Low) || !math.IsNaN(f.Octaves) {
		t.Errorf("a low-pass cell: %+v, %v, want no low end", f, err)
	}
	near(t, "high", f.High, 0.2*math.Sqrt2, 1e-12)
}

func TestAround(t *testing.T) {
	c := Curve{[]float64{0, 60, 120}, []float64{0, 6, 12}}
	for x, want := range map[float64]float64{0: 0, 30: 3, 60: 6, 150: 6, -15: 3, 190: 1, 179.9999999: 0} {
		near(t, fmt.Sprint(x), c.around(x, 180), want, 1e-6)
	}
}

// TestRefusals: every refusal says what would be right.
func TestRefusals(t *testing.T) {
	two := &Responses{Images: 2, Cells: 1, Data: []float64{1, 2}}
	x := column("sf", 1, 2)
	for want, err := range map[string]error{
		"want them evenly spaced over 180°": second(Curve{[]float64{0, 10, 90}, make([]float64, 3)}.Orientation()),
		"want at least 2 that differ":       second(Curve{[]float64{0, 180}, make([]float64, 2)}.Orientation()),
		"want them evenly spaced over 360°": second(Curve{[]float64{0, 90, 180}, make([]float64, 3)}.Phase()),
		"want at least 3 that differ":       second(Curve{[]float64{0, 180}, make([]float64, 2)}.Phase()),
		"want it above 0":                   second(Curve{[]float64{0, 1}, make([]float64, 2)}.Frequency()),
		"want finite values that ascend":    second(Curve{[]float64{1, 0}, make([]float64, 2)}.Frequency()),
		"want equally many":                 second(Curve{[]float64{1, 0}, nil}.Direction()),
		"want at least 5":                   third(FitVonMises(sampled(4, 0, 180, math.Abs))),
		"want 2 values, one for each image": second(Curves(two, column("sf"), nil, Best)),
		"want finite numbers":               second(Curves(two, column("sf", 1, math.NaN()), nil, Best)),
		"want best, max or mean":            second(Curves(two, x, nil, Modulation)),
		"want max, mean or f1":              third(collapse(two, x, nil, Best)),
		"of parameter sf":                   third(collapse(two, x, nil, Modulation)),
		"want 3, as many as in the first":   second(Dissimilarity([][]float64{{1, 2, 3}, {1}}, Euclid)),
		"patterns of 1 cells":               second(Dissimilarity([][]float64{{1}, {1}}, Correlation)),
		"want correlation or euclid":        second(Dissimilarity(nil, 7)),
		"want 2 numbers and at least 1":     second(Curves(&Responses{Images: 2, Cells: 1}, x, nil, Best)),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "tuning: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want tuning: …%s…", err, want)
		}
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

// experiment answers every combination of orientation, frequency and phase with f, in a shuffled order.
func experiment(f func(theta, sf, phi float64) float64) (*Responses, param.Column, param.Column, param.Column) {
	theta, sf, phi := param.Column{Name: "orientation_deg"}, param.Column{Name: "sf_cycles_per_pixel"},
		param.Column{Name: "phase_deg"}
	r := &Responses{Cells: 1}
	for i := range 6 * 3 * 8 {
		j := i * 35 % (6 * 3 * 8) // 35 and its number are coprime: each occurs once
		o, s, p := float64(j%6)*30, float64(j/6%3+1)*0.05, float64(j/18)*45
		theta.Numbers, sf.Numbers, phi.Numbers = append(theta.Numbers, o), append(sf.Numbers, s), append(phi.Numbers, p)
		r.Data = append(r.Data, f(o, s, p))
		r.Images++
	}
	return r, theta, sf, phi
}

// TestCurvesOverOthers: the curves hold the other parameters at the best values, or take the largest response or the
// mean over them.
func TestCurvesOverOthers(t *testing.T) {
	r, theta, sf, phi := experiment(func(theta, sf, phi float64) float64 { return theta + 1000*sf + phi/1000 })
	for over, first := range map[Reduction]float64{Best: 150.315, Largest: 150.315, Mean: 100.1575} {
		curves, err := Curves(r, theta, []param.Column{sf, phi}, over)
		if err != nil {
			t.Fatal(err)
		}
		c := curves[0]
		if !slices.Equal(c.X, []float64{0, 30, 60, 90, 120, 150}) {
			t.Fatalf("%v: over %v", over, c.X)
		}
		for i := range c.Y {
			near(t, fmt.Sprintf("%v at %v", over, c.X[i]), c.Y[i], first+c.X[i], 1e-9)
		}
	}
}

// TestBestIsHeld: Best holds the other parameters at the peak, Largest does not.
func TestBestIsHeld(t *testing.T) {
	r, theta, sf, phi := experiment(func(theta, sf, phi float64) float64 {
		return b2f(theta == 60 && sf == 0.1 && phi == 90)*2 + b2f(theta == 30 && sf == 0.05)
	})
	best, err := Curves(r, theta, []param.Column{sf, phi}, Best)
	if err != nil {
		t.Fatal(err)
	}
	largest, err := Curves(r, theta, []param.Column{sf, phi}, Largest)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(best[0].Y, []float64{0, 0, 2, 0, 0, 0}) ||
		!slices.Equal(largest[0].Y, []float64{0, 1, 2, 0, 0, 0}) {
		t.Errorf("best %v, largest %v", best[0].Y, largest[0].Y)
	}
}

func TestCollapse(t *testing.T) {
	r, theta, sf, phi := experiment(func(theta, sf,
		phi float64) float64 {
		return theta + 1000*sf + math.Cos(radians(phi-45))
	})
	for how, offset := range map[Reduction]float64{Largest: 1, Mean: 0} {
		c, left, err := collapse(r, phi, []param.Column{theta, sf}, how)
		if err != nil || c.Images != 18 {
			t.Fatal(c, err)
		}
		for i := range c.Images {
			near(t, how.String(), c.At(i, 0), left[0].Numbers[i]+1000*left[1].Numbers[i]+offset, 1e-9)
		}
	}
	c, _, err := collapse(r, phi, []param.Column{theta, sf}, Modulation)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Images {
		near(t, "F1", c.At(i, 0), 1, 1e-9)
	}
}

// TestRepeats: images with equal parameters are averaged.
func TestRepeats(t *testing.T) {
	r := &Responses{Images: 4, Cells: 2, Data: []float64{1, 10, 3, 30, 5, 50, 8, 80}}
	curves, err := Curves(r, column("sf", 2, 1, 2, 1), nil, Best)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(curves[0].Y, []float64{5.5, 3}) || !slices.Equal(curves[1].Y, []float64{55, 30}) {
		t.Errorf("curves %v", curves)
	}
}

func BenchmarkFitVonMises(b *testing.B) {
	for _, n := range []int{18, 60} {
		c := sampled(n, 0, 180, VonMises{Preferred: 70, Kappa: 2, Base: 0.2, Height: 1}.At)
		for i := range c.Y {
			c.Y[i] += 0.1 * math.Sin(float64(i*i))
		}
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := FitVonMises(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestFitOfADip: a cell that only one orientation silences has a broad fit around the other orientations, not an
// inverted one.
func TestFitOfADip(t *testing.T) {
	dip := VonMises{Preferred: 60, Kappa: 5, Height: 1}
	fit, ok, err := FitVonMises(sampled(18, 0, 180, func(x float64) float64 { return 1 - dip.At(x) }))
	if err != nil || !ok || fit.Height <= 0 || math.Abs(fit.Preferred-150) > 1 {
		t.Errorf("%+v, %v, %v", fit, ok, err)
	}
}

// TestFoldSeam: an angle just below the period is folded to 0.
func TestFoldSeam(t *testing.T) {
	c := Curve{[]float64{-1e-9, 90, 180 - 1e-9}, []float64{1, 5, 3}}.fold(180)
	if !slices.Equal(c.X, []float64{0, 90}) || !slices.Equal(c.Y, []float64{2, 5}) {
		t.Errorf("folded to %v", c)
	}
}

// TestAgreement: 0 and −0 are one value, and so are all NaN.
func TestAgreement(t *testing.T) {
	odd := math.Float64frombits(0x7ff8000000000123)
	number, count := groups(5, []param.Column{column("a", 0, math.Copysign(0, -1), math.NaN(), odd, 1)})
	if count != 3 || !slices.Equal(number, []int{0, 0, 1, 1, 2}) {
		t.Errorf("%v, %d groups", number, count)
	}
	if varies(column("a", math.NaN(), odd)) || !varies(column("a", 1, math.NaN())) {
		t.Error("Varies is wrong")
	}
}
