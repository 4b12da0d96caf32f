package tuning

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/param"
)

// TestAxes: which columns are axes. A column of words is not an axis, and a column with a single value has no curve.
func TestAxes(t *testing.T) {
	table, err := param.ReadCSV(strings.NewReader("image,kind,orientation_deg,phase_deg,size\n0,gabor,0,90,\n1,sine, "+
		"45 ,90,2\n2,gabor,0,90,3.5\n"), "image")
	if err != nil {
		t.Fatal(err)
	}
	if axes := Varying(table); !slices.Equal(axes, []Axis{ByOrientation}) {
		t.Errorf("%v vary", axes)
	}
	for axis, want := range map[Axis]bool{ByOrientation: true, ByFrequency: false, ByPhase: true} {
		if got := axis.In(table); got != want {
			t.Errorf("%v is in the table: %v, want %v", axis, got, want)
		}
	}
}

// column returns a column of numbers.
func column(name string, numbers ...float64) param.Column {
	return param.Column{Name: name, Numbers: numbers}
}

// orientations returns a table with one column of orientations.
func orientations(degrees ...float64) *param.Table {
	return &param.Table{Columns: []param.Column{column("orientation_deg", degrees...)}}
}

// population is two cells, each with its own orientation: a simple cell, which answers one phase, and a complex cell.
// The phase that the simple cell answers changes with the orientation, as it does for a cell that is not at the origin
// of the gratings.
func population(frames bool) (*Responses, *param.Table) {
	theta, sf, phi := param.Column{Name: "orientation_deg"}, param.Column{Name: "sf_cycles_per_pixel"},
		param.Column{Name: "phase_deg"}
	frame := param.Column{Name: "frame"}
	r := &Responses{Cells: 2}
	for o := range 18 {
		for s := range 3 {
			for p := range 8 {
				x, phase := radians(float64(o)*10), float64(p)*45
				tuned := func(at float64) float64 {
					return math.Exp(2*(math.Cos(2*(x-radians(at)))-1)) * []float64{0.2, 1, 0.3}[s]
				}
				theta.Numbers, sf.Numbers = append(theta.Numbers, float64(o)*10),
					append(sf.Numbers, 0.05*math.Exp2(float64(s)))
				phi.Numbers, frame.Numbers = append(phi.Numbers, phase), append(frame.Numbers, float64(p))
				r.Data = append(r.Data, tuned(40)*max(0, math.Cos(radians(phase-float64(o)*45))), tuned(130))
				r.Images++
			}
		}
	}
	t := &param.Table{Columns: []param.Column{theta, sf, phi}}
	if frames {
		t.Columns[2] = frame
	}
	return r, t
}

// TestAnalyse goes from responses to figures, with phases and with the frames of a drift.
func TestAnalyse(t *testing.T) {
	for _, frames := range []bool{false, true} {
		r, table := population(frames)
		a, err := Analyse(t.Context(), r, table, Settings{By: Varying(table), Phases: Largest, Over: Best, Fit: true})
		if err != nil || len(a.Curves) != 3 || fmt.Sprint(a.Notes) !=
			"[tuning: cell 1: not tuned to phase, the mean vector is below 1 % of the responses: the preferred phase "+
				"is left out]" {
			t.Fatal(a, err)
		}
		for cell, preferred := range []float64{40, 130} {
			c := a.Cells[cell]
			near(t, "preferred", c.Orientation.Preferred, preferred, 0.01)
			near(t, "fit", c.Fit.Preferred, preferred, 0.01)
			near(t, "kappa", c.Fit.Kappa, 2, 1e-3)
			near(t, "sf", c.Frequency.Peak, 0.1, 1e-12)
			if c.Direction != nil {
				t.Error("180° have directions")
			}
		}
		// Eight samples of a rectified sine, one of them at its peak, have F0 = (1+√2)/8 and F1 = 1/2.
		near(t, "simple", a.Cells[0].Phase.Ratio, 4/(1+math.Sqrt2), 1e-9)
		near(t, "complex", a.Cells[1].Phase.Ratio, 0, 1e-9)
	}
}

