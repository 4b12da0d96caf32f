package tuning

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// halvesOf makes halves from the responses of each neuron, in the order of the stimuli.
func halvesOf(period float64, orientation []float64, train, test [][]float64) Halves {
	h := Halves{Orientation: orientation, Period: period, Neurons: len(train)}
	for i := range orientation {
		for neuron := range train {
			h.Train = append(h.Train, float32(train[neuron][i]))
			h.Test = append(h.Test, float32(test[neuron][i]))
		}
	}
	return h
}

func analysed(t *testing.T, h Halves) *Population {
	t.Helper()
	p, err := h.Analyse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// same fails if numbers differ from those wanted. NaN equals NaN.
func same(t *testing.T, what string, got []float64, want ...float64) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

// TestAligned: the digits of the test responses identify their neuron and orientation. The stimuli are in no particular
// order.
func TestAligned(t *testing.T) {
	nan := math.NaN()
	shuffled := []float64{90, 0, 135, 45}
	for name, c := range map[string]struct {
		h    Halves
		x, y []float64
	}{
		// The neurons prefer 45°, 135° and, for the silent one, the lowest orientation. The sums are 1000 1 10 100, 20
		// 200 2000 2 and 300 3000 3 30.
		"around the circle": {halvesOf(180, shuffled,
			[][]float64{{1, 2, 0, 3}, {-1, -2, 0, -3}, {0, 0, 0, 0}},
			[][]float64{{100, 1, 1000, 10}, {200, 2, 2000, 20}, {300, 3, 3000, 30}}),
			[]float64{-90, -45, 0, 45}, []float64{440, 1067, 671, 44}},
		"an odd number": {halvesOf(180, []float64{-10, 50, 110}, [][]float64{{0, 0, 1}}, [][]float64{{1, 2, 3}}),
			[]float64{-60, 0, 60}, []float64{2, 3, 1}},
		"directions": {halvesOf(360, []float64{270, 180, 90, 0}, [][]float64{{1, 2, 0, 0}},
			[][]float64{{1, 2, 3, 4}}), []float64{-180, -90, 0, 90}, []float64{4, 3, 2, 1}},
		"two are best": {halvesOf(180, shuffled, [][]float64{{5, 0, 5, 0}}, [][]float64{{1, 2, 3, 4}}),
			[]float64{-90, -45, 0, 45}, []float64{2, 4, 1, 3}},
		"NaN is not the best": {halvesOf(180, shuffled, [][]float64{{1, nan, 0, 0}}, [][]float64{{1, nan, 3, 4}}),
			[]float64{-90, -45, 0, 45}, []float64{nan, 4, 1, 3}},
		"no bins": {halvesOf(0, shuffled, [][]float64{{1, 2, 0, 3}}, [][]float64{{1, 2, 3, 4}}), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := analysed(t, c.h)
			same(t, "from preferred", p.Aligned.X, c.x...)
			same(t, "mean responses", p.Aligned.Y, c.y...)
		})
	}
}

// TestReliability: halves that are proportional, opposite or uncorrelated, a silent half, and a half with a NaN.
func TestReliability(t *testing.T) {
	p := analysed(t, halvesOf(180, []float64{0, 45, 90, 135},
		[][]float64{{1, -1, 1, -1}, {1, 2, 3, 4}, {0, 0, 0, 0}, {1, 2, 3, 4}, {1, 2, 3, math.NaN()}},
		[][]float64{{1, 1, -1, -1}, {3, 1, -1, -3}, {1, 2, 3, 4}, {6, 8, 10, 12}, {1, 2, 3, 4}}))
	same(t, "reliability", p.Reliability, 0, -1, math.NaN(), 1, math.NaN())
	if got := p.MostReliable(); !slices.Equal(got, []int{3, 0, 1}) {
		t.Errorf("most reliable are %v", got)
	}
	var even, odd []int // more equal values than a sort keeps in their order
	p = &Population{}
	for i := range 20 {
		p.Reliability, even, odd = append(p.Reliability, 0.5, 0.9), append(even, 2*i), append(odd, 2*i+1)
	}
	if got := p.MostReliable(); !slices.Equal(got, append(odd, even...)) {
		t.Errorf("most reliable are %v", got)
	}
}

