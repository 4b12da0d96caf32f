package tuning

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
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
	if p == nil || p.Columns != [2]string{"contrast", "diameter_pixels"} ||
		!slices.Equal(p.Values[1], []float64{2, 4, 8}) {
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
	// A column of phases in full, as the second axis: it is not reduced.
	a, err = Analyse(t.Context(), r, table, Settings{By: []Axis{ByContrast, "phase_deg"}, Phases: Largest, Plane: true})
	if err != nil || !slices.Equal(a.Plane.Cells[0][1], []float64{16, 16. / 181}) {
		t.Errorf("over contrast and phase_deg: %v", err)
	}
	_, err = Analyse(t.Context(), r, table, Settings{By: []Axis{BySize, "diameter"}, Phases: Largest, Plane: true})
	if err == nil || !strings.Contains(err.Error(), "both are the column diameter_pixels") {
		t.Errorf("two axes of one column: %v", err)
	}
}

// TestAxisColumns: which columns belong to an axis, and what varies if no orientation, sf or phase does.
func TestAxisColumns(t *testing.T) {
	for column, axes := range map[string][]Axis{"orientation_deg": {"orientation", "orientation_deg"},
		"contrast": {"contrast"}, "contrast_percent": {"contrast"},
		"aperture_radius_pixels": {"size", "aperture_radius"}, "drift_cycles_per_frame": {"drift"}} {
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

// pixels is an array in memory.
type pixels struct {
	shape []int
	data  []float32
}

func (p *pixels) Shape() []int { return p.shape }

func (p *pixels) Read(dst []float32) error {
	copy(dst, p.data)
	p.data = p.data[len(dst):]
	return nil
}

// TestFieldGoldens: fits equal those of SciPy's least_squares from the true parameters.
func TestFieldGoldens(t *testing.T) {
	q := loadQuestions(t)
	for _, want := range q.Fields {
		half := float64(q.Size-1) / 2
		g, err := window{rows: q.Size, columns: q.Size, x: -half, y: -half, data: want.Image}.fit()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "x", g.X, want.X, 1e-3)
		near(t, "y", g.Y, want.Y, 1e-3)
		near(t, "orientation", g.Orientation, want.Orientation, 0.02)
		near(t, "sf", g.SF, want.SF, 1e-4)
		near(t, "sigma-x", g.SigmaX, want.SigmaU, 2e-3)
		near(t, "sigma-y", g.SigmaY, want.SigmaV, 2e-3)
		near(t, "R2", g.R2, want.R2, 1e-6)
	}
}

// TestReverseCorrelation: the field of a linear cell is its filter and that of a rectifying cell half of it, within
// what chance explains. The fit finds the filter's parameters. A cell of noise has no field.
func TestReverseCorrelation(t *testing.T) {
	const side, images = 16, 6000
	random := rand.New(rand.NewPCG(3, 4))
	truth := FieldGabor{X: 2.5, Y: -1.5, Orientation: 120, SF: 0.16, Phase: 50, SigmaX: 2, SigmaY: 2.5, Amplitude: 1}
	filter := make([]float64, side*side)
	for at := range filter {
		x, y := float64(at%side)-7.5-truth.X, float64(at/side)-7.5-truth.Y
		sin, cos := math.Sincos(truth.Orientation * math.Pi / 180)
		u, v := x*cos+y*sin, y*cos-x*sin
		filter[at] = math.Exp(-u*u/8-v*v/12.5) * math.Cos(2*math.Pi*truth.SF*u+truth.Phase*math.Pi/180)
	}
	source := &pixels{shape: []int{images, 1, side, side}}
	r := &Responses{Images: images, Cells: 3}
	for range images {
		sum := 0.0
		for at := range filter {
			v := random.Float64() - 0.5
			source.data = append(source.data, float32(v))
			sum += v * filter[at]
		}
		r.Data = append(r.Data, sum, max(0, sum), random.NormFloat64())
	}
	f, err := ReverseCorrelation(t.Context(), r, source)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "correlation of neighbours", f.Neighbours, 0, 0.01)
	for cell, share := range []float64{1, 0.5, 0} {
		worst, squares := 0.0, 0.0
		for at, w := range f.Weights[cell] {
			d := (w - share*filter[at]) / f.Noise[cell]
			worst, squares = max(worst, math.Abs(d)), squares+d*d
		}
		if rms := math.Sqrt(squares / (side * side)); worst > 5 || rms > 1.2 || rms < 0.6 {
			t.Errorf("cell %d: off by %.2f standard deviations at most and %.2f on average", cell, worst, rms)
		}
		g, ok, err := f.Fit(cell)
		if err != nil || ok != (share > 0) {
			t.Fatalf("cell %d: %+v, %v, %v", cell, g, ok, err)
		}
		if ok {
			near(t, "x", g.X, truth.X, 0.3)
			near(t, "y", g.Y, truth.Y, 0.3)
			near(t, "orientation", g.Orientation, truth.Orientation, 4)
			near(t, "sf", g.SF, truth.SF, 0.01)
			near(t, "amplitude", g.Amplitude, share, 0.15)
		}
	}
	for _, shape := range [][]int{{images, 2, side, side}, {images - 1, 1, side, side}, {images}} {
		if _, err := ReverseCorrelation(t.Context(), r, &pixels{shape: shape}); err == nil {
			t.Errorf("stimuli %v are taken", shape)
		}
	}
	if _, err := ReverseCorrelation(t.Context(), &Responses{Images: 2, Cells: 1, Data: []float64{1, 2}},
		&pixels{[]int{2, 1, 1}, []float32{3, 3}}); err == nil {
		t.Error("uniform images are taken")
	}
}

