//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/conv/convtest"
	"gpuconv/cpu"
)

// fewImages refuses large batches, of which llvmpipe takes a tenth of a millisecond for
// each tile. TestFoldedDispatch and TestChunks have what their counts might break.
type fewImages struct{ *Device }

func (d fewImages) Explain(p conv.Problem) (conv.Description, error) {
	if p.Src.N() > 1000 {
		return conv.Description{}, fmt.Errorf("%d images: %w", p.Src.N(), conv.ErrUnsupported)
	}
	return d.Device.Explain(p)
}

// TestFFTConforms holds products of spectra to every case of stride 1.
func TestFFTConforms(t *testing.T) {
	d := openTest(t, Options{Guard: true, Algorithm: "fft", Device: Software()})
	convtest.RunAlgorithm(t, fewImages{d}, cpu.Reference{}, 200)
}

// TestFFTTolerance measures what fftTolerance states, and that it states little more.
func TestFFTTolerance(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge takes long under the race detector")
	}
	d := openTest(t, Options{Algorithm: "fft", Device: Software()})
	for _, c := range []struct{ channels, kernel, extent, points int }{
		{1, 3, 14, 256}, {1, 7, 27, 1024}, {1, 31, 48, 4096}, {3, 31, 48, 4096}, {1, 11, 128, 4096},
		{16, 3, 14, 256}, {16, 15, 48, 4096}, {64, 3, 14, 256}, {64, 5, 61, 4096}, {256, 3, 14, 256},
	} {
		p := layer(1, c.channels, 5, c.kernel, c.extent)
		name := fmt.Sprintf("%d channels, tiles of %d points, K=%d", c.channels, c.points, c.kernel)
		made, err := compare.Random("tolerance", p)
		if err != nil {
			t.Fatal(err)
		}
		result, err := compare.Check(d, cpu.Reference{}, made)
		if err != nil {
			t.Fatal(err)
		}
		stated := fftTolerance(c.points, c.channels)
		t.Logf("%s: RMS %.2g of the largest output, worst %.2g, stated %.2g", name, result.RMS, result.MaxError/result.Largest, stated)
		if !result.OK() || result.RMS > stated || result.RMS < stated/10 {
			t.Errorf("%s: RMS %.2g, stated %.2g; %v", name, result.RMS, stated, result)
		}
		if b, err := newBlueprint(p, d.limits, "fft"); err != nil || b.description.Tolerance != stated {
			t.Errorf("%s: %v, states %v", name, err, b.description.Tolerance)
		}
	}
}

