package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/param"
	"gpuconv/tuning"
)

// memory is a folder that keeps its files.
type memory map[string]*bytes.Buffer

func (m memory) Write(name string, write func(io.Writer) error) error {
	m[name] = &bytes.Buffer{}
	return write(m[name])
}

// checkText compares a file with its wanted text.
func (m memory) checkText(t *testing.T, name, want string) {
	t.Helper()
	if m[name] == nil {
		t.Fatalf("there is no %s", name)
	}
	if got := m[name].String(); got != want {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

// checkPicture reads a file as a picture.
func (m memory) checkPicture(t *testing.T, name string) {
	t.Helper()
	if m[name] == nil {
		t.Fatalf("there is no %s", name)
	}
	if _, err := png.Decode(m[name]); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// twoCells is an analysis made by hand, of a cell with a fit and of one without any figures.
func twoCells() *tuning.Analysis {
	nan := math.NaN()
	return &tuning.Analysis{
		Cells: []tuning.Cell{{
			Orientation: &tuning.Orientation{Peak: 45, Preferred: 44.5, CircularVariance: 0.25, Selectivity: 1},
			Fit:         &tuning.VonMises{Preferred: 45, Kappa: 2, Base: 1, Height: 0, R2: 0.5},
			Frequency:   &tuning.Frequency{Peak: 0.1, Low: nan, High: 0.2, Octaves: nan},
		}, {}},
		Curves: []tuning.AxisCurves{
			{Axis: tuning.ByOrientation, Column: "orientation_deg",
				Curves: []tuning.Curve{{X: []float64{0, 90}, Y: []float64{1, 2}},
					{X: []float64{0, 90}, Y: []float64{nan, 1e-7}}}},
			{Axis: tuning.ByFrequency, Column: "sf_cycles_per_pixel",
				Curves: []tuning.Curve{{X: []float64{0.1, 0.2}, Y: []float64{3, 1}},
					{X: []float64{0.1, 0.2}, Y: []float64{0, 0}}}},
		},
		Notes: []error{errors.New("a note")},
	}
}

// TestTuning compares the bytes of every text file, and checks that the pictures can be read.
func TestTuning(t *testing.T) {
	folder := memory{}
	tuned := Tuning{
		Origin: Origin{Command: []string{"gpuconv", "tuning"}, Program: "p"}, Source: "y.npy", Shape: []int{4, 1},
		Readout: tuning.Readout{Pool: tuning.At, Row: 3, Column: 4,
			Normalisation: tuning.Normalisation{Gain: 1, Exponent: 2, Semisaturation: 0.5}},
		Settings: tuning.Settings{Phases: tuning.Largest}, Metric: tuning.Euclid, Analysis: twoCells(),
		Names: []string{"0", "0+1"}, Filters: []string{"gabor 45°"},
	}
	half := param.Cell(tuned.Analysis.Cells[0].Fit.HalfWidth())
	written, err := tuned.Write(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"cells.csv", "curves.csv", "rdm.csv", "rdm.png", "tuning.json", "curves_orientation.png",
		"curves_sf.png"}
	if !slices.Equal(written.Files, want) || len(folder) != len(want) {
		t.Errorf("wrote %v, %d files, want %v", written.Files, len(folder), want)
	}
	folder.checkText(t, "cells.csv", ""+
		"cell,name,orientation_peak_deg,orientation_preferred_deg,circular_variance,orientation_selectivity,"+
		"direction_peak_deg,direction_selectivity,fit_orientation_deg,fit_kappa,fit_base,fit_height,fit_r2,half_width_deg,"+
		"sf_peak,sf_low,sf_high,sf_octaves,phase_f0,phase_f1,f1_over_f0,phase_depth,phase_preferred_deg,contrast_rmax,contrast_c50,"+
		"contrast_exponent,contrast_base,contrast_r2,size_peak,size_suppression,rf_x_pixels,rf_y_pixels,"+
		"rf_orientation_deg,rf_sf_cycles_per_pixel,rf_phase_deg,rf_sigma_x_pixels,rf_sigma_y_pixels,rf_amplitude,rf_r2\n"+
		"0,0,45,44.5,0.25,1,,,45,2,1,0,0.5,"+half+
		",0.1,,0.2,,,,,,,,,,,,,,,,,,,,,,\n1,0+1,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n")
	folder.checkText(t, "curves.csv", "by,cell,value,response,fit\n"+
		"orientation,0,0,1,1\norientation,0,90,2,1\norientation,1,0,,\norientation,1,90,1e-07,\nsf,0,0.1,3,\nsf,0,0.2,1,\nsf,1,0.1,0,\nsf,1,0.2,0,\n")
	folder.checkText(t, "rdm.csv", "orientation_deg,0,90\n0,0,\n90,,0\n")
	var indented bytes.Buffer
	if err := json.Indent(&indented, fmt.Appendf(nil, tuningGolden, half), "", "  "); err != nil {
		t.Fatal(err)
	}
	folder.checkText(t, "tuning.json", indented.String()+"\n")
	for _, name := range []string{"rdm.png", "curves_orientation.png", "curves_sf.png"} {
		folder.checkPicture(t, name)
	}
	var text strings.Builder
	if err := tuned.WriteText(&text, written.Notes); err != nil {
		t.Fatal(err)
	}
	wantText := "read      y.npy [4 1], 2 cells, response at 3,4, rectified and normalised\n" +
		"cell  orientation  circ. variance  OSI    half-width  sf   octaves\n" +
		"0     44°          0.250           1.000  24.3°       0.1  -\n" +
		"0+1   -            -               -      -           -    -\n" +
		"note      a note\n"
	if text.String() != wantText {
		t.Errorf("the text is\n%s\nwant\n%s", text.String(), wantText)
	}
}

// tuningGolden is tuning.json without its spaces. The half-width is computed.
const tuningGolden = `` +
	`{"schema":1,"command":["gpuconv","tuning"],"program":"p","activations_shape":[4,1],"at":"3,4","linear":false,` +
	`"normalise":{"gain":1,"exponent":2,"semisaturation":0.5},"phases":"max","over":"best","rdm":"euclid",` +
	`"cells":[{"cell":0,"name":"0","filter":"gabor 45°","figures":{"circular_variance":0.25,"fit_base":1,"fit_height":0,"fit_kappa":2,` +
	`"fit_orientation_deg":45,"fit_r2":0.5,"half_width_deg":%s,"orientation_peak_deg":45,"orientation_preferred_deg":44.5,` +
	`"orientation_selectivity":1,"sf_high":0.2,"sf_peak":0.1}},{"cell":1,"name":"0+1","figures":{}}],` +
	`"curves":[{"by":"orientation","column":"orientation_deg","cells":[{"values":[0,90],"responses":[1,2]},{"values":[0,90],"responses":[null,1e-7]}]},` +
	`{"by":"sf","column":"sf_cycles_per_pixel","cells":[{"values":[0.1,0.2],"responses":[3,1]},{"values":[0.1,0.2],"responses":[0,0]}]}],` +
	`"notes":["a note"]}`

// TestNotes: what cannot be compared is missing, with a note. The note has the package's name in JSON and not in the
// text.
func TestNotes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Tuning)
		want   string
	}{
		"other values": {func(r *Tuning) { r.Analysis.Curves[0].Curves[1].X = []float64{0, 80} },
			"other values than that of cell 0"},
		"too many": {func(r *Tuning) {
			for cell := range r.Analysis.Curves[0].Curves {
				c := &r.Analysis.Curves[0].Curves[cell]
				for c.X, c.Y = nil, nil; len(c.X) <= mostCompared; {
					c.X, c.Y = append(c.X, float64(len(c.X))), append(c.Y, 1)
				}
			}
		}, "dissimilarities of 1001 values of orientation_deg are left out: want at most 1000"},
		"none asked for": {func(r *Tuning) { r.NoMatrix = true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := Tuning{Analysis: twoCells()}
			r.Analysis.Notes = nil
			c.change(&r)
			folder := memory{}
			written, err := r.Write(t.Context(), folder)
			if err != nil || folder["rdm.csv"] != nil || folder["rdm.png"] != nil {
				t.Fatal(written, err)
			}
			var text strings.Builder
			if err := r.WriteText(&text, written.Notes); err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if len(written.Notes) > 0 || !strings.Contains(folder["tuning.json"].String(), `"rdm": "none"`) {
					t.Errorf("notes %v, %s", written.Notes, folder["tuning.json"])
				}
				return
			}
			if len(written.Notes) != 1 || !strings.Contains(folder["tuning.json"].String(), c.want) {
				t.Errorf("notes %v, want …%s…", written.Notes, c.want)
			}
			if strings.Contains(text.String(), "tuning: ") || !strings.Contains(text.String(), c.want) {
				t.Errorf("the text is %s", text.String())
			}
		})
	}
}

