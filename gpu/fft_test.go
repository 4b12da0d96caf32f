//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/conv/convtest"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/problems"
)

// fewImages refuses large batches, since llvmpipe takes a tenth of a millisecond for each tile. TestFoldedDispatch and
// TestChunks test large counts.
type fewImages struct{ *Device }

func (d fewImages) Explain(p conv.Problem) (conv.Description, error) {
	if p.Src.N() > 1000 {
		return conv.Description{}, fmt.Errorf("%d images: %w", p.Src.N(), conv.ErrUnsupported)
	}
	return d.Device.Explain(p)
}

// TestFFTConforms runs products of spectra on every case of stride 1.
func TestFFTConforms(t *testing.T) {
	unraced(t)
	t.Parallel()
	d := openTest(t, Options{Guard: true, Algorithm: "fft", Device: Software()})
	convtest.RunAlgorithm(t, fewImages{d}, cpu.Reference{}, 200)
}

// TestFFTTolerance measures the error of fft. The tolerance that plans state must cover it, and must not be much
// larger.
func TestFFTTolerance(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge takes long under the race detector")
	}
	d := openTest(t, Options{Algorithm: "fft", Device: Software()})
	for _, c := range problems.Spectral() {
		p := c.Problem
		name := fmt.Sprintf("%d channels, tiles of %d points, K=%d", p.Src.C(), c.Points, p.Weight[2])
		made, err := compare.Random("tolerance", p)
		if err != nil {
			t.Fatal(err)
		}
		result, err := compare.Check(d, cpu.Reference{}, made)
		if err != nil {
			t.Fatal(err)
		}
		described, err := d.Explain(p)
		if err != nil {
			t.Fatal(err)
		}
		stated := described.Tolerance
		t.Logf("%s: RMS %.2g of the largest output, worst %.2g, stated %.2g",
			name, result.RMS, result.MaxError/result.Largest, stated)
		if !result.OK() || result.RMS > stated || result.RMS < stated/10 {
			t.Errorf("%s: RMS %.2g, stated %.2g; %v", name, result.RMS, stated, result)
		}
	}
}

// TestFFTSizes compares tiles of every shape with the reference, on images whose sizes are near theirs.
func TestFFTSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge takes long under the race detector")
	}
	d := openTest(t, Options{Guard: true, Algorithm: "fft", Device: Software()})
	for _, extent := range [][2]int{{1, 70}, {13, 33}, {62, 14}, {63, 17}, {65, 31}, {34, 67}, {129, 60}} {
		for _, kernel := range [][2]int{{3, 3}, {1, 12}, {16, 5}, {31, 31}, {33, 8}} {
			p := conv.Problem{Src: conv.Shape{1, 2, extent[0], extent[1]}, Bias: true}
			p.Weight = conv.Shape{3, 2, kernel[0], kernel[1]}
			p.Padding = conv.Padding{Top: kernel[0] / 2, Bottom: (kernel[0] - 1) / 2, Left: kernel[1],
				Right: kernel[1] / 3}
			if _, err := p.Dst(); err != nil {
				continue
			}
			c, err := compare.Random(fmt.Sprint(extent, kernel), p)
			if err != nil {
				t.Fatal(err)
			}
			if result, err := compare.Check(d, cpu.Reference{}, c); err != nil || !result.OK() {
				t.Errorf("%v: %v, %v", p, result, err)
			}
		}
	}
}

// TestFFTNotFinite: one pixel that is not finite makes only its own sums not finite, even in the largest tiles. Images
// whose transforms overflow have the right sums.
func TestFFTNotFinite(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge takes long under the race detector")
	}
	d := openTest(t, Options{Guard: true, Algorithm: "fft", Device: Software()})
	p := problems.Layer(2, 1, 3, 21, 70) // two tiles each way
	far := func(c compare.Case) {        // float32 holds the sums, but not their transforms
		scaled(1e18)(c)
		for i := range c.Weight.Data {
			c.Weight.Data[i] *= 1e18
		}
	}
	for i, special := range append(specials()[2:], far) {
		c, err := compare.Random("not finite", p)
		if err != nil {
			t.Fatal(err)
		}
		special(c)
		result, err := compare.Check(d, cpu.Reference{}, c)
		if err != nil || !result.OK() {
			t.Errorf("special %d: %v, %v", i, result, err)
		}
	}
}
