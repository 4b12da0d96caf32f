package tuning

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/param"

	"pgregory.net/rapid"
)

// checkRanges requires that every known figure of a cell is in its range.
func checkRanges(t interface{ Errorf(string, ...any) }, c Cell) {
	ranges := map[string][2]float64{
		"orientation_peak_deg": {0, 179.9999}, "orientation_preferred_deg": {0, 179.999999},
		"circular_variance": {0, 1}, "orientation_selectivity": {0, 1}, "direction_peak_deg": {0, 359.9999},
		"direction_selectivity": {0, 1}, "fit_orientation_deg": {0, 179.9999}, "fit_r2": {0, 1 + 1e-12},
		"half_width_deg": {0, 44.95}, "f1_over_f0": {0, 2 + 1e-12}, "phase_depth": {0, 1},
		"phase_preferred_deg": {0, 359.999999},
	}
	for _, f := range c.Figures() {
		r, ok := ranges[f.Name]
		if ok && !math.IsNaN(f.Value) && !(f.Value >= r[0] && f.Value <= r[1]) {
			t.Errorf("%s is %v, want %v to %v", f.Name, f.Value, r[0], r[1])
		}
	}
}

// analysedCell returns the figures of one cell, whose orientations begin at 0° and are evenly spaced over a period.
func analysedCell(t interface{ Fatalf(string, ...any) }, s Settings, period float64, y ...float64) (Cell, string) {
	x := make([]float64, len(y))
	for i := range x {
		x[i] = float64(i) * period / float64(len(y))
	}
	s.By, s.Phases, s.Fit = []Axis{ByOrientation}, Largest, true
	a, err := Analyse(context.Background(), &Responses{Images: len(y), Cells: 1, Data: y}, orientations(x...), s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	notes := make([]string, len(a.Notes))
	for i, n := range a.Notes {
		notes[i] = n.Error()
	}
	return a.Cells[0], strings.Join(notes, "\n")
}

// TestRanges: whatever the responses of a cell are, each figure is in its range or missing.
func TestRanges(t *testing.T) {
	special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 1e-300, 1e300, -1}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{8, 12, 18}).Draw(t, "n")
		y := make([]float64, n)
		for i := range y {
			y[i] = rapid.Float64Range(-1, 2).Draw(t, "response")
		}
		for range rapid.IntRange(0, 2).Draw(t, "odd ones") {
			y[rapid.IntRange(0, n-1).Draw(t, "at")] = rapid.SampledFrom(special).Draw(t, "odd")
		}
		s := Settings{Negative: rapid.SampledFrom([]Negative{Refuse, Rectify, SubtractMin}).Draw(t, "negative")}
		c, _ := analysedCell(t, s, rapid.SampledFrom([]float64{180, 360}).Draw(t, "period"), y...)
		checkRanges(t, c)
		if p, err := (Curve{sampled(n, 0, 360, math.Abs).X, y}).Phase(); err != nil {
			t.Errorf("%v", err)
		} else {
			checkRanges(t, Cell{Phase: &p})
		}
	})
}

// TestNegative: the responses are cos 2θ − 0.3. With the minimum subtracted they are 1 + cos, whose circular variance
// is ½. Rectified, they have the sums of their samples.
func TestNegative(t *testing.T) {
	y := sampled(18, 0, 180, func(x float64) float64 { return math.Cos(2*radians(x-60)) - 0.3 }).Y
	c, notes := analysedCell(t, Settings{}, 180, y...)
	if !math.IsNaN(c.Orientation.CircularVariance) || !math.IsNaN(c.Orientation.Selectivity) ||
		!strings.Contains(notes, "below 0 over orientation") {
		t.Errorf("refused: %+v, notes %s", c.Orientation, notes)
	}
	near(t, "preferred", c.Orientation.Preferred, 60, 1e-9)
	near(t, "peak", c.Orientation.Peak, 60, 0)
	c, notes = analysedCell(t, Settings{Negative: SubtractMin}, 180, y...)
	near(t, "circular variance", c.Orientation.CircularVariance, 0.5, 0.01) // no sample is at the minimum
	near(t, "selectivity", c.Orientation.Selectivity, 1, 0.02)
	if strings.Contains(notes, "below 0") {
		t.Errorf("notes %s", notes)
	}
	c, _ = analysedCell(t, Settings{Negative: Rectify}, 180, y...)
	var sum, vector float64
	for i, v := range y {
		sum += max(0, v)
		vector += max(0, v) * math.Cos(2*radians(float64(i)*10-60))
	}
	near(t, "rectified", c.Orientation.CircularVariance, 1-vector/sum, 1e-12)
	near(t, "selectivity", c.Orientation.Selectivity, 1, 1e-12)
}

