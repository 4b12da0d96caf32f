package tuning

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"gpuconv/param"

	"gonum.org/v1/gonum/stat"
)

// questions is what testdata/make_questions.py wrote.
type questions struct {
	Contrasts []float64
	Contrast  []struct {
		Y                             []float64
		Rmax, C50, Exponent, Base, R2 float64
	}
	Size   int
	Fields []struct {
		Image                 []float64
		X, Y, Orientation, SF float64
		SigmaU                float64 `json:"sigma_u"`
		SigmaV                float64 `json:"sigma_v"`
		R2                    float64
	}
	Decoding struct {
		Responses, Values []float64
		Labels            []int
		Right             int
	}
}

func loadQuestions(t *testing.T) questions {
	t.Helper()
	text, err := os.ReadFile("testdata/questions.json")
	if err != nil {
		t.Fatal(err)
	}
	var q questions
	if err := json.Unmarshal(text, &q); err != nil {
		t.Fatal(err)
	}
	return q
}

// TestNakaRushtonGoldens: fits equal those of SciPy's curve_fit.
func TestNakaRushtonGoldens(t *testing.T) {
	q := loadQuestions(t)
	for _, want := range q.Contrast {
		fit, ok, err := FitNakaRushton(Curve{q.Contrasts, want.Y})
		if err != nil || !ok {
			t.Fatal(fit, ok, err)
		}
		near(t, "Rmax", fit.Rmax, want.Rmax, 1e-4*want.Rmax)
		near(t, "C50", fit.C50, want.C50, 1e-4*want.C50)
		near(t, "exponent", fit.Exponent, want.Exponent, 1e-4*want.Exponent)
		near(t, "base", fit.Base, want.Base, 1e-4*want.Rmax)
		near(t, "R2", fit.R2, want.R2, 1e-8)
	}
}

// TestNakaRushton: exact data give their parameters back, half of Rmax is reached at C50, and no fit is made where
// there is no answer.
func TestNakaRushton(t *testing.T) {
	truth := NakaRushton{Rmax: 12, C50: 0.3, Exponent: 2.5, Base: 1}
	near(t, "at C50", truth.At(0.3), 7, 1e-12)
	near(t, "at 0", truth.At(0), 1, 0)
	c := Curve{X: []float64{0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1}}
	of := func(f func(float64) float64) Curve {
		out := Curve{X: c.X}
		for _, x := range c.X {
			out.Y = append(out.Y, f(x))
		}
		return out
	}
	fit, ok, err := FitNakaRushton(of(truth.At))
	if err != nil || !ok {
		t.Fatal(fit, ok, err)
	}
	near(t, "Rmax", fit.Rmax, truth.Rmax, 1e-4)
	near(t, "C50", fit.C50, truth.C50, 1e-5)
	near(t, "exponent", fit.Exponent, truth.Exponent, 1e-4)
	for name, f := range map[string]func(float64) float64{
		"linear": func(x float64) float64 { return x }, // saturates beyond all contrasts
		"flat":   func(float64) float64 { return 3 }, "falling": func(x float64) float64 { return 1 - x },
		"NaN": func(x float64) float64 { return math.NaN() },
	} {
		if fit, ok, err := FitNakaRushton(of(f)); ok || err != nil {
			t.Errorf("%s: %+v, %v", name, fit, err)
		}
	}
	for _, x := range [][]float64{{0, 1, 2}, {-1, 0, 1, 2}} {
		if _, _, err := FitNakaRushton(Curve{x, x}); err == nil {
			t.Errorf("contrasts %v are taken", x)
		}
	}
}

// TestSize: a centre and a surround of Gaussians, r(s) = kc·(1−e^{−(s/a)²}) − ks·(1−e^{−(s/b)²}), whose suppression for
// large sizes is known.
func TestSize(t *testing.T) {
	c := Curve{}
	for s := 0.5; s <= 30; s += 0.5 {
		c.X = append(c.X, s)
		c.Y = append(c.Y, 2*(1-math.Exp(-s*s/9))-(1-math.Exp(-s*s/100)))
	}
	got, err := c.Size()
	if err != nil {
		t.Fatal(err)
	}
	// The derivative is 0 where 4s/9·e^{−s²/9} = 2s/100·e^{−s²/100}, at s² = ln(200/9)/(1/9−1/100).
	at := math.Sqrt(math.Log(200.0/9) / (1.0/9 - 1.0/100))
	most := 2*(1-math.Exp(-at*at/9)) - (1 - math.Exp(-at*at/100))
	near(t, "suppression", got.Suppression, (most-1)/most, 0.002)
	if got.Peak > at || got.Peak < at-2 {
		t.Errorf("size %v, the largest response is at %v", got.Peak, at)
	}
	for _, y := range [][]float64{{0, 0}, {-1, -2}, {1, math.NaN()}} {
		if got, err := (Curve{[]float64{1, 2}, y}).Size(); err != nil || !math.IsNaN(got.Peak) {
			t.Errorf("%v: %+v, %v", y, got, err)
		}
	}
	if got, _ := (Curve{[]float64{1, 2, 3}, []float64{1, 2, 2}}).Size(); got != (Size{2, 0}) {
		t.Errorf("without suppression %+v", got)
	}
}

