package main

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gpuconv/npy"
)

// wave is a sine or a Gabor, centred on a square of pixels.
type wave struct{ orientation, sf, phase, sigma float64 }

func (w wave) draw(size int) []float32 {
	var all []float32
	sin, cos := math.Sincos(w.orientation * math.Pi / 180)
	for row := range size {
		for column := range size {
			x, y := float64(column-size/2), float64(row-size/2)
			v := math.Cos(2*math.Pi*w.sf*(x*cos+y*sin) + w.phase*math.Pi/180)
			if w.sigma > 0 {
				v *= math.Exp(-(x*x + y*y) / (2 * w.sigma * w.sigma))
			}
			all = append(all, float32(v))
		}
	}
	return all
}

// gratingsAndBank writes gratings of every orientation, frequency and phase with their table, and a bank of quadrature
// pairs of four orientations.
func gratingsAndBank(t *testing.T, dir string, orientations, phases int, frequencies []float64) (gratings, table,
	bank string) {
	t.Helper()
	const size, kernel, sigma = 21, 21, 4
	images := &npy.Array{Shape: []int{0, size, size}}
	var text strings.Builder
	text.WriteString("image,kind,orientation_deg,sf_cycles_per_pixel,phase_deg\n")
	for o := range orientations {
		for _, sf := range frequencies {
			for p := range phases {
				w := wave{float64(o) * 180 / float64(orientations), sf, float64(p) * 360 / float64(phases), 0}
				fmt.Fprintf(&text, "%d,sine,%v,%v,%v\n", images.Shape[0], w.orientation, w.sf, w.phase)
				images.Data = append(images.Data, w.draw(size)...)
				images.Shape[0]++
			}
		}
	}
	filters := &npy.Array{Shape: []int{8, 1, kernel, kernel}}
	for i := range 8 {
		filters.Data = append(filters.Data, wave{float64(i/2) * 45, 0.15, float64(i%2) * 90, sigma}.draw(kernel)...)
	}
	gratings, table, bank = filepath.Join(dir, "s.npy"), filepath.Join(dir, "s.csv"), filepath.Join(dir, "w.npy")
	for path, a := range map[string]*npy.Array{gratings: images, bank: filters} {
		if err := npy.WriteFile(path, a); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(table, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return gratings, table, bank
}

// cellsOf reads cells.csv: a map of figures by name for each cell.
func cellsOf(t *testing.T, folder string) []map[string]float64 {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, "cells.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]float64
	for _, line := range lines[1:] {
		cell := map[string]float64{}
		for i, text := range line {
			if v, err := strconv.ParseFloat(text, 64); err == nil {
				cell[lines[0][i]] = v
			}
		}
		all = append(all, cell)
	}
	return all
}

// TestComplexCells: the energy of a quadrature pair keeps its orientation and frequency, and does not depend on the
// phase. A rectified Gabor does depend on it. A Gabor of frequency f and width σ answers a grating of frequency f' at
// an angle d with e^{−2π²σ²·|f − f'|²}. Its mirror image at −f adds less than e^{−50} here. So its half-width at
// half-height solves 4·f²·sin²(d/2) = ln 2/(2π²σ²).
func TestComplexCells(t *testing.T) {
	unraced(t)
	orientations, phases, frequencies := 36, 8, []float64{0.05, 0.1, 0.15, 0.2, 0.25}
	if testing.Short() {
		orientations, phases, frequencies = 20, 4, []float64{0.1, 0.15, 0.2}
	}
	dir := t.TempDir()
	gratings, table, bank := gratingsAndBank(t, dir, orientations, phases, frequencies)
	for activation, cells := range map[string]int{"energy": 4, "relu": 8} {
		y, out := filepath.Join(dir, activation+".npy"), filepath.Join(dir, activation)
		if code, _, stderr := gpuconv(t, "conv", "--input", gratings, "--weight", bank, "--activation", activation,
			"--backend", "cpu", "--output", y); code != exitOK {
			t.Fatal(stderr)
		}
		if code, _, stderr := gpuconv(t, "tuning", "--input", y, "--table", table, "--output", out); code != exitOK {
			t.Fatal(stderr)
		}
		all := cellsOf(t, out)
		if len(all) != cells {
			t.Fatalf("%s: %d cells, want %d", activation, len(all), cells)
		}
		for i, cell := range all {
			preferred := float64(i * 4 / cells * 45)
			off := math.Abs(cell["orientation_preferred_deg"] - preferred)
			if min(off, 180-off) > 1 || cell["sf_peak"] != 0.15 || cell["circular_variance"] > 0.3 {
				t.Errorf("%s, cell %d prefers %v, want %v and 0.15: %v", activation, i,
					cell["orientation_preferred_deg"], preferred, cell)
			}
			half := 2 * math.Asin(math.Sqrt(math.Ln2/(2*math.Pi*math.Pi*16))/(2*0.15)) * 180 / math.Pi
			if math.Abs(cell["half_width_deg"]-half) > 1.5 {
				t.Errorf("%s, cell %d has a half-width of %v, want about %v", activation, i, cell["half_width_deg"],
					half)
			}
			if ratio := cell["f1_over_f0"]; activation == "energy" && ratio > 1e-3 ||
				activation == "relu" && ratio < 1.5 {
				t.Errorf("%s, cell %d has an F1/F0 of %v", activation, i, ratio)
			}
		}
	}
}