// TestAnalysePhases: Mean and Modulation over phases are F0 and F1 of the rectified sine.
func TestAnalysePhases(t *testing.T) {
	r, table := population(false)
	for how, want := range map[Reduction]float64{Largest: 1, Mean: (1 + math.Sqrt2) / 8, Modulation: 0.5} {
		a, err := Analyse(t.Context(), r, table, Settings{By: []Axis{ByOrientation}, Phases: how})
		if err != nil {
			t.Fatal(err)
		}
		near(t, how.String(), a.Curves[0].Curves[0].Y[4], want, 1e-9)
	}
}

// TestAnalyseNotes: a figure that cannot be computed from the stimuli is missing, and a note says why.
func TestAnalyseNotes(t *testing.T) {
	r := &Responses{Images: 3, Cells: 1, Data: []float64{1, 2, 3}}
	a, err := Analyse(t.Context(), r, orientations(0, 10, 90), Settings{By: []Axis{ByOrientation}, Fit: true})
	if err != nil || len(a.Notes) != 2 || a.Cells[0].Orientation != nil || a.Cells[0].Fit != nil ||
		len(a.Curves[0].Curves[0].Y) != 3 {
		t.Errorf("%+v, %v", a, err)
	}
	for want, err := range map[string]error{
		"table of 2 images: want 3": second(Analyse(t.Context(), r, orientations(0, 1), Settings{})),
		"column b has 0 values: want 3": second(Analyse(t.Context(), r,
			&param.Table{Columns: []param.Column{column("orientation_deg", 0, 1, 2), column("b")}}, Settings{})),
		"no column sf…": second(Analyse(t.Context(), r, orientations(0, 1, 2),
			Settings{By: []Axis{ByFrequency}})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}

// TestFigures: a figure that is known has a name. JSON leaves out the others.
func TestFigures(t *testing.T) {
	r, table := population(false)
	a, err := Analyse(t.Context(), r, table, Settings{By: Varying(table), Phases: Largest, Fit: true})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "peak", a.Figure("orientation_peak_deg")[1], 130, 0)
	if got := a.Figure("direction_peak_deg")[0]; !math.IsNaN(got) {
		t.Errorf("a direction of %v", got)
	}
	patterns, values, err := a.Curves[1].Patterns()
	if err != nil || len(patterns) != 3 || len(patterns[0]) != 2 || values[1] != 0.1 {
		t.Fatal(patterns, values, err)
	}
	text, err := json.Marshal(a.Cells[0])
	if err != nil || !strings.Contains(string(text), `"circular_variance":`) ||
		strings.Contains(string(text), "direction") {
		t.Errorf("%s, %v", text, err)
	}
}

// TestPeaks: over a column that has no figures of its own, a cell has the value of its largest response. A flat curve
// has no such value.
func TestPeaks(t *testing.T) {
	r := &Responses{Images: 4, Cells: 2, Data: []float64{0, 1, 2, 1, 1, 1, 2, 1}}
	table := &param.Table{Columns: []param.Column{{Name: "tilt_deg", Numbers: []float64{0, 45, 90, 135}}}}
	a, err := Analyse(t.Context(), r, table, Settings{By: []Axis{"tilt_deg"}})
	if err != nil {
		t.Fatal(err)
	}
	if at := a.Figure("tilt_deg_peak"); at[0] != 45 || !math.IsNaN(at[1]) {
		t.Errorf("peaks at %v, want 45 and none", at)
	}
	if of := a.Figure("tilt_deg_response"); of[0] != 2 || of[1] != 1 {
		t.Errorf("peaks of %v, want 2 and 1", of)
	}
	if text, err := json.Marshal(a.Cells[0]); err != nil || !strings.Contains(string(text), `"tilt_deg_peak":45`) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestDrift: the frames of a drift are phases that move towards −φ.
func TestDrift(t *testing.T) {
	const text = "orientation_deg,phase_deg,drift_cycles_per_frame,frame\n0,90,0.25,0\n0,90,0.25,1\n0,90,,2\n0,90,0,3\n"
	table, err := param.ReadCSV(strings.NewReader(text), "image")
	if err != nil {
		t.Fatal(err)
	}
	if columns := shownIn(table); len(columns) != 3 || !slices.Equal(columns[1].Numbers, []float64{90, 0, 90, 90}) {
		t.Errorf("shown are %v", columns)
	}
	if got := table.Column("phase_deg").Numbers; !slices.Equal(got, []float64{90, 90, 90, 90}) {
		t.Errorf("the table's own phases are now %v", got)
	}
	if axes := Varying(table); !slices.Equal(axes, []Axis{ByPhase}) {
		t.Errorf("%v vary", axes)
	}
}

// TestNaN: a response of NaN is not a peak, and gives no figure.
func TestNaN(t *testing.T) {
	c := Curve{[]float64{0, 45, 90, 135}, []float64{math.NaN(), 1, 2, 1}}
	o, err := c.Orientation()
	if err != nil || o.Peak != 90 || !math.IsNaN(o.CircularVariance) || !math.IsNaN(o.Preferred) {
		t.Errorf("%+v, %v", o, err)
	}
	r := &Responses{Images: 3, Cells: 1, Data: []float64{math.NaN(), 1, 2}}
	curves, err := Curves(r, column("sf", 1, 2, 2), []param.Column{column("phase_deg", 0, 0, 90)}, Best)
	if err != nil || !slices.Equal(curves[0].Y, []float64{2}) {
		t.Errorf("%v, %v", curves, err)
	}
}

// TestProgress counts every curve once.
func TestProgress(t *testing.T) {
	r, table := population(false)
	last := 0
	_, err := Analyse(t.Context(), r, table, Settings{By: Varying(table), Phases: Largest, Progress: func(done int) {
		if last++; done != last {
			t.Errorf("%d curves are done after %d", done, last-1)
		}
	}})
	if err != nil || last != 6 {
		t.Errorf("%d curves, %v", last, err)
	}
}

// TestMeasured: the columns of axes are numeric. Of several columns with the same beginning, only the first is an axis.
func TestMeasured(t *testing.T) {
	got := Measured([]string{"kind", "phase_deg", "sf_cycles_per_pixel", "sf_name", "frame", "colour"})
	if want := []string{"sf_cycles_per_pixel", "phase_deg", "frame"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	table := &param.Table{Columns: []param.Column{{Name: "orientation_deg", Words: []string{"0°", "90°"}}}}
	_, err := Analyse(context.Background(), &Responses{Images: 2, Cells: 1, Data: []float64{1, 2}}, table,
		Settings{By: []Axis{ByOrientation}})
	if want := `tuning: column orientation_deg: row 0 is "0°": want numbers`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestComplete: the columns of the axes of curves must be complete. Other columns need not be.
func TestComplete(t *testing.T) {
	nan := math.NaN()
	table := &param.Table{Columns: []param.Column{{Name: "orientation_deg", Numbers: []float64{0, nan}},
		{Name: "sf", Numbers: []float64{1, 2}}, {Name: "phase_deg", Numbers: []float64{nan, nan}},
		{Name: "contrast", Numbers: []float64{1, nan}}}}
	for want, by := range map[string][]Axis{"sf": {ByFrequency}, "orientation_deg phase_deg": {ByOrientation, ByPhase},
		"orientation_deg sf": nil} { // a phase that is missing everywhere does not vary
		if got := strings.Join(Complete(table, by), " "); got != want {
			t.Errorf("over %v: %s, want %s", by, got, want)
		}
	}
}
