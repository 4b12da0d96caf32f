package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/npy"
)

// TestBalancedCells: from gratings to figures, complex cells of balanced pairs are
// flat over phase to 1e-3 and simple cells are not, and gratings of all directions,
// which a still filter does not tell apart, have a DSI of 0. Cells are named after their
// filters, complex ones after the first of a pair.
func TestBalancedCells(t *testing.T) {
	for activation, flat := range map[string]bool{"energy": true, "relu": false} {
		dir := t.TempDir()
		out, tuned := filepath.Join(dir, "out"), filepath.Join(dir, "tuned")
		if code, _, stderr := gpuconv(t, "run", "--stimulus", "grating orientation=0:360:22.5 sf=0.15 phase=0:360:45 centred image-size=21",
			"--filter", "gabor orientation=0,67.5,90 sf=0.15 quadrature balanced", "--activation", activation, "--backend", "cpu", "--check", "0", "--output", out); code != exitOK {
			t.Fatal(stderr)
		}
		code, stdout, stderr := gpuconv(t, "tuning", "--input", out, "--output", tuned)
		if code != exitOK {
			t.Fatal(stderr)
		}
		if !strings.Contains(squeezed(stdout), "half-width DSI F1/F0\n0 0° ") {
			t.Errorf("no direction selectivity:\n%s", stdout)
		}
		cells := cellsOf(t, tuned)
		for i, cell := range cells {
			if depth, ok := cell["phase_depth"]; !ok || flat != (depth < 1e-3) || !(cell["direction_selectivity"] < 1e-6) {
				t.Errorf("%s, cell %d: %v", activation, i, cell)
			}
		}
		text, err := os.ReadFile(filepath.Join(tuned, "tuning.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, angle := range []string{"0", "67.5", "90"} {
			if n := strings.Count(string(text), fmt.Sprintf("%q", "gabor "+angle+"°")); n != len(cells)/3 {
				t.Errorf("%s: %d cells of gabor %s°, want %d", activation, n, angle, len(cells)/3)
			}
		}
	}
}

// TestPoorFit: the half-width of a curve that explains less than half of the
// variance is not printed. 1 + 0.3·cos 2θ, plus and minus 0.35 in turn, is at right
// angles to the noise: the fit explains 0.045/(0.045 + 0.1225), 0.27.
func TestPoorFit(t *testing.T) {
	dir := t.TempDir()
	a := &npy.Array{Shape: []int{18, 2}}
	for i := range 18 {
		y := 1 + 0.3*math.Cos(float64(i)*20*math.Pi/180)
		a.Data = append(a.Data, float32(y+0.35*float64(1-i%2*2)), float32(y))
	}
	file, out := filepath.Join(dir, "a.npy"), filepath.Join(dir, "out")
	if err := npy.WriteFile(file, a); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := gpuconv(t, "tuning", "--input", file, "--orientations", "0:180:10", "--output", out)
	if code != exitOK {
		t.Fatal(stderr)
	}
	cells := cellsOf(t, out)
	if r2 := cells[0]["fit_r2"]; r2 < 0.2 || r2 > 0.45 {
		t.Errorf("the fit explains %v", r2)
	}
	for line := range strings.Lines(squeezed(stdout)) {
		if strings.HasPrefix(line, "0 ") && !strings.HasSuffix(line, " -\n") || strings.HasPrefix(line, "1 ") && !strings.HasSuffix(line, " 45.0°\n") {
			t.Errorf("it prints %s", line)
		}
	}
}
