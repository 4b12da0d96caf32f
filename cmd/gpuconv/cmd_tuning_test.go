package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gpuconv/npy"
)

// TestTuningTable: cells with known responses have the right figures. Cell 0 is simple and answers with a rectified
// sine over the phases. Cell 1 is complex. Cell 2 answers everything.
func TestTuningTable(t *testing.T) {
	dir := t.TempDir()
	a := &npy.Array{Shape: []int{0, 3}}
	var table strings.Builder
	table.WriteString("image,kind,orientation_deg,sf_cycles_per_pixel,phase_deg\n")
	for o := range 18 {
		for s := range 3 {
			for p := range 4 {
				sf, theta, phi := 0.05*math.Exp2(float64(s)), 10*float64(o), 90*float64(p)
				tuned := func(preferred float64) float64 {
					return math.Exp(3*(math.Cos(2*(theta-preferred)*math.Pi/180)-1)) * []float64{0.1, 1, 0.4}[s]
				}
				fmt.Fprintf(&table, "%d,sine,%v,%v,%v\n", a.Shape[0], theta, sf, phi)
				a.Data = append(a.Data, float32(tuned(45)*math.Cos(phi*math.Pi/180)), float32(tuned(120)), 1)
				a.Shape[0]++
			}
		}
	}
	file, csv := filepath.Join(dir, "a.npy"), filepath.Join(dir, "a.csv")
	if err := npy.WriteFile(file, a); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(csv, []byte(table.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	code, stdout, stderr := gpuconv(t, "tuning", "--input", file, "--table", csv, "--output", out, "--sum", "0+1")
	if code != exitOK {
		t.Fatal(code, stderr)
	}
	// By hand: a von Mises curve with κ = 3 has a circular variance of 1 − I₁(3)/I₀(3). It falls to half at ½·acos(1 +
	// ln((1+e⁻⁶)/2)/3). The responses 0.1, 1, 0.4 exceed half of the peak over 0.5/0.9 + 0.5/0.6 octaves. Four samples
	// of a rectified sine, one at its top and one below 0, have F1/F0 = 2.
	for _, want := range []string{
		"0     45°          0.190           0.995  19.8°       0.1   1.39    2.000\n",
		"1     120°         0.190           0.995  19.8°       0.1   1.39    0.000\n",
		"2     -            1.000           0.000  -           -    -        0.000\n",
	} {
		if !strings.Contains(squeezed(stdout), squeezed(want)) {
			t.Errorf("want the line %sin\n%s", want, stdout)
		}
	}
	if got, want := names(t, out), "cells.csv curves.csv curves_orientation.png curves_phase.png curves_sf.png "+
		"rdm.csv rdm.png tuning.json"; got != want {
		t.Errorf("it wrote %s, want %s", got, want)
	}
	var report struct {
		Cells []struct {
			Name    string
			Figures map[string]float64
		}
		Curves []struct{ Cells []struct{ Values []float64 } }
	}
	text, err := os.ReadFile(filepath.Join(out, "tuning.json"))
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Cells) != 4 || report.Cells[3].Name != "0+1" ||
		math.Abs(report.Cells[0].Figures["fit_kappa"]-3) > 1e-3 {
		t.Errorf("cells %+v", report.Cells)
	}
	if _, ok := report.Cells[2].Figures["half_width_deg"]; ok || len(report.Curves) != 3 ||
		len(report.Curves[2].Cells[0].Values) != 4 {
		t.Errorf("cell 2 %+v, %d curves", report.Cells[2], len(report.Curves))
	}
}

// TestTuningDirections: the half-width of a cell that answers only one direction is printed. It is that of a von Mises
// curve with κ = 3, 19.8°. The cell's responses range from q = e⁻⁶ to 1. Their mean over opposite directions ranges
// from q to (1 + q)/2. So the OSI is (1 − q)/(1 + 3q), and the DSI (1 − q)/(1 + q).
func TestTuningDirections(t *testing.T) {
	dir := t.TempDir()
	a := &npy.Array{Shape: []int{24, 1}}
	for i := range 24 {
		off := (15*float64(i) - 225) * math.Pi / 180
		height := math.Exp(3 * (math.Cos(2*off) - 1))
		if math.Cos(off) < 0 {
			height = math.Exp(-6)
		}
		a.Data = append(a.Data, float32(height))
	}
	file, out := filepath.Join(dir, "a.npy"), filepath.Join(dir, "out")
	if err := npy.WriteFile(file, a); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := gpuconv(t, "tuning", "--input", file, "--orientations", "0:360:15", "--output", out)
	if code != exitOK {
		t.Fatal(code, stderr)
	}
	if want := " 0.990 19.8° 0.995\n"; !strings.Contains(squeezed(stdout), "\n0 45° ") ||
		!strings.Contains(squeezed(stdout), want) {
		t.Errorf("want cell 0 at 45° with%sin\n%s", want, stdout)
	}
	if got := cellsOf(t, out)[0]["fit_r2"]; math.Abs(got-1) > 1e-6 {
		t.Errorf("the fit explains %v", got)
	}
}

// squeezed replaces several spaces by one.
func squeezed(text string) string {
	for strings.Contains(text, "  ") {
		text = strings.ReplaceAll(text, "  ", " ")
	}
	return text
}

// TestTuningInterrupt interrupts the fits of 20,000 cells, which take many seconds. Neither files nor folders are left.
func TestTuningInterrupt(t *testing.T) {
	unixOnly(t)
	const orientations, cells = 18, 20_000
	a := &npy.Array{Shape: []int{orientations, cells}}
	for i := range orientations * cells {
		a.Data = append(a.Data, float32(i*i%97))
	}
	file := filepath.Join(t.TempDir(), "a.npy")
	if err := npy.WriteFile(file, a); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, "tuning", "--input", file, "--orientations", "0:180:10", "--output", "new/out")
	cmd.Dir = t.TempDir()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	waitFor(t, filepath.Join(cmd.Dir, "new/.partial-out/gpuconv.files"), ended)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		checkInterrupted(t, err, stderr.String(), cmd.Dir)
	case <-time.After(5 * time.Second):
		cmd.Process.Kill()
		t.Fatal("still running 5 s after the signal")
	}
}