// TestMissingResponses: without responses there is no peak. One NaN removes the sums, and a note says so, with the
// count.
func TestMissingResponses(t *testing.T) {
	y := make([]float64, 18)
	for i := range y {
		y[i] = math.NaN()
	}
	c, notes := analysedCell(t, Settings{}, 180, y...)
	for _, f := range c.Figures() {
		if !math.IsNaN(f.Value) {
			t.Errorf("of NaN alone %s is %v", f.Name, f.Value)
		}
	}
	if !strings.HasSuffix(notes, "18 of 18 responses over orientation are NaN or infinite: its figures are left out") {
		t.Errorf("notes %s", notes)
	}
	y = sampled(18, 0, 180, func(x float64) float64 { return 2 + math.Cos(2*radians(x-60)) }).Y
	y[3] = math.NaN()
	c, notes = analysedCell(t, Settings{}, 180, y...)
	if !math.IsNaN(c.Orientation.Selectivity) ||
		!strings.HasSuffix(notes, "cell 0: 1 of 18 responses over orientation are NaN or infinite: its figures are "+
			"left out but for the peak") {
		t.Errorf("%+v, notes %s", c.Orientation, notes)
	}
	near(t, "peak", c.Orientation.Peak, 60, 0)
}

// TestMissingBesideTheCurve: responses of NaN at other spatial frequencies than the best are counted, although the
// curve over orientation ignores them.
func TestMissingBesideTheCurve(t *testing.T) {
	var table param.Table
	var orientation, sf, y []float64
	for _, f := range []float64{0.1, 0.2} {
		for angle := 0.0; angle < 180; angle += 30 {
			orientation, sf = append(orientation, angle), append(sf, f)
			y = append(y, 10*f*(2+math.Cos(2*radians(angle-60))))
		}
	}
	y[1], y[4] = math.NaN(), math.Inf(-1)
	table.Columns = []param.Column{{Name: "orientation_deg", Numbers: orientation}, {Name: "sf", Numbers: sf}}
	const said = "2 of 12 responses outside the curve over orientation are NaN or infinite"
	for over, want := range map[Reduction]string{Best: said,
		Largest: "1 of 6 responses over orientation are NaN or infinite"} { // −∞ is not a largest response
		s := Settings{By: []Axis{ByOrientation}, Phases: Largest, Over: over}
		a, err := Analyse(context.Background(), &Responses{Images: 12, Cells: 1, Data: y}, &table, s)
		if err != nil {
			t.Fatal(err)
		}
		notes := fmt.Sprint(a.Notes)
		if !strings.Contains(notes, want) || strings.Contains(notes, said) != (over == Best) {
			t.Errorf("over %v: notes %s, want %s", over, notes, want)
		}
		if over == Best && (a.Cells[0].Orientation.Peak != 60 || math.IsNaN(a.Cells[0].Orientation.Selectivity)) {
			t.Errorf("the best: %+v", a.Cells[0].Orientation)
		}
	}
}

// TestUntuned: a cell with a circular variance of 0.998 has no preferred orientation, and one with 0.98 has.
func TestUntuned(t *testing.T) {
	for variance, tuned := range map[float64]bool{0.998: false, 0.98: true} {
		c, notes := analysedCell(t, Settings{}, 180, sampled(18, 0, 180, func(x float64) float64 {
			return 1 + 2*(1-variance)*math.Cos(2*radians(x-176))
		}).Y...)
		near(t, "circular variance", c.Orientation.CircularVariance, variance, 1e-9)
		if math.IsNaN(c.Orientation.Preferred) == tuned || (c.Fit != nil) != tuned ||
			strings.Contains(notes, "not tuned to orientation") == tuned {
			t.Errorf("variance %v: %+v, fit %v, notes %s", variance, c.Orientation, c.Fit, notes)
		}
	}
}

// TestSeam: a cell that prefers 0° except for rounding has 0°, not 179.9999997°.
func TestSeam(t *testing.T) {
	for _, at := range []float64{-3e-7, -1e-13, 0, 2e-8, 180 - 1e-9} {
		c, _ := analysedCell(t, Settings{}, 180, sampled(18, 0, 180, VonMises{at, 2, 0.1, 1, 1}.At).Y...)
		if c.Orientation.Preferred != 0 || c.Fit.Preferred != 0 {
			t.Errorf("of %v: preferred %v, fit %v", at, c.Orientation.Preferred, c.Fit.Preferred)
		}
	}
}

