//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/conv/convtest"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/recipe"
)

// banded is a problem with everything that may go wrong at a seam: strides, dilation, groups, energy, and windows of a
// pool that overlap.
func banded(mode conv.PaddingMode) conv.Problem {
	p := conv.Problem{Src: conv.Shape{2, 2, 13, 6}, Weight: conv.Shape{4, 1, 3, 2}, Bias: true}
	p.Groups, p.Stride, p.Dilation, p.Activation = 2, [2]int{2, 1}, [2]int{2, 1}, conv.Energy
	p.PaddingMode, p.Padding = mode, conv.Padding{Top: 4, Bottom: 5, Left: 1, Right: 1}
	p.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{3, 2}, Stride: [2]int{2, 1}}
	return p
}

// TestBandsConform runs the small cases of the suite in bands.
func TestBandsConform(t *testing.T) {
	t.Parallel()
	d := openTest(t, Options{Guard: true, Algorithm: "direct", Device: Software()})
	taken := 0
	for i, each := range convtest.Cases() {
		if each.Problem.MACs() > 1e5 || each.Problem.Src.N() == 0 {
			continue
		}
		taken++
		c, err := compare.Random(each.Name, each.Problem)
		if err != nil {
			t.Fatal(err)
		}
		trial, err := compare.NewTrial(cpu.Reference{}, c)
		if err != nil {
			t.Fatal(err)
		}
		if o := trial.Run(d.InBands(1+i%3), compare.Options{}); o.Status() != compare.Passed {
			t.Error(o)
		}
	}
	if taken < 220 {
		t.Errorf("%d cases are small, want 220", taken)
	}
}

// TestBandsMeet: outputs in bands of any size have the bits of whole images, on each route, with both algorithms for
// software renderers.
func TestBandsMeet(t *testing.T) {
	plain := conv.Problem{Src: conv.Shape{3, 2, 7, 8}, Weight: conv.Shape{3, 2, 3, 3}}
	plain.Padding, plain.Activation = conv.Pad(1, 1), conv.ReLU
	windows := plain
	windows.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}} // computed in the tile
	for _, algorithm := range []string{"direct", "direct_soft"} {
		for route, how := range map[string]recipe.Transfers{
			"copied": eager(recipe.Copied), "mapped": eager(recipe.Mapped), "lent": lending(),
		} {
			d := openRoute(t, how, Options{Algorithm: algorithm, Unrolled: 100})
			for _, p := range []conv.Problem{plain, windows, banded(conv.Zeros), banded(conv.Reflect)} {
				c, err := compare.Random(t.Name(), p)
				if err != nil {
					t.Fatal(err)
				}
				want := outputs(t, d, c)
				for rows := 1; rows <= want.Shape.H(); rows++ {
					got := outputs(t, d.InBands(rows), c)
					if at := compare.Differ(got.Data, want.Data); at >= 0 {
						t.Fatalf("%s, %s, %v in bands of %d rows: output %d is %v, uncut %v",
							algorithm, route, p.Spec, rows, at, got.Data[at], want.Data[at])
					}
				}
			}
		}
	}
}

// TestSmallBlock: each algorithm computes images that are larger than a storage block, one at a time and many at once.
func TestSmallBlock(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{3, 1, 40, 48}, Weight: conv.Shape{3, 1, 3, 3}}
	p.Padding = conv.Pad(1, 1)
	for _, algorithm := range recipe.AlgorithmNames() {
		d := openTest(t, Options{Guard: true, Algorithm: algorithm, Device: Software()},
			profiled(func(d *recipe.Profile) {
				d.StorageBlock = 4 * 3 * 40 * 48 / 2 // half of the outputs
				switch algorithm {
				case "winograd":
					d.StorageBlock = 4 * 36 * 3 * 10 * 12 / 2 // half of the products
				case "fft":
					// the weights' spectra, in the smallest tiles
					d.StorageBlock, d.SharedMemory = 16*(2*9*16+64), 8*16*16
				}
			}))
		judge(t, d, p)
		description, err := d.Explain(p)
		if err != nil || description.Band == 0 || description.Band > 20 || description.Algorithm != algorithm {
			t.Errorf("%s: bands of %d rows, %v; want at most half of an image's 40", algorithm, description.Band, err)
		}
	}
}

// TestBandsOneByOne: RunPhases and submissions cut images into bands, too.
func TestBandsOneByOne(t *testing.T) {
	c, err := compare.Random(t.Name(), banded(conv.Circular))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []recipe.Route{recipe.Mapped, recipe.Copied} {
		d := openRoute(t, eager(r), Options{Algorithm: "direct"})
		want := outputs(t, d, c)
		made, err := d.InBands(1).Plan(c.Problem, c.Weight, c.Bias)
		if err != nil {
			t.Fatal(err)
		}
		phased, _ := conv.NewTensor(want.Shape)
		submitted, _ := conv.NewTensor(want.Shape)
		pending, err := made.(conv.Submitter).Submit(submitted, c.Src)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := made.(conv.Phaser).RunPhases(phased, c.Src); err != nil {
			t.Fatal(err)
		}
		if err := pending.Wait(); err != nil {
			t.Fatal(err)
		}
		if compare.Differ(phased.Data, want.Data) >= 0 || compare.Differ(submitted.Data, want.Data) >= 0 {
			t.Errorf("route %d: outputs differ from those of whole images", r)
		}
	}
}

// bandTrials cut images into bands that do not divide them evenly, on each route.
func bandTrials() (all []*trial) {
	for name, how := range map[string]recipe.Transfers{
		"copied": eager(recipe.Copied), "mapped": eager(recipe.Mapped), "lent": lending(),
	} {
		for _, mode := range []conv.PaddingMode{conv.Zeros, conv.Circular} {
			all = append(all, &trial{name: fmt.Sprintf("bands, %s, %v", name, mode), parts: []string{"bands"},
				problem: banded(mode), limit: func(d *recipe.Profile) { d.Transfers, d.Band = how, 2 }})
		}
	}
	return forced("direct", all)
}

// bandMutants cut bands wrongly: each number of recipe.Bands is one too large or one too small, if memory allows that.
func bandMutants() (all []hostMutant) {
	for name, breaks := range map[string]func(b *recipe.Bands){
		"the last band is left out":                     func(b *recipe.Bands) { b.Count-- },
		"bands are taken to be one row smaller":         func(b *recipe.Bands) { b.Rows-- },
		"bands begin one row of pixels too high":        func(b *recipe.Bands) { b.Top++ },
		"bands begin one row of pixels too low":         func(b *recipe.Bands) { b.Top-- },
		"bands are one row of pixels too far apart":     func(b *recipe.Bands) { b.Step++ },
		"bands are one row of pixels too close":         func(b *recipe.Bands) { b.Step-- },
		"bands have one row of pixels less":             func(b *recipe.Bands) { b.Pixels-- },
		"images are whole, though bands are dispatched": func(b *recipe.Bands) { b.Count = 1 },
	} {
		all = append(all, hostMutant{"bands", name, "", func(b *recipe.Blueprint) { breaks(&b.Bands) }})
	}
	return all
}
