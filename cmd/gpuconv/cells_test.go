package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gpuconv/npy"

	"gonum.org/v1/gonum/stat"
)

// TestBalancedCells goes from gratings to figures. Complex cells of balanced pairs are flat over phase to 1e-3, and
// simple cells are not. A still filter does not tell directions apart, so gratings of all directions have a DSI of 0.
// Cells are named after their filters, and complex cells after the first filter of a pair. Names of simple cells of one
// orientation say the phase, too.
func TestBalancedCells(t *testing.T) {
	unraced(t)
	for activation, flat := range map[string]bool{"energy": true, "relu": false} {
		dir := t.TempDir()
		out, tuned := filepath.Join(dir, "out"), filepath.Join(dir, "tuned")
		if code, _, stderr := gpuconv(t, "run", "--stimulus",
			"grating orientation=0:360:22.5 sf=0.15 phase=0:360:45 centred image-size=21",
			"--filter", "gabor orientation=0,67.5,90 sf=0.15 quadrature balanced", "--activation", activation,
			"--backend", "cpu", "--check", "0", "--output", out); code != exitOK {
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
			if depth, ok := cell["phase_depth"]; !ok || flat != (depth < 1e-3) ||
				!(cell["direction_selectivity"] < 1e-6) {
				t.Errorf("%s, cell %d: %v", activation, i, cell)
			}
		}
		text, err := os.ReadFile(filepath.Join(tuned, "tuning.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, angle := range []string{"0", "67.5", "90"} {
			names := []string{"gabor " + angle + "°"}
			if activation == "relu" {
				names = []string{names[0] + ", phase 0°", names[0] + ", phase 90°"}
			}
			for _, name := range names {
				if n := strings.Count(string(text), strconv.Quote(name)); n != 1 {
					t.Errorf("%s: %d cells are called %s, want 1", activation, n, name)
				}
			}
		}
	}
}

// TestPoorFit: if a fit explains less than half of the variance, its half-width is not printed and its curve is not
// drawn. The first cell is 1 + 0.3·cos 2θ plus a noise that alternates between 0.35 and −0.35. The two are orthogonal,
// so the fit explains 0.045/(0.045 + 0.1225) = 0.27. The other cell is a von Mises curve with κ = 2, whose half-width
// is 24.3°.
func TestPoorFit(t *testing.T) {
	unraced(t)
	dir := t.TempDir()
	a := &npy.Array{Shape: []int{18, 2}}
	for i := range 18 {
		cosine := math.Cos(float64(i) * 20 * math.Pi / 180)
		a.Data = append(a.Data, float32(1+0.3*cosine+0.35*float64(1-i%2*2)), float32(math.Exp(2*(cosine-1))))
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
	if poor, good := reddish(t, filepath.Join(out, "curves_orientation.png")); poor > 0 || good < 100 {
		t.Errorf("%d pixels of the poor fit's line and %d of the good one's", poor, good)
	}
	for line := range strings.Lines(squeezed(stdout)) {
		if strings.HasPrefix(line, "0 ") && !strings.HasSuffix(line, " -\n") ||
			strings.HasPrefix(line, "1 ") && !strings.HasSuffix(line, " 24.3°\n") {
			t.Errorf("it prints %s", line)
		}
	}
}

// reddish counts the pixels that are much more red than blue, in the left and in the right half of a picture. The line
// of a fit has this colour.
func reddish(t *testing.T, path string) (left, right int) {
	t.Helper()
	img := decoded(t, path)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			switch r, _, b, _ := img.At(x, y).RGBA(); {
			case r < b+0x8000:
			case x < img.Bounds().Dx()/2:
				left++
			default:
				right++
			}
		}
	}
	return left, right
}

