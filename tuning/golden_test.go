package tuning

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
)

// goldens is what testdata/make_goldens.py wrote.
type goldens struct {
	Orientation []struct {
		Theta, R         []float64
		Preferred        float64
		CircularVariance float64 `json:"circular_variance"`
	}
	Fit []struct {
		Theta, R                           []float64
		Preferred, Kappa, Base, Height, R2 float64
		Width                              float64 `json:"half_width"`
	}
	Phase []struct {
		Phi, R            []float64
		F0, F1, Preferred float64
	}
	Normalisation []struct {
		Drive, Response                [][]float64
		Gain, Exponent, Semisaturation float64
	}
	Dissimilarity struct{ Patterns, Correlation, Euclid [][]float64 }
}

func loadGoldens(t *testing.T) goldens {
	t.Helper()
	text, err := os.ReadFile("testdata/tuning.json")
	if err != nil {
		t.Fatal(err)
	}
	var g goldens
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// near fails if got differs from want by more than the tolerance, or is NaN.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v within %v", what, got, want, tolerance)
	}
}

func TestOrientationGoldens(t *testing.T) {
	for _, g := range loadGoldens(t).Orientation {
		t.Run(fmt.Sprint(len(g.Theta)), func(t *testing.T) {
			o, err := Curve{g.Theta, g.R}.Orientation()
			if err != nil {
				t.Fatal(err)
			}
			near(t, "preferred", o.Preferred, g.Preferred, 1e-9)
			near(t, "circular variance", o.CircularVariance, g.CircularVariance, 1e-12)
		})
	}
}

// TestFitGoldens: Nelder-Mead ends within 1e-4 of the parameters that Levenberg-Marquardt finds.
func TestFitGoldens(t *testing.T) {
	for i, g := range loadGoldens(t).Fit {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			fit, ok, err := FitVonMises(Curve{g.Theta, g.R})
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			near(t, "preferred", fit.Preferred, g.Preferred, 1e-4)
			near(t, "kappa", fit.Kappa, g.Kappa, 1e-4*max(1, g.Kappa))
			near(t, "base", fit.Base, g.Base, 1e-4)
			near(t, "height", fit.Height, g.Height, 1e-4)
			near(t, "half-width", fit.HalfWidth(), g.Width, 1e-3)
			near(t, "R²", fit.R2, g.R2, 1e-9)
		})
	}
}

func TestPhaseGoldens(t *testing.T) {
	for _, g := range loadGoldens(t).Phase {
		t.Run(fmt.Sprint(len(g.Phi)), func(t *testing.T) {
			c, err := Curve{g.Phi, g.R}.Phase()
			if err != nil {
				t.Fatal(err)
			}
			near(t, "F0", c.F0, g.F0, 1e-12)
			near(t, "F1", c.F1, g.F1, 1e-12)
			near(t, "F1/F0", c.Ratio, g.F1/g.F0, 1e-12)
			near(t, "preferred", c.Preferred, g.Preferred, 1e-9)
		})
	}
}

func TestNormalisationGoldens(t *testing.T) {
	for _, g := range loadGoldens(t).Normalisation {
		t.Run(fmt.Sprint(g.Exponent), func(t *testing.T) {
			m := maps{cells: len(g.Drive), rows: 2, columns: 3}
			for _, channel := range g.Drive {
				m.data = append(m.data, channel...)
			}
			Normalisation{g.Gain, g.Exponent, g.Semisaturation}.apply(m)
			for cell, channel := range g.Response {
				for at, want := range channel {
					near(t, fmt.Sprintf("cell %d at %d", cell, at), m.data[cell*6+at], want, 1e-14)
				}
			}
		})
	}
}

func TestDissimilarityGoldens(t *testing.T) {
	g := loadGoldens(t).Dissimilarity
	for metric, want := range map[Metric][][]float64{Correlation: g.Correlation, Euclid: g.Euclid} {
		got, err := Dissimilarity(g.Patterns, metric)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			for j := range want[i] {
				near(t, fmt.Sprintf("%v of %d and %d", metric, i, j), got[i][j], want[i][j], 1e-12)
			}
		}
	}
}
