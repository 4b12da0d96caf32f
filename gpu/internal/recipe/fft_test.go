package recipe

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestFFTSides: each image has the tile with the fewest points that the device has room for.
func TestFFTSides(t *testing.T) {
	small := nvidia()
	small.SharedMemory = 8 << 10
	few := nvidia()
	few.WorkGroupInvocations = 256
	for name, c := range map[string]struct {
		p                            conv.Problem
		d                            Profile
		tileH, tileW, tilesH, tilesW int
	}{
		"zeros shared":      {problems.Layer(1, 1, 64, 31, 48), nvidia(), 64, 64, 1, 1},
		"zeros not shared":  {problems.Layer(1, 1, 64, 31, 50), nvidia(), 64, 64, 2, 2},
		"small":             {problems.Layer(1, 1, 64, 3, 15), nvidia(), 16, 16, 1, 1},
		"less shared":       {problems.Layer(1, 1, 64, 11, 40), small, 32, 32, 2, 2},
		"fewer invocations": {problems.Layer(1, 1, 64, 11, 30), few, 64, 32, 1, 2},
	} {
		f, err := newFFT(c.p, c.d)
		got, want := [4]int{f.constants.tileH, f.constants.tileW, f.tilesH, f.tilesW},
			[4]int{c.tileH, c.tileW, c.tilesH, c.tilesW}
		if err != nil || got != want {
			t.Errorf("%s: %d×%d tiles of %d×%d, %v",
				name, f.tilesH, f.tilesW, f.constants.tileH, f.constants.tileW, err)
		}
	}
}