// TestPlane: a response of two parameters that multiply, and a third that the best image fixes. Each map is that
// product; the two phases of each image are reduced to the larger.
func TestPlane(t *testing.T) {
	table := &param.Table{}
	names := []string{"contrast", "diameter_pixels", "phase_deg", "speed"}
	columns := make([]param.Column, len(names))
	r := &Responses{Cells: 1}
	for _, contrast := range []float64{0.5, 1} {
		for _, size := range []float64{2, 4, 8} {
			for _, phase := range []float64{0, 180} {
				for _, speed := range []float64{1, 2} {
					for i, v := range []float64{contrast, size, phase, speed} {
						columns[i].Numbers = append(columns[i].Numbers, v)
					}
					r.Data = append(r.Data, contrast*size*speed/(1+phase))
					r.Images++
				}
			}
		}
	}
	for i, name := range names {
		columns[i].Name = name
	}
	table.Columns = columns
	a, err := Analyse(t.Context(), r, table, Settings{By: []Axis{ByContrast, BySize}, Phases: Largest, Plane: true})
	if err != nil {
		t.Fatal(err)
	}
	p := a.Plane
	if p == nil || p.Columns != [2]string{"contrast", "diameter_pixels"} || !slices.Equal(p.Values[1], []float64{2, 4, 8}) {
		t.Fatalf("%+v", p)
	}
	for i, contrast := range []float64{0.5, 1} {
		for j, size := range []float64{2, 4, 8} {
			if got := p.Cells[0][i][j]; got != contrast*size*2 {
				t.Errorf("contrast %v, size %v: %v", contrast, size, got)
			}
		}
	}
	if a.Cells[0].Size == nil || a.Cells[0].Size.Peak != 8 || len(a.Curves) != 2 {
		t.Errorf("%+v", a.Cells[0])
	}
	if a, err = Analyse(t.Context(), r, table, Settings{By: []Axis{"speed"}, Phases: Largest}); err != nil ||
		a.Plane != nil || !slices.Equal(a.Curves[0].Curves[0].Y, []float64{8, 16}) {
		t.Errorf("over speed %+v, %v", a, err)
	}
}

// TestAxisColumns: which columns belong to an axis, and what varies if no orientation, sf or phase does.
func TestAxisColumns(t *testing.T) {
	for column, axes := range map[string][]Axis{"orientation_deg": {"orientation", "orientation_deg"},
		"contrast": {"contrast"}, "contrast_percent": {"contrast"}, "aperture_radius_pixels": {"size", "aperture_radius"},
		"drift_cycles_per_frame": {"drift"}} {
		for _, axis := range axes {
			if !axis.is(column) {
				t.Errorf("%s is not %s", column, axis)
			}
		}
	}
	if Axis("x").is("xylophone") || Axis("contrast").is("contrasted") {
		t.Error("a beginning without an underscore counts")
	}
	table := &param.Table{Columns: []param.Column{{Name: "kind", Words: []string{"a", "b"}},
		{Name: "contrast", Numbers: []float64{0, 1}}, {Name: "mean", Numbers: []float64{1, 1}}}}
	if got := Varying(table); !slices.Equal(got, []Axis{ByContrast}) {
		t.Errorf("%v vary", got)
	}
}

// TestNoiseCeiling: of neurons with a signal and noise of known variances, a model that knows the signal correlates
// with the mean of the halves as the ceiling says.
func TestNoiseCeiling(t *testing.T) {
	const stimuli = 20000
	random := rand.New(rand.NewPCG(1, 2))
	for _, noise := range []float64{0.3, 1, 2} {
		var signal, first, second, both []float64
		for range stimuli {
			s, a, b := random.NormFloat64(), noise*random.NormFloat64(), noise*random.NormFloat64()
			signal, first, second = append(signal, s), append(first, s+a), append(second, s+b)
			both = append(both, s+(a+b)/2)
		}
		// The correlation is within 4 standard errors of 1/√n.
		want := stat.Correlation(signal, both, nil)
		near(t, "ceiling", NoiseCeiling(stat.Correlation(first, second, nil)), want, 4/math.Sqrt(stimuli))
		near(t, "closed form", NoiseCeiling(1/(1+noise*noise)), 1/math.Sqrt(1+noise*noise/2), 1e-12)
	}
	for _, r := range []float64{0, -0.5, math.NaN()} {
		if got := NoiseCeiling(r); !math.IsNaN(got) {
			t.Errorf("of %v: %v", r, got)
		}
	}
	if NoiseCeiling(1) != 1 {
		t.Error("of 1 not 1")
	}
}
