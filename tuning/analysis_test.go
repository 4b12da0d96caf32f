package tuning

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestReadTable(t *testing.T) {
	table, err := ReadTable(strings.NewReader("image,kind,orientation_deg,phase_deg,size\n0,gabor,0,90,\n1,sine, 45 ,90,2\n2,gabor,0,90,3.5\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Parameter{{"kind", []float64{0, 1, 0}}, {"orientation_deg", []float64{0, 45, 0}}, {"phase_deg", []float64{90, 90, 90}}, {"size", []float64{math.NaN(), 2, 3.5}}}
	if fmt.Sprint(table.Parameters) != fmt.Sprint(want) || table.Images != 3 {
		t.Errorf("read %v, want %v", table.Parameters, want)
	}
	if axes := table.Varying(); !slices.Equal(axes, []Axis{ByOrientation}) {
		t.Errorf("%v vary", axes)
	}
	for text, want := range map[string]string{
		"":                       "the table is empty",
		"a,b\n":                  "no line but the first",
		"a,a\n1,2\n":             `column 2 is named "a"`,
		"a,\n1,2\n":              `column 2 is named ""`,
		"a,b\n1\n":               "record on line 2: wrong number of fields",
		"image,b\n0,1\n2,1\n":    `image "2" in line 3: want 1`,
		"image,b\n0,1\nlast,1\n": `image "last" in line 3: want 1`,
	} {
		if _, err := ReadTable(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "tuning: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want …%s…", text, err, want)
		}
	}
}

// population is two cells, each with an orientation of its own: a simple one, that
// answers one phase, and a complex one. The phase at which the simple cell answers
// changes with the orientation, as it does for a cell off the origin of the
// gratings.
func population(frames bool) (*Responses, *Table) {
	theta, sf, phi := Parameter{Name: "orientation_deg"}, Parameter{Name: "sf_cycles_per_pixel"}, Parameter{Name: "phase_deg"}
	frame := Parameter{Name: "frame"}
	r := &Responses{Cells: 2}
	for o := range 18 {
		for s := range 3 {
			for p := range 8 {
				x, phase := radians(float64(o)*10), float64(p)*45
				tuned := func(at float64) float64 {
					return math.Exp(2*(math.Cos(2*(x-radians(at)))-1)) * []float64{0.2, 1, 0.3}[s]
				}
				theta.Values, sf.Values = append(theta.Values, float64(o)*10), append(sf.Values, 0.05*math.Exp2(float64(s)))
				phi.Values, frame.Values = append(phi.Values, phase), append(frame.Values, float64(p))
				r.Data = append(r.Data, tuned(40)*max(0, math.Cos(radians(phase-float64(o)*45))), tuned(130))
				r.Images++
			}
		}
	}
	t := &Table{Images: r.Images, Parameters: []Parameter{theta, sf, phi}}
	if frames {
		t.Parameters[2] = frame
	}
	return r, t
}

// TestAnalyse: the whole way, with phases and with the frames of a drift.
func TestAnalyse(t *testing.T) {
	for _, frames := range []bool{false, true} {
		r, table := population(frames)
		a, err := Analyse(t.Context(), r, table, Settings{By: table.Varying(), Phases: Largest, Over: Best, Fit: true})
		if err != nil || len(a.Notes) > 0 || len(a.Curves) != 3 {
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
		// Eight samples of a rectified sine, one on its top, have F0 = (1+√2)/8 and F1 = 1/2.
		near(t, "simple", a.Cells[0].Phase.Ratio, 4/(1+math.Sqrt2), 1e-9)
		near(t, "complex", a.Cells[1].Phase.Ratio, 0, 1e-9)
	}
}

// TestAnalysePhases: Mean and Modulation over phases are the rectified sine's F0
// and F1.
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

// TestAnalyseNotes: what the stimuli do not allow is left out, with a reason.
func TestAnalyseNotes(t *testing.T) {
	r := &Responses{Images: 3, Cells: 1, Data: []float64{1, 2, 3}}
	a, err := Analyse(t.Context(), r, NewTable("orientation_deg", []float64{0, 10, 90}), Settings{By: []Axis{ByOrientation}, Fit: true})
	if err != nil || len(a.Notes) != 2 || a.Cells[0].Orientation != nil || a.Cells[0].Fit != nil || len(a.Curves[0].Curves[0].Y) != 3 {
		t.Errorf("%+v, %v", a, err)
	}
	for want, err := range map[string]error{
		"table of 2 images: want 3": second(Analyse(t.Context(), r, NewTable("orientation_deg", []float64{0, 1}), Settings{})),
		"no column sf…":             second(Analyse(t.Context(), r, NewTable("orientation_deg", []float64{0, 1, 2}), Settings{By: []Axis{ByFrequency}})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}

func TestWrite(t *testing.T) {
	r, table := population(false)
	a, err := Analyse(t.Context(), r, table, Settings{By: table.Varying(), Phases: Largest, Fit: true})
	if err != nil {
		t.Fatal(err)
	}
	var cells, curves, matrix strings.Builder
	if err := a.WriteCells(&cells, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	if err := a.WriteCurves(&curves); err != nil {
		t.Fatal(err)
	}
	back, err := ReadTable(strings.NewReader(cells.String()))
	if err != nil || back.Images != 2 {
		t.Fatal(err)
	}
	for _, p := range back.Parameters {
		switch p.Name {
		case "orientation_peak_deg":
			near(t, p.Name, p.Values[1], 130, 0)
		case "direction_peak_deg":
			if !math.IsNaN(p.Values[0]) {
				t.Errorf("a direction of %v", p.Values[0])
			}
		}
	}
	if lines := strings.Count(curves.String(), "\n"); lines != 1+2*(18+3+8) || !strings.HasPrefix(curves.String(), "by,cell,value,response,fit\norientation,0,0,") {
		t.Errorf("%d lines of curves: %.99s", lines, curves.String())
	}
	patterns, values, err := a.Curves[1].Patterns()
	if err != nil || len(patterns) != 3 || len(patterns[0]) != 2 || values[1] != 0.1 {
		t.Fatal(patterns, values, err)
	}
	if err := WriteMatrix(&matrix, "sf", []float64{1, 2}, [][]float64{{0, 0.5}, {0.5, math.NaN()}}); err != nil || matrix.String() != "sf,1,2\n1,0,0.5\n2,0.5,\n" {
		t.Errorf("%q, %v", matrix.String(), err)
	}
	text, err := json.Marshal(a.Cells[0])
	if err != nil || !strings.Contains(string(text), `"circular_variance":`) || strings.Contains(string(text), "direction") {
		t.Errorf("%s, %v", text, err)
	}
}

// TestDrift: the frames of a drift are phases, towards −φ.
func TestDrift(t *testing.T) {
	table, err := ReadTable(strings.NewReader("orientation_deg,phase_deg,drift_cycles_per_frame,frame\n0,90,0.25,0\n0,90,0.25,1\n0,90,,2\n0,90,0,3\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Parameters) != 3 || !slices.Equal(table.Parameters[1].Values, []float64{90, 0, 90, 90}) {
		t.Errorf("read %v", table.Parameters)
	}
	if axes := table.Varying(); !slices.Equal(axes, []Axis{ByPhase}) {
		t.Errorf("%v vary", axes)
	}
}

// TestNaN: a response that is NaN is no peak, and is no figure.
func TestNaN(t *testing.T) {
	c := Curve{[]float64{0, 45, 90, 135}, []float64{math.NaN(), 1, 2, 1}}
	o, err := c.Orientation()
	if err != nil || o.Peak != 90 || !math.IsNaN(o.CircularVariance) || !math.IsNaN(o.Preferred) {
		t.Errorf("%+v, %v", o, err)
	}
	r := &Responses{Images: 3, Cells: 1, Data: []float64{math.NaN(), 1, 2}}
	curves, err := Curves(r, Parameter{"sf", []float64{1, 2, 2}}, []Parameter{{"phase_deg", []float64{0, 0, 90}}}, Best)
	if err != nil || !slices.Equal(curves[0].Y, []float64{2}) {
		t.Errorf("%v, %v", curves, err)
	}
}

// TestProgress counts every curve once.
func TestProgress(t *testing.T) {
	r, table := population(false)
	last := 0
	_, err := Analyse(t.Context(), r, table, Settings{By: table.Varying(), Phases: Largest, Progress: func(done int) {
		if last++; done != last {
			t.Errorf("%d curves are done after %d", done, last-1)
		}
	}})
	if err != nil || last != 6 {
		t.Errorf("%d curves, %v", last, err)
	}
}