// TestBound: a cosine has no half-width, because it would be the limit of the fit, and a note says so. A narrower curve
// has one.
func TestBound(t *testing.T) {
	for kappa, width := range map[float64]bool{leastKappa: false, 0.1: true, 2: true} {
		c, notes := analysedCell(t, Settings{}, 180, sampled(18, 0, 180, VonMises{60, kappa, 0.1, 1, 1}.At).Y...)
		for _, f := range c.Figures() {
			if f.Name == "half_width_deg" && math.IsNaN(f.Value) == width {
				t.Errorf("κ %v: half-width %v, notes %s", kappa, f.Value, notes)
			}
		}
		if strings.Contains(notes, "bound of the fit") == width {
			t.Errorf("κ %v: notes %s", kappa, notes)
		}
	}
}

// TestReasonsWithoutFit: missing figures are noted even if there are too few orientations for a fit.
func TestReasonsWithoutFit(t *testing.T) {
	x := []float64{0, 45, 90, 135}
	for name, y := range map[string][]float64{"negative": {1, -2, 3, 1}, "NaN": {1, math.NaN(), 3, 1},
		"flat": {1, 1, 1, 1}} {
		var c Cell
		raw := Curve{X: x, Y: y}
		missing := c.describe(ByOrientation, raw, Settings{Fit: true})
		if len(missing) == 0 || len(c.Reasons) == 0 {
			t.Errorf("%s: missing %v, reasons %v: want both", name, missing, c.Reasons)
		}
	}
}

// leftOut has words of the reasons why each figure may be missing.
var leftOut = map[string][]string{
	"orientation_peak_deg":      {"no peak", "figures are left out\n"},
	"orientation_preferred_deg": {"no peak", "preferred", "figures are left out"},
	"circular_variance":         {"circular variance", "figures are left out"},
	"orientation_selectivity":   {"selectivity", "figures are left out"},
	"half_width_deg":            {"half-width", "no peak", "preferred", "figures are left out"},
	"sf_peak":                   {"no peak", "figures are left out\n"},
	"sf_octaves":                {"bandwidth", "figures are left out"},
	"f1_over_f0":                {"F1/F0", "figures are left out"},
	"phase_depth":               {"depth", "figures are left out"},
	"phase_preferred_deg":       {"preferred", "figures are left out"},
}

// TestEveryReason: whatever the responses of a cell over an axis are, a missing figure of that axis has a reason.
func TestEveryReason(t *testing.T) {
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 1, 3, -1, 1e300}
	of := map[Axis][]string{
		ByOrientation: {"orientation_peak_deg", "orientation_preferred_deg", "circular_variance", "orientation_selectivity",
			"half_width_deg"},
		ByFrequency: {"sf_peak", "sf_octaves"},
		ByPhase:     {"f1_over_f0", "phase_depth", "phase_preferred_deg"},
	}
	period := map[Axis]float64{ByOrientation: 180, ByFrequency: 1, ByPhase: 360}
	rapid.Check(t, func(t *rapid.T) {
		axis := rapid.SampledFrom([]Axis{ByOrientation, ByFrequency, ByPhase}).Draw(t, "axis")
		n := rapid.SampledFrom([]int{10, 12}).Draw(t, "n")
		c := sampled(n, 0, period[axis], math.Abs)
		if axis == ByOrientation && rapid.Bool().Draw(t, "directions") {
			c = sampled(n, 0, 360, math.Abs)
		}
		fill := rapid.SampledFrom([]float64{0, 1, -1}).Draw(t, "fill")
		for i := range c.Y {
			c.X[i]++ // frequencies are above 0
			c.Y[i] = fill + rapid.SampledFrom([]float64{0, 0, 0, 0.5, -1, 2}).Draw(t, "more")
		}
		for range rapid.IntRange(0, 2).Draw(t, "odd ones") {
			c.Y[rapid.IntRange(0, n-1).Draw(t, "at")] = rapid.SampledFrom(odd).Draw(t, "odd")
		}
		var cell Cell
		s := Settings{Fit: true, Negative: rapid.SampledFrom([]Negative{Refuse, Rectify, SubtractMin}).Draw(
			t, "negative")}
		if missing := cell.describe(axis, c, s); len(missing) > 0 {
			t.Fatal(missing)
		}
		reasons := strings.Join(cell.Reasons, "\n") + "\n"
		for _, f := range cell.Figures() {
			said := slices.ContainsFunc(leftOut[f.Name],
				func(words string) bool { return strings.Contains(reasons, words) })
			if slices.Contains(of[axis], f.Name) && math.IsNaN(f.Value) && !said {
				t.Fatalf("%v over %v: %s is left out, reasons %q", c.Y, axis, f.Name, reasons)
			}
		}
	})
}