// TestFFTSizes holds tiles of every shape to the reference, on images around their edges.
func TestFFTSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge takes long under the race detector")
	}
	d := openTest(t, Options{Guard: true, Algorithm: "fft", Device: Software()})
	for _, extent := range [][2]int{{1, 70}, {13, 33}, {62, 14}, {63, 17}, {65, 31}, {34, 67}, {129, 60}} {
		for _, kernel := range [][2]int{{3, 3}, {1, 12}, {16, 5}, {31, 31}, {33, 8}} {
			p := conv.Problem{Src: conv.Shape{1, 2, extent[0], extent[1]}, Weight: conv.Shape{3, 2, kernel[0], kernel[1]}, Bias: true}
			p.Padding = conv.Padding{Top: kernel[0] / 2, Bottom: (kernel[0] - 1) / 2, Left: kernel[1], Right: kernel[1] / 3}
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

// TestFFTNotFinite: one pixel that is not finite makes its sums alone so, in tiles of the
// largest size too, and images whose transforms overflow have the sums that they ought to.
func TestFFTNotFinite(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge takes long under the race detector")
	}
	d := openTest(t, Options{Guard: true, Algorithm: "fft", Device: Software()})
	p := layer(2, 1, 3, 21, 70)   // two tiles each way
	far := func(c compare.Case) { // sums that float32 holds, whose transforms it does not
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

// TestFFTSides: which tile takes which image.
func TestFFTSides(t *testing.T) {
	small := nvidia()
	small.SharedMemory = 8 << 10
	few := nvidia()
	few.WorkGroupInvocations = 256
	for name, c := range map[string]struct {
		p                            conv.Problem
		l                            Limits
		tileH, tileW, tilesH, tilesW int
	}{
		"zeros shared":      {layer(1, 1, 64, 31, 48), nvidia(), 64, 64, 1, 1},
		"zeros not shared":  {layer(1, 1, 64, 31, 50), nvidia(), 64, 64, 2, 2},
		"small":             {layer(1, 1, 64, 3, 15), nvidia(), 16, 16, 1, 1},
		"less shared":       {layer(1, 1, 64, 11, 40), small, 32, 32, 2, 2},
		"fewer invocations": {layer(1, 1, 64, 11, 30), few, 64, 32, 1, 2},
	} {
		f, err := newFFT(c.p, c.l)
		if err != nil || f.constants.tileH != c.tileH || f.constants.tileW != c.tileW || f.tilesH != c.tilesH || f.tilesW != c.tilesW {
			t.Errorf("%s: %d×%d tiles of %d×%d, %v", name, f.tilesH, f.tilesW, f.constants.tileH, f.constants.tileW, err)
		}
	}
}

// TestFFTLimits: what it does not take, and limits smaller than any real ones, are named
// in the refusal.
func TestFFTLimits(t *testing.T) {
	p := layer(2, 3, 8, 31, 48)
	strided, wide, dilated := p, layer(1, 1, 4, 65, 80), layer(1, 1, 4, 9, 80)
	strided.Stride = [2]int{1, 2}
	dilated.Dilation = [2]int{2, 8}
	for _, c := range []struct {
		p      conv.Problem
		change func(l *Limits)
		want   string
	}{
		{strided, func(*Limits) {}, "stride 1,2, it takes 1"},
		{wide, func(*Limits) {}, "a kernel that spans 65×65 pixels, it takes up to 64"},
		{dilated, func(*Limits) {}, "a kernel that spans 17×65 pixels, it takes up to 64"},
		{p, func(l *Limits) { l.SharedMemory = 8*32*32 - 1 }, "bytes of shared memory per work-group, the device has 8191"},
		{p, func(l *Limits) { l.WorkGroupInvocations = 127 }, "invocations per work-group, the device has 127"},
		{p, func(l *Limits) { l.StorageBlock = 16*(4*3*33*64+64) - 1 }, "spectra of weight [8 3 31 31], the device's buffers hold 406527 bytes"},
		{layer(1, 8, 1, 31, 48), func(l *Limits) { l.StorageBlock = 8*8*33*64 - 1 }, "135168 bytes of spectra for an image, the device's buffers hold 135167"},
		{p, func(l *Limits) { l.WorkGroups = [3]int{3, 1, 1} }, "4 transforms of an image, the device dispatches 3 at once"},
		{layer(1, 5, 1, 31, 48), func(l *Limits) { l.LoopIterations = SoftwareLoopLimit }, "computing what is not finite tap by tap: the device ends loops after 65535"},
	} {
		l := nvidia()
		c.change(&l)
		if _, _, err := choose(c.p, l, "fft"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// TestFFTCost: of two channels the weights' spectra are cached, and cost no loads; of three they are loaded.
func TestFFTCost(t *testing.T) {
	for channels, perChannel := range map[int]float64{1: fftPixels, 2: fftPixels, 3: fftPixels + fftWeights} {
		f, err := newFFT(layer(1, channels, 4, 31, 48), nvidia())
		if err != nil {
			t.Fatal(err)
		}
		transforms := float64((channels+1)/2 + 2)
		if want := float64(f.tiles()*f.constants.points()) * (fftPoint*transforms + 2*perChannel*float64(channels)); f.cost() != want {
			t.Errorf("%d channels: %v, want %v", channels, f.cost(), want)
		}
	}
}

// TestFFTFinish: tiles are cut between windows, and where that takes many more tiles, or
// the device has no room, pool.comp makes them. An odd last row of sums takes no tile.
func TestFFTFinish(t *testing.T) {
	pooled := func(kernel, extent int) conv.Problem {
		p := layer(1, 2, 4, kernel, extent)
		p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
		return p
	}
	valid := pooled(31, 65) // 35 sums each way, which are two tiles of 34
	valid.Padding = conv.Padding{}
	pair := pooled(31, 80)
	pair.Activation, pair.Pool = conv.Energy, conv.Pool{}
	all := func(*Limits) {}
	whole, _ := fitFFT(pooled(31, 80), nvidia(), finish{})
	for name, c := range map[string]struct {
		p           conv.Problem
		change      func(l *Limits)
		fused       bool
		step, tiles int // down
	}{
		"whole windows anyway":          {pooled(31, 80), all, true, 34, 3},
		"one sum less":                  {pooled(30, 80), all, true, 34, 3},
		"one sum less, 17 tiles for 16": {pooled(30, 559), all, true, 34, 17},
		"a third less":                  {pooled(62, 80), all, false, 3, 27},
		"one window":                    {pooled(63, 80), all, true, 2, 40},
		"no window":                     {pooled(64, 80), all, false, 1, 81},
		"the last row in no window":     {valid, all, true, 34, 1},
		"pairs are never cut":           {pair, all, true, 34, 3},
		"apart":                         {pair, func(l *Limits) { l.Apart = true }, false, 34, 3},
		"three iterations too many":     {pooled(31, 80), func(l *Limits) { l.LoopIterations = whole.iterations() + 2 }, false, 34, 3},
		"as many iterations as allowed": {pooled(31, 80), func(l *Limits) { l.LoopIterations = whole.iterations() + 3 }, true, 34, 3},
	} {
		l := nvidia()
		c.change(&l)
		f, err := newFFT(c.p, l)
		if err == nil {
			err = f.accept()
		}
		if err != nil || f.finish.finishes() != c.fused || f.stepH != c.step || f.tilesH != c.tiles {
			t.Errorf("%s: finishes %v, %d tiles of %d rows, %v", name, f.finish.finishes(), f.tilesH, f.stepH, err)
		}
	}
}
