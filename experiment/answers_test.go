package experiment_test

import (
	"math"
	"slices"
	"testing"

	"gpuconv/conv"
	"gpuconv/filters"
	"gpuconv/param"
	"gpuconv/stimuli"
)

// The tutorial's image size, and the padding K//2 of its filters.
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

// inside reports whether a filter at a pixel does not reach the padding.
func inside(at int) bool {
	i, j := at/columns, at%columns
	return i >= half && i < rows-half && j >= half && j < columns-half
}

// TestPreference: x is along rows in filters and along columns in gratings, so a Gabor of θ answers most to the grating
// of 90°−θ.
func TestPreference(t *testing.T) {
	bank, err := filters.NMA{Channels: 6, Size: 7}.Bank()
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

// TestBorders: zero padding acts like an edge of the image. The figures for the vertical and the horizontal grating are
// those of NUMERICS.md.
func TestBorders(t *testing.T) {
	bank, err := filters.NMA{Channels: 6, Size: 7}.Bank()
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

func weights(t *testing.T, b filters.Bank) *conv.Tensor {
	t.Helper()
	w, err := b.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// answer correlates a filter with an image of the same size.
func answer(filter, image []float32) float64 {
	total := 0.0
	for i, w := range filter {
		total += float64(w) * float64(image[i])
	}
	return total
}

// gratings returns sines of amplitude 1 about 0, of the size of a filter, at phases from 0 to 350 degrees.
func gratings(t *testing.T, size int, orientation, sf float64) *conv.Tensor {
	t.Helper()
	phases, err := param.Range(0, 360, 10)
	if err != nil {
		t.Fatal(err)
	}
	set, err := stimuli.NewProduct(stimuli.Canvas{Rows: size, Columns: size}, func() stimuli.Pattern {
		return &stimuli.Grating{Orientation: orientation, SF: sf,
			Look: stimuli.Look{Mean: 1, Contrast: 1, Centred: true}}
	}, param.Axis{Name: "phase", Values: phases})
	if err != nil {
		t.Fatal(err)
	}
	images, err := conv.NewTensor(set.Shape())
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Draw(images, 0); err != nil {
		t.Fatal(err)
	}
	return images
}

// TestOwnGrating: a Gabor's response is 1 to the grating of its own orientation, frequency and phase, and less to any
// other. The energy of its quadrature pair is 1 at every phase. Cutting at three standard deviations changes that by
// 5e-3.
func TestOwnGrating(t *testing.T) {
	for _, g := range []filters.Gabor{{Orientation: 20, SF: 0.2, Phase: 30, Bandwidth: 1},
		{Orientation: 110, SF: 0.15, SigmaX: 6, SigmaY: 9}, {SF: 0.3}} {
		bank := weights(t, filters.Bank{Filters: []filters.Filter{&g}, Quadrature: true, Balanced: true})
		size := bank.Shape.H()
		images := gratings(t, size, g.Orientation, g.SF)
		own := math.Inf(-1)
		for i := range images.Shape.N() {
			a, b := answer(bank.Plane(0, 0), images.Plane(i, 0)), answer(bank.Plane(1, 0), images.Plane(i, 0))
			if energy := math.Hypot(a, b); math.Abs(energy-1) > 5e-3 {
				t.Errorf("%+v: energy %v at phase %d, want 1", g, energy, 10*i)
			}
			own = max(own, a)
			if 10*i == int(g.Phase) && math.Abs(a-1) > 5e-3 {
				t.Errorf("%+v: answers %v to its own grating, want 1", g, a)
			}
		}
		for _, other := range []stimuli.Grating{{Orientation: g.Orientation + 30, SF: g.SF},
			{Orientation: g.Orientation - 30, SF: g.SF}, {Orientation: g.Orientation, SF: g.SF / 1.7}} {
			images := gratings(t, size, other.Orientation, other.SF)
			for i := range images.Shape.N() {
				if a := answer(bank.Plane(0, 0), images.Plane(i, 0)); a > 0.9*own {
					t.Errorf("%+v: answers %v to %v° at %v, %v to its own", g, a, other.Orientation, other.SF, own)
				}
			}
		}
	}
}

// TestEnergyIsFlat: over phases, the energy of a balanced pair varies by less than 1e-3 of its mean, for any bandwidth
// and phase, and for any size at which the filter is cut off. Both filters of the pair still sum to 0.
func TestEnergyIsFlat(t *testing.T) {
	for orientation := 0.0; orientation < 180; orientation += 67.5 {
		for _, g := range []filters.Gabor{{Bandwidth: 1}, {}, {Phase: 50}, {Bandwidth: 2, Phase: -20}, {Bandwidth: 3}} {
			for _, size := range []int{0, 11, 12, 41} {
				own := g
				own.Orientation, own.SF = orientation, 0.15
				bank := weights(t, filters.Bank{Filters: []filters.Filter{&own}, Quadrature: true, Balanced: true,
					Size: size})
				images := gratings(t, bank.Shape.H(), orientation, own.SF)
				lo, hi := math.Inf(1), 0.0
				for i := range images.Shape.N() {
					energy := math.Hypot(answer(bank.Plane(0, 0), images.Plane(i, 0)),
						answer(bank.Plane(1, 0), images.Plane(i, 0)))
					lo, hi = min(lo, energy), max(hi, energy)
				}
				if !((hi-lo)/hi < 1e-3) || !(hi > 0.1) {
					t.Errorf("%+v on %d pixels: energy from %v to %v", own, bank.Shape.H(), lo, hi)
				}
				for k := range 2 {
					if total := answer(bank.Plane(k, 0),
						slices.Repeat([]float32{1}, len(bank.Plane(k, 0)))); math.Abs(total) > 1e-6 {
						t.Errorf("%+v on %d pixels: filter %d sums to %v", own, bank.Shape.H(), k, total)
					}
				}
			}
		}
	}
}