// TestReasons: the reason for each kind of curve, and the figures that are missing for that reason.
func TestReasons(t *testing.T) {
	cosine := func(x float64) float64 { return math.Cos(radians(x - 30)) }
	noise := func(x float64) float64 { return VonMises{60, 2, 1, 0.6, 1}.At(x) + 0.35*float64(1-int(x/10+0.5)%2*2) }
	for name, k := range map[string]struct {
		axis    Axis
		curve   Curve
		reasons string
		gone    string // names of missing figures; after a |, of those that are there
	}{
		"flat sf": {ByFrequency, Curve{[]float64{.01, .02, .04}, []float64{1, 1, 1 + 1e-8}},
			"all responses over sf are alike: there is no peak and no bandwidth", "sf_peak sf_octaves"},
		"low-pass": {ByFrequency, Curve{[]float64{.01, .02, .04}, []float64{4, 2, 0}},
			"the responses over sf do not fall to half of the peak below it: the bandwidth is left out",
			"sf_octaves | sf_peak sf_high"},
		"broad": {ByFrequency, Curve{[]float64{.01, .02, .04}, []float64{4, 5, 4}},
			"the responses over sf fall to half of the peak on neither side: the bandwidth is left out",
			"sf_octaves | sf_peak"},
		"one spike": {ByOrientation, sampled(18, 0, 180, func(x float64) float64 { return b2f(x == 0) }),
			"the peak is narrower than the spacing, the fit is at its bound: the fit and its half-width are left out",
			"half_width_deg fit_kappa | orientation_peak_deg circular_variance"},
		"noise": {ByOrientation, sampled(18, 0, 180, noise),
			"the fit explains less than half of the variance: its half-width is left out", "half_width_deg | fit_r2"},
		"no orientation": {ByOrientation, sampled(18, 0, 180, func(float64) float64 { return 0 }),
			"no response above 0 over orientation: there is no peak, circular variance or selectivity",
			"orientation_peak_deg circular_variance orientation_selectivity half_width_deg"},
		"cancelled": {ByOrientation, sampled(12, 0, 360, cosine),
			"responses below 0 over orientation: circular variance and selectivity are left out, they are defined for rates; " +
				"rectify or subtract the minimum\nthe means of opposite directions are all alike: there is no peak over orientation",
			"orientation_peak_deg orientation_preferred_deg circular_variance fit_kappa | direction_peak_deg"},
		"no phase": {ByPhase, sampled(8, 0, 360, func(float64) float64 { return 0 }),
			"no response above 0 over phase: there is no F1/F0, depth or preferred phase",
			"f1_over_f0 phase_depth phase_preferred_deg"},
		"flat phase": {ByPhase, sampled(8, 0, 360, func(float64) float64 { return 2 }),
			"not tuned to phase, the mean vector is below 1 % of the responses: the preferred phase is left out",
			"phase_preferred_deg | f1_over_f0 phase_depth"},
		"nearly flat phase": {ByPhase, sampled(8, 0, 360, func(x float64) float64 { return 2 + 0.01*math.Cos(radians(x)) }),
			"not tuned to phase, the mean vector is below 1 % of the responses: the preferred phase is left out",
			"phase_preferred_deg | f1_over_f0 phase_depth"},
	} {
		var c Cell
		if missing := c.describe(k.axis, k.curve, Settings{Fit: true}); len(missing) > 0 {
			t.Fatal(missing)
		}
		if got := strings.Join(c.Reasons, "\n"); got != k.reasons {
			t.Errorf("%s: %q, want %q", name, got, k.reasons)
		}
		gone, there, _ := strings.Cut(k.gone, " | ")
		for _, f := range c.Figures() {
			if slices.Contains(strings.Fields(gone), f.Name) && !math.IsNaN(f.Value) ||
				slices.Contains(strings.Fields(there), f.Name) && math.IsNaN(f.Value) {
				t.Errorf("%s: %s is %v", name, f.Name, f.Value)
			}
		}
	}
}

// TestInfinite: an infinite response is not a peak of any axis, wherever it is. The largest finite response is.
func TestInfinite(t *testing.T) {
	names := map[Axis]string{ByOrientation: "orientation_peak_deg", ByFrequency: "sf_peak"}
	for _, odd := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, at := range []int{0, 2, 4, 5} {
			y := []float64{1, 2, 3, 4, 3, 1}
			y[at] = odd
			for axis, name := range names {
				var c Cell
				c.describe(axis, Curve{sampled(6, 30, 180, math.Abs).X, y}, Settings{})
				want := fmt.Sprintf(
					"[1 of 6 responses over %v are NaN or infinite: its figures are left out but for the peak]", axis)
				for _, f := range c.Figures() {
					if f.Name == name && f.Value != 120 {
						t.Errorf("%v: %s is %v, want 120", y, name, f.Value)
					}
				}
				if got := fmt.Sprint(c.Reasons); got != want {
					t.Errorf("%v: %s, want %s", y, got, want)
				}
			}
			if best := (&Responses{Images: 6, Cells: 1, Data: y}).best(0); best != 3 {
				t.Errorf("%v: the best is image %d, want 3", y, best)
			}
		}
	}
}