// TestHalves: the two halves of the recordings are tuned to different orientations. The preferred orientations come
// from train, and all other figures from test.
func TestHalves(t *testing.T) {
	unraced(t)
	const stimuli, neurons = 30, 12
	train, test := &npy.Array{Shape: []int{stimuli, neurons}}, &npy.Array{Shape: []int{stimuli, neurons}}
	angle := &npy.Array{Shape: []int{stimuli}}
	response := func(i, j, turned int) float64 {
		return math.Exp(2*math.Cos(2*float64(6*i-15*j-turned)*math.Pi/180)) * float64(1+turned*j)
	}
	for i := range stimuli {
		angle.Data = append(angle.Data, float32(6*i))
		for j := range neurons {
			train.Data = append(train.Data, float32(response(i, j, 0)))
			test.Data = append(test.Data, float32(response(i, j, 40)))
		}
	}
	dir := t.TempDir()
	file, out := filepath.Join(dir, "a.npz"), filepath.Join(dir, "out")
	if err := npy.WriteNPZ(file, npy.Named{Name: "resp_train", Array: train}, npy.Named{Name: "resp_test", Array: test},
		npy.Named{Name: "stimuli", Array: angle}); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := gpuconv(t, "data", "--input", file, "--output", out); code != exitOK {
		t.Fatal(stderr)
	}
	for j, cell := range cellsOf(t, out) {
		for name, preferred := range map[string]float64{"train_orientation_deg": float64(15 * j),
			"orientation_preferred_deg": float64((15*j + 40) % 180)} {
			if off := math.Abs(cell[name] - preferred); min(off, 180-off) > 1e-3 {
				t.Errorf("neuron %d: %s %v, want %v", j, name, cell[name], preferred)
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(out, "rdm.csv"))
	if err != nil {
		t.Fatal(err)
	}
	pattern := func(half *npy.Array, i int) (all []float64) {
		for _, v := range half.Data[i*neurons : (i+1)*neurons] {
			all = append(all, float64(v))
		}
		return all
	}
	first := strings.Split(strings.Split(string(text), "\n")[1], ",") // of 0°: its angle, then a value for each angle
	for i := range stimuli {
		got, err := strconv.ParseFloat(first[i+1], 64)
		if want := 1 - stat.Correlation(pattern(test, 0), pattern(test, i), nil); err != nil ||
			math.Abs(got-want) > 1e-9 {
			t.Errorf("dissimilarity of 0° and %d°: %v, want %v", 6*i, got, want)
		}
	}
}

// TestSwitches: --centred subtracts the mean, --balanced subtracts the sum, and --fit=false makes no fit.
func TestSwitches(t *testing.T) {
	unraced(t)
	dir := t.TempDir()
	images := filepath.Join(dir, "s.npy")
	args := []string{"stimuli", "--kind", "grating", "--orientation", "0:180:20", "--mean", "0.4", "--image-size", "20",
		"--output", images}
	for centred, lowest := range map[bool]float32{true: -0.4, false: 0} {
		if code, _, stderr := gpuconv(t, append(args, fmt.Sprintf("--centred=%v", centred))...); code != exitOK {
			t.Fatal(stderr)
		}
		a, err := npy.ReadFile(t.Context(), images)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Min(a.Data); math.Abs(float64(got-lowest)) > 0.01 {
			t.Errorf("--centred=%v: the darkest pixel is %v, want %v", centred, got, lowest)
		}
	}
	bank := filepath.Join(dir, "f.npy")
	for _, balanced := range []bool{true, false} {
		args := []string{"filters", "--kind", "gabor", "--sf", "0.1", "--bandwidth", "2",
			fmt.Sprintf("--balanced=%v", balanced), "--output", bank}
		if code, _, stderr := gpuconv(t, args...); code != exitOK {
			t.Fatal(stderr)
		}
		a, err := npy.ReadFile(t.Context(), bank)
		if err != nil {
			t.Fatal(err)
		}
		total := 0.0
		for _, w := range a.Data {
			total += float64(w)
		}
		if flat := math.Abs(total) < 1e-6; flat != balanced {
			t.Errorf("--balanced=%v: the weights sum to %v", balanced, total)
		}
	}
	for fit, want := range map[bool]bool{true: true, false: false} {
		out := filepath.Join(dir, fmt.Sprint(fit))
		if code, _, stderr := gpuconv(t, "tuning", "--input", images, "--orientations", "0:180:20", "--at", "0,3",
			"--linear", "--rdm", "none", fmt.Sprintf("--fit=%v", fit), "--output", out); code != exitOK {
			t.Fatal(stderr)
		}
		if _, ok := cellsOf(t, out)[0]["fit_kappa"]; ok != want {
			t.Errorf("--fit=%v: a fit %v", fit, ok)
		}
	}
}