// TestDecodingGoldens: the readout of each image equals NumPy's.
func TestDecodingGoldens(t *testing.T) {
	q := loadQuestions(t).Decoding
	d, err := Decode(&Responses{Images: 60, Cells: 4, Data: q.Responses}, q.Labels)
	if err != nil {
		t.Fatal(err)
	}
	if d.Right != q.Right || d.Images != 60 {
		t.Errorf("%d of %d right, NumPy has %d", d.Right, d.Images, q.Right)
	}
	for i, v := range d.Values {
		near(t, "value", v, q.Values[i], 1e-9)
	}
}

// TestDecode: what can be told apart is, what cannot is not, and an image never trains the readout that labels it.
func TestDecode(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	apart, noise := &Responses{Images: 200, Cells: 30}, &Responses{Images: 200, Cells: 30}
	var labels []int
	for i := range 200 {
		label := 1 - 2*(i%2)
		labels = append(labels, label)
		for cell := range 30 {
			v := random.NormFloat64()
			noise.Data = append(noise.Data, v)
			if cell == 7 {
				v = float64(label) // only this cell knows
			}
			apart.Data = append(apart.Data, v)
		}
	}
	d, err := Decode(apart, labels)
	if err != nil || d.Right != 200 || d.High != 1 || d.Low < 0.97 {
		t.Errorf("%+v, %v", d, err)
	}
	// With 30 cells and 160 images of noise the readout fits its own images well: 200 right would mean that it saw
	// them.
	if d, err = Decode(noise, labels); err != nil || d.Right < 70 || d.Right > 130 || d.Chance != 0.5 {
		t.Errorf("noise: %+v, %v", d, err)
	}
	labels[3], labels[5] = 0, 0
	if d, err = Decode(apart, labels); err != nil || d.Images != 198 || !math.IsNaN(d.Values[3]) {
		t.Errorf("without two: %+v, %v", d, err)
	}
	for _, bad := range [][]int{labels[1:], slices.Repeat([]int{1}, 200), slices.Repeat([]int{2}, 200)} {
		if _, err := Decode(apart, bad); err == nil {
			t.Errorf("labels %v… are taken", bad[:2])
		}
	}
	if low, high := wilson(5, 10); math.Abs(low-0.2366) > 1e-4 || math.Abs(high-0.7634) > 1e-4 { // as R's prop.test
		t.Errorf("5 of 10: %v to %v", low, high)
	}
}

func TestSides(t *testing.T) {
	if got := Sides([]float64{-90, -45, 0, 45, 90, 135, 180, 100}, true); !slices.Equal(got,
		[]int{0, -1, 0, 1, 0, -1, 0, -1}) {
		t.Errorf("orientations: %v", got)
	}
	if got := Sides([]float64{1, 2, 3, math.NaN()}, false); !slices.Equal(got, []int{-1, 0, 1, 0}) {
		t.Errorf("numbers: %v", got)
	}
}