// TestHalvesFigures: each half has its own figures, from responses that are not negative, and each cell has its own.
func TestHalvesFigures(t *testing.T) {
	nan := math.NaN()
	p := analysed(t, halvesOf(180, []float64{90, 0, 135, 45},
		[][]float64{{0, 0, 0, 2}, {0, 0, 0, 0}, {7, 0, 0, 0}, {nan, 1, 0, 0}},
		[][]float64{{-5, 3, -1, -1}, {-1, -1, -2, -3}, {-1, -1, 4, -1}, {0, 0, 0, 9}}))
	same(t, "train's peaks", p.Train.Figure("orientation_peak_deg"), 45, nan, 90, 0) // cell 1 is silent
	same(t, "test's peaks", p.Test.Figure("orientation_peak_deg"), 0, nan, 135, 45)
	same(t, "test's variances", p.Test.Figure("circular_variance"), 0, nan, 0, 0)
	same(t, "train's variances", p.Train.Figure("circular_variance"), 0, nan, 0, nan)
	same(t, "a curve", p.Test.Curves[0].Curves[0].Y, 3, 0, 0, 0)
	same(t, "an unknown figure", p.Test.Figure("colour"), nan, nan, nan, nan)
	if len(p.Train.Notes) != 3 || len(p.Test.Notes) != 1 ||
		!strings.Contains(p.Train.Notes[0].Error(), "1 of 16 responses are NaN or infinite") ||
		!strings.Contains(p.Train.Notes[2].Error(), "cell 3: 1 of 4 responses") ||
		!strings.Contains(p.Test.Notes[0].Error(), "cell 1: no response above 0 over orientation: there is no peak") {
		t.Errorf("notes %q and %q", p.Train.Notes, p.Test.Notes)
	}
}

// TestHalvesDissimilarity: the matrix is that of the unchanged test responses. The patterns of two neurons have a
// correlation of 1 or −1.
func TestHalvesDissimilarity(t *testing.T) {
	orientation, train := []float64{0, 60, 120}, [][]float64{{1, 1, 1}, {0, 2, 0}}
	p := analysed(t, halvesOf(180, orientation, train, [][]float64{{1, -3, 2}, {2, -1, 1}}))
	if got := fmt.Sprint(p.Dissimilarity); got != "[[0 0 2] [0 0 2] [2 2 0]]" {
		t.Errorf("dissimilarity %s", got)
	}
	p = analysed(t, halvesOf(180, orientation, train[:1], [][]float64{{1, -3, 2}}))
	if p.Dissimilarity != nil || len(p.Reliability) != 1 || len(p.Test.Cells) != 1 {
		t.Errorf("of one neuron: %+v", p)
	}
}

// TestHalvesUneven: without bins there are curves, and a note in place of figures.
func TestHalvesUneven(t *testing.T) {
	p := analysed(t, halvesOf(0, []float64{0, 10, 90}, [][]float64{{1, 2, 3}}, [][]float64{{1, 2, 4}}))
	if len(p.Test.Notes) != 1 || !strings.Contains(p.Test.Notes[0].Error(), "evenly spaced") {
		t.Errorf("notes %q", p.Test.Notes)
	}
	same(t, "variances", p.Test.Figure("circular_variance"), math.NaN())
	same(t, "a curve", p.Test.Curves[0].Curves[0].Y, 1, 2, 4)
}

func TestHalvesRefusals(t *testing.T) {
	good := halvesOf(180, []float64{0, 90}, [][]float64{{1, 2}}, [][]float64{{1, 2}})
	for want, spoil := range map[string]func(*Halves){
		"halves of 1 neurons and 0 stimuli: want at least 1 of each": func(h *Halves) {
			h.Orientation, h.Train,
				h.Test = nil, nil, nil
		},
		"halves of 0 neurons and 2 stimuli": func(h *Halves) {
			h.Neurons, h.Train, h.Test = 0,
				nil, nil
		},
		"want at least 1 of each and 2 numbers in both, got 1 and 2": func(h *Halves) { h.Train = h.Train[:1] },
		"2 numbers in both, got 2 and 1":                             func(h *Halves) { h.Test = h.Test[:1] },
		"orientation 1 is NaN: want finite numbers": func(h *Halves) {
			h.Orientation = []float64{0,
				math.NaN()}
			h.Period = 0
		},
		"period of 90°: want 180 or 360":                func(h *Halves) { h.Period = 90 },
		"want them evenly spaced over 360°, 180° apart": func(h *Halves) { h.Period = 360 },
		"want them evenly spaced over 180°, 90° apart": func(h *Halves) {
			h.Orientation = []float64{0,
				270}
		},
	} {
		h := good
		spoil(&h)
		if _, err := h.Analyse(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "tuning: ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := good.Analyse(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}