// TestNotesAreLines: a note that quotes the name of a column stays one line.
func TestNotesAreLines(t *testing.T) {
	var text strings.Builder
	writeNotes(&text, []error{errors.New("the column \x1b[2Ja\nnote      b")})
	if want := `note      the column \u001b[2Ja\nnote      b` + "\n"; text.String() != want {
		t.Errorf("%q, want %q", text.String(), want)
	}
}

// full is a folder that accepts some files and then no more.
type full struct {
	memory
	left int
}

var errFull = errors.New("no space left on device")

func (f *full) Write(name string, write func(io.Writer) error) error {
	if f.left--; f.left < 0 {
		return errFull
	}
	return f.memory.Write(name, write)
}

// TestErrors: a report returns the error of its folder, whichever file it is about, and the error of an interrupt.
func TestErrors(t *testing.T) {
	halves := tuning.Halves{Orientation: []float64{0, 45, 90, 135}, Period: 180, Neurons: 2, Train: make([]float32, 8),
		Test: []float32{1, 2, 3, 4, 5, 6, 7, 9}}
	found, err := halves.Analyse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for left := range 7 {
		if _, err := (Tuning{Analysis: twoCells()}).Write(t.Context(), &full{memory{}, left}); !errors.Is(err,
			errFull) {
			t.Errorf("tuning, after %d files: error %v", left, err)
		}
		if _, err := (Population{Halves: halves, Found: found}).Write(t.Context(),
			&full{memory{}, left}); !errors.Is(err, errFull) {
			t.Errorf("population, after %d files: error %v", left, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Tuning{Analysis: twoCells()}).Write(ended, memory{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: error %v", err)
	}
	if _, err := (Population{Halves: halves, Found: found}).Write(ended, memory{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: error %v", err)
	}
}

// TestPopulation checks the files and their order. aligned.csv and rdm.csv were written by hand.
func TestPopulation(t *testing.T) {
	halves := tuning.Halves{Orientation: []float64{0, 90}, Period: 180, Neurons: 2, Train: []float32{1, 0, 0, 1},
		Test: []float32{3, 1, 1, 2}}
	found, err := halves.Analyse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	folder := memory{}
	files, err := (Population{Halves: halves, Found: found}).Write(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"aligned.csv", "cells.csv", "population.json", "rdm.csv", "population.png", "neurons.png",
		"rdm.png"}
	if !slices.Equal(files, want) || len(folder) != len(want) {
		t.Errorf("wrote %v, %d files, want %v", files, len(folder), want)
	}
	folder.checkText(t, "aligned.csv", "degrees_from_preferred,response\n-90,1\n0,2.5\n")
	folder.checkText(t, "rdm.csv", "orientation_deg,0,90\n0,0,2\n90,2,0\n")
	for _, name := range files[4:] {
		folder.checkPicture(t, name)
	}
	var text strings.Builder
	if err := (Population{Halves: halves, Found: found}).WriteText(&text); err != nil ||
		!strings.Contains(text.String(), "orientation preferred in train 2.500, 90° away 1.000\n") {
		t.Errorf("the text is %s, %v", text.String(), err)
	}
}

// TestRepeatedOrientation: two stimuli may have one orientation. The second column of the matrix says that it is.
func TestRepeatedOrientation(t *testing.T) {
	halves := tuning.Halves{Orientation: []float64{0, 90, 0}, Neurons: 2, Train: []float32{1, 0, 0, 1, 1, 0},
		Test: []float32{3, 1, 1, 2, 2, 1}}
	found, err := halves.Analyse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	folder := memory{}
	if _, err := (Population{Halves: halves, Found: found}).Write(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	folder.checkText(t, "rdm.csv", "orientation_deg,0,90,0 (2)\n0,0,2,0\n90,2,0,2\n0,0,2,0\n")
	folder.checkPicture(t, "rdm.png")
}

// TestFilterNames: each channel has a filter's name, or that of the first filter of a pair.
func TestFilterNames(t *testing.T) {
	table := param.NewTable("filter", "orientation_deg")
	table.Add("nma-on-centre", math.NaN())
	table.Add("gabor", 45)
	for channels, want := range map[int]string{2: "nma-on-centre, gabor 45°", 1: "nma-on-centre", 3: ""} {
		if got := strings.Join(FilterNames(table, channels), ", "); got != want {
			t.Errorf("%d channels have %q, want %q", channels, got, want)
		}
	}
	bank := param.NewTable("filter", "orientation_deg", "sf_cycles_per_pixel", "phase_deg")
	for _, v := range [][3]float64{{0, 0.1, 0}, {0, 0.1, 90}, {0, 0.2, 0}, {0, 0.2, 90}, {45, 0.1, 0}, {45, 0.1, 90}} {
		bank.Add("gabor", v[0], v[1], v[2])
	}
	for channels, want := range map[int]string{3: "gabor 0°, sf 0.1; gabor 0°, sf 0.2; gabor 45°",
		6: "gabor 0°, sf 0.1, phase 0°; gabor 0°, sf 0.1, phase 90°; gabor 0°, sf 0.2, phase 0°; " +
			"gabor 0°, sf 0.2, phase 90°; gabor 45°, phase 0°; gabor 45°, phase 90°"} {
		if got := strings.Join(FilterNames(bank, channels), "; "); got != want {
			t.Errorf("%d channels have %q, want %q", channels, got, want)
		}
	}
	file := param.NewTable("filter")
	file.Add("file")
	if got := FilterNames(file, 1); len(got) != 1 || got[0] != "" {
		t.Errorf("weights of a file are called %q, want no name", got)
	}
	if got := FilterNames(&param.Table{Columns: []param.Column{{Name: "sf", Numbers: []float64{1}}}}, 1); got != nil {
		t.Errorf("of no kinds %v", got)
	}
}
