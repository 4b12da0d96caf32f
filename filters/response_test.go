package filters

import (
	"math"
	"testing"

	"gpuconv/stimuli"
)

// The tutorial's image, and the padding K//2 of its filters.
const rows, columns, half = 48, 64, 3

// respond convolves the tutorial's grating with a filter of 7×7, with zeros around the image.
func respond(t *testing.T, filter []float32, orientation float64) []float64 {
	t.Helper()
	image := make([]float32, rows*columns)
	if err := (stimuli.NMA{}).Draw(image, orientation); err != nil {
		t.Fatal(err)
	}
	sums := make([]float64, len(image))
	for at := range sums {
		for k, w := range filter {
			i, j := at/columns+k/7-half, at%columns+k%7-half
			if i >= 0 && i < rows && j >= 0 && j < columns {
				sums[at] += float64(w) * float64(image[i*columns+j])
			}
		}
	}
	return sums
}

// inside reports whether a filter at a pixel stays off the padding.
func inside(at int) bool {
	i, j := at/columns, at%columns
	return i >= half && i < rows-half && j >= half && j < columns-half
}

// TestPreference: x runs along rows in filters and along columns in gratings, so a Gabor of θ answers most to the
// grating of 90°−θ.
func TestPreference(t *testing.T) {
	bank, err := NMA{Channels: 6, Size: 7}.Bank()
	if err != nil {
		t.Fatal(err)
	}
	for channel, want := range map[int]float64{2: 90, 3: 45, 4: 0, 5: -45} {
		best, most := math.NaN(), 0.0
		for orientation := -75.0; orientation <= 90; orientation += 15 {
			energy := 0.0
			for at, v := range respond(t, bank.Plane(channel, 0), orientation) {
				if inside(at) {
					energy += v * v
				}
			}
			if energy > most {
				best, most = orientation, energy
			}
		}
		if best != want {
			t.Errorf("the Gabor of %d° prefers %v°, want %v°", 45*(channel-2), best, want)
		}
	}
}

// TestBorders: zero padding answers like an edge. The figures for the upright and the level grating are those of
// NUMERICS.md.
func TestBorders(t *testing.T) {
	bank, err := NMA{Channels: 6, Size: 7}.Bank()
	if err != nil {
		t.Fatal(err)
	}
	for _, orientation := range []float64{-90, 0, 90} {
		border, interior := 0.0, 0.0
		for at, v := range respond(t, bank.Plane(0, 0), orientation) {
			if inside(at) {
				interior = max(interior, math.Abs(v))
			} else {
				border = max(border, math.Abs(v))
			}
		}
		if math.Abs(border-2.18) > 0.005 || math.Abs(interior-1.72) > 0.005 {
			t.Errorf("%v°: channel 0 answers up to %.3f at the border and %.3f inside, want 2.18 and 1.72", orientation,
				border, interior)
		}
	}
}