// TestFFTLimits: a refusal names the property that fft does not compute, or the limit of the device. These limits are
// smaller than any real ones.
func TestFFTLimits(t *testing.T) {
	p := problems.Layer(2, 3, 8, 31, 48)
	strided, wide, dilated := p, problems.Layer(1, 1, 4, 65, 80), problems.Layer(1, 1, 4, 9, 80)
	strided.Stride = [2]int{1, 2}
	dilated.Dilation = [2]int{2, 8}
	for _, c := range []struct {
		p      conv.Problem
		change func(d *Profile)
		want   string
	}{
		{strided, func(*Profile) {}, "stride 1,2: want 1"},
		{wide, func(*Profile) {}, "a kernel that spans 65×65 pixels: want at most 64"},
		{dilated, func(*Profile) {}, "a kernel that spans 17×65 pixels: want at most 64"},
		{p, func(d *Profile) { d.SharedMemory = 8*32*32 - 1 }, "bytes of shared memory per work-group, the device has 8191"},
		{p, func(d *Profile) { d.WorkGroupInvocations = 127 }, "invocations per work-group, the device has 127"},
		{p, func(d *Profile) { d.StorageBlock = 16*(4*3*33*64+64) - 1 }, "spectra of weight [8 3 31 31], the device's buffers hold 406527 bytes"},
		{problems.Layer(1, 8, 1, 31, 48), func(d *Profile) { d.StorageBlock = 8*8*33*64 - 1 }, "135168 bytes of spectra for an image, the device's buffers hold 135167"},
		{p, func(d *Profile) { d.WorkGroups = [3]int{3, 1, 1} }, "4 transforms of an image, the device dispatches 3 at once"},
		{problems.Layer(1, 5, 1, 31, 48), func(d *Profile) { d.LoopIterations = SoftwareLoopLimit }, "computing what is not finite tap by tap: the device ends loops after 65535"},
	} {
		d := nvidia()
		c.change(&d)
		if err := refusesWhole(c.p, d, "fft"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// TestFFTCost: the weights' spectra of two channels are cached and cost no loads; those of three are loaded.
func TestFFTCost(t *testing.T) {
	for channels, perChannel := range map[int]float64{1: fftPixels, 2: fftPixels, 3: fftPixels + fftWeights} {
		f, err := newFFT(problems.Layer(1, channels, 4, 31, 48), nvidia())
		if err != nil {
			t.Fatal(err)
		}
		transforms := float64((channels+1)/2 + 2)
		perPoint := fftPoint*transforms + 2*perChannel*float64(channels)
		if want := float64(f.imageTiles()*f.constants.points()) * perPoint; f.cost() != want {
			t.Errorf("%d channels: %v, want %v", channels, f.cost(), want)
		}
	}
}

// TestFFTPoint: fftPoint is within a quarter of what compilers of GPUs made of fft_src.comp, in instructions. There an
// invocation loads eight numbers, transforms them four times, in passes of radix 8, and stores them.
func TestFFTPoint(t *testing.T) {
	tables, err := filepath.Glob(filepath.Join("..", "isa", "figures", "*", "*.tsv"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables of figures: %v", err)
	}
	for _, path := range tables {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		names, counted := strings.Split(lines[0], "\t"), 0
		for _, line := range lines[1:] {
			cells := strings.Split(line, "\t")
			figure := func(name string) int {
				n, _ := strconv.Atoi(cells[slices.Index(names, name)])
				return n
			}
			if !strings.HasSuffix(cells[0], "/fft_src") || figure("shared") != 8*64*64 {
				continue
			}
			counted++
			if ratio := fftPoint / (float64(figure("length")) / 8); math.Abs(ratio-1) > 0.25 {
				t.Errorf("%s, %s: the model says %.2f times what is counted", path, cells[0], ratio)
			}
		}
		if counted == 0 {
			t.Errorf("%s: no transform of 64×64 points", path)
		}
	}
}

// TestFFTFinish: no tile cuts the window of a pool. If that takes many more tiles, or if the device has no room,
// pool.comp computes the pool. No tile computes an odd last row of sums.
func TestFFTFinish(t *testing.T) {
	pooled := func(kernel, extent int) conv.Problem {
		p := problems.Layer(1, 2, 4, kernel, extent)
		p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
		return p
	}
	valid := pooled(31, 65) // 35 sums each way, which are two tiles of 34
	valid.Padding = conv.Padding{}
	pair := pooled(31, 80)
	pair.Activation, pair.Pool = conv.Energy, conv.Pool{}
	all := func(*Profile) {}
	whole, _ := fitFFTWith(pooled(31, 80), nvidia(), finish{})
	for name, c := range map[string]struct {
		p           conv.Problem
		change      func(d *Profile)
		fused       bool
		step, tiles int // down
	}{
		"whole windows anyway":          {pooled(31, 80), all, true, 34, 3},
		"one sum less":                  {pooled(30, 80), all, true, 34, 3},
		"one sum less, 34 tiles for 33": {pooled(30, 1154), all, true, 34, 34},
		"one sum less, 17 tiles for 16": {pooled(30, 559), all, false, 35, 16},
		"a third less":                  {pooled(62, 80), all, false, 3, 27},
		"one window":                    {pooled(63, 80), all, true, 2, 40},
		"no window":                     {pooled(64, 80), all, false, 1, 81},
		"the last row in no window":     {valid, all, true, 34, 1},
		"pairs are never cut":           {pair, all, true, 34, 3},
		"apart":                         {pair, func(d *Profile) { d.Apart = true }, false, 34, 3},
		"three iterations too many":     {pooled(31, 80), func(d *Profile) { d.LoopIterations = whole.iterations() + 2 }, false, 34, 3},
		"as many iterations as allowed": {pooled(31, 80), func(d *Profile) { d.LoopIterations = whole.iterations() + 3 }, true, 34, 3},
	} {
		d := nvidia()
		c.change(&d)
		f, err := newFFT(c.p, d)
		if err == nil {
			err = f.accept()
		}
		if err != nil || f.finish.finishes() != c.fused || f.stepH != c.step || f.tilesH != c.tiles {
			t.Errorf("%s: finishes %v, %d tiles of %d rows, %v", name, f.finish.finishes(), f.tilesH, f.stepH, err)
		}
	}
}

// TestFFTStates: a plan states the tolerance of its tile and channels, which TestFFTTolerance of package gpu measures.
func TestFFTStates(t *testing.T) {
	for _, c := range problems.Spectral() {
		b, err := Draw(c.Problem, nvidia(), "fft")
		if err != nil || b.Description.Tolerance != fftTolerance(c.Points, c.Src.C()) {
			t.Errorf("%v: %v, states %v", c.Problem, err, b.Description.Tolerance)
		}
	}
}
