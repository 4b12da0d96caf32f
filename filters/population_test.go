package filters

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gpuconv/conv"
)

// TestPopulation: the drawn parameters have the shares of the histograms. No cell is in an empty bin of Ringach's
// table.
func TestPopulation(t *testing.T) {
	p := Population{Count: 40000, Seed: 5, SFCorrelation: 0.75}
	all, err := p.Filters()
	if err != nil {
		t.Fatal(err)
	}
	var angles [4]float64
	var octaves [7]float64
	var widths [5][5]float64
	for _, f := range all {
		g := f.(*Gabor)
		if err := g.Complete(); err != nil {
			t.Fatal(err)
		}
		theirs := 90 - g.Orientation // from −90 to 90
		if theirs < -22.5 {
			theirs += 180
		}
		angles[int((theirs+22.5)/45)]++
		at := slices.IndexFunc([]float64{0.7, 1, 1.4, 2, 2.8, 4, 5.6001},
			func(edge float64) bool { return g.SF*28 < edge })
		octaves[at]++
		bin := func(sigma float64) int { return int((math.Log10(sigma*g.SF) + 1) / 0.24) }
		widths[bin(g.SigmaX)][bin(g.SigmaY)]++
	}
	share := func(what string, got, count, of float64) {
		if want := count / of; math.Abs(got/float64(p.Count)-want) > 0.01 { // three standard errors and more
			t.Errorf("%s: %.3f of all, want %.3f", what, got/float64(p.Count), want)
		}
	}
	for i, n := range []float64{66, 49, 77, 54} {
		share(fmt.Sprintf("%d°", 45*i), angles[i], n, 246)
	}
	for i, n := range []float64{4, 4, 8, 25, 32, 26, 28} {
		share(fmt.Sprintf("frequency bin %d", i), octaves[i], n, 127)
	}
	for i, row := range joint() {
		for j, n := range row {
			share(fmt.Sprintf("width bin %d, %d", i, j), widths[i][j], n, 79)
			if n == 0 && widths[i][j] != 0 {
				t.Errorf("width bin %d, %d has %v cells: want none", i, j, widths[i][j])
			}
		}
	}
}

// TestPopulationPhase: phases are uniform over the cycle.
func TestPopulationPhase(t *testing.T) {
	all, err := (&Population{Count: 8000, Seed: 1}).Filters()
	if err != nil {
		t.Fatal(err)
	}
	var eighths [8]float64
	for _, f := range all {
		eighths[int(f.(*Gabor).Phase/45)]++
	}
	for i, n := range eighths {
		if math.Abs(n/1000-1) > 0.15 { // five standard errors
			t.Errorf("%v of 8000 phases from %d° to %d°", n, 45*i, 45*i+45)
		}
	}
}

// TestPopulationRange: frequencies stay in the bins between the two limits, and a bank has VOneNet's 25 pixels a side.
func TestPopulationRange(t *testing.T) {
	all, err := (&Population{Count: 500, SFMin: 1, SFMax: 2}).Filters()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if sf := f.(*Gabor).SF * 28; sf < 1-1e-9 || sf > 2+1e-9 {
			t.Errorf("%v cycles/degree", sf)
		}
	}
	b, err := kindOf(t, "v1").Bank()
	if err != nil {
		t.Fatal(err)
	}
	if got := weights(t, b).Shape; got != (conv.Shape{32, 1, 25, 25}) {
		t.Errorf("shape %v", got)
	}
}

// TestPopulationCorrelation: widths in cycles and frequencies have the correlation that is asked for.
func TestPopulationCorrelation(t *testing.T) {
	for _, want := range []float64{0, 0.75, 1, -1} {
		all, err := (&Population{Count: 5000, SFCorrelation: want}).Filters()
		if err != nil {
			t.Fatal(err)
		}
		concordant := 0
		for i := 1; i < len(all); i++ {
			a, b := all[i-1].(*Gabor), all[i].(*Gabor)
			if (a.SF > b.SF) == (a.SigmaX*a.SF > b.SigmaX*b.SF) {
				concordant++
			}
		}
		// For a bivariate normal distribution it is ½ + asin(ρ)/π (Kendall's τ).
		if got, want := float64(concordant)/float64(len(all)-1),
			0.5+math.Asin(want)/math.Pi; math.Abs(got-want) > 0.03 {
			t.Errorf("concordant share %v, want %v", got, want)
		}
	}
}
