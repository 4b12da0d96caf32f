//go:build cgo && !nogl

package gpu

import (
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// TestChunks computes batches of sizes around those of chunks, with limits smaller than those of any real device.
func TestChunks(t *testing.T) {
	unraced(t)
	p := conv.Problem{Src: conv.Shape{1, 1, 40, 48}, Weight: conv.Shape{3, 1, 3, 3}}
	p.Padding = conv.Pad(1, 1)
	for _, algorithm := range recipe.AlgorithmNames() {
		for _, pool := range []conv.Pool{{}, {Kind: conv.MaxPool, Size: [2]int{2, 2}}} {
			d := openTest(t, Options{Guard: true, Algorithm: algorithm, Device: Software()},
				profiled(func(d *recipe.Profile) {
					d.StorageBlock = 3*4*3*40*48 + 100 // three images and a little more
					if algorithm == "winograd" {
						d.StorageBlock = 3*4*36*3*10*12 + 100 // of its products
					}
				}))
			p.Pool = pool
			for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 9, 10} {
				p.Src[0] = n
				judge(t, d, p)
			}
			_, weight := filled(p)
			plan, err := d.Plan(p, weight, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := plan.(conv.Describer).Describe(); got.Chunk != 3 || got.Algorithm != algorithm ||
				len(got.Sources) == 0 {
				t.Errorf("%+v: want chunks of 3 with %s", got, algorithm)
			}
		}
	}
}

// TestFoldedDispatch computes with so few work-groups along an axis that dispatches are folded over x and y, and
// batches are cut.
func TestFoldedDispatch(t *testing.T) {
	unraced(t)
	for _, algorithm := range recipe.AlgorithmNames() {
		d := openTest(t, Options{Guard: true, Algorithm: algorithm, Device: Software()},
			profiled(func(d *recipe.Profile) {
				switch d.WorkGroups = [3]int{2, 3, 70}; algorithm {
				case "winograd", "direct_small":
					d.WorkGroups = [3]int{3, 3, 70}
				case "direct_shared", "fft": // 25 tiles an image; 15 transforms
					d.WorkGroups = [3]int{5, 6, 70}
				case "igemm": // takes 16 positions each
					d.WorkGroups = [3]int{8, 9, 70}
				}
			}))
		p := conv.Problem{Src: conv.Shape{11, 1, 20, 40}, Weight: conv.Shape{9, 1, 3, 3}}
		p.Padding = conv.Pad(1, 1)
		judge(t, d, p)
	}
}

// TestLoopLimit takes exactly as many loop iterations in one pass as llvmpipe allows, and then a few more, which need a
// second pass.
func TestLoopLimit(t *testing.T) {
	unraced(t)
	d := openTest(t, Options{Guard: true, Algorithm: "direct"})
	// A row of one tap takes three iterations: the tap, the end of its loop and the row. One more ends the loop over
	// rows.
	most := (recipe.SoftwareLoopLimit - 1) / 3
	for _, channels := range []int{most - 1, most, most + 1, 2*most + 1} {
		judge(t, d, conv.Problem{Src: conv.Shape{1, channels, 1, 1}, Weight: conv.Shape{2, channels, 1, 1}})
	}
}

// TestResumedPasses splits small problems into many passes, by a limit smaller than any real one. Later passes must add
// to the results of earlier ones, everywhere.
func TestResumedPasses(t *testing.T) {
	for _, iterations := range []int{8, 16, 40} { // 8: one row of five taps at a time
		few := profiled(func(d *recipe.Profile) { d.LoopIterations = iterations })
		d := openTest(t, Options{Guard: true, Algorithm: "direct"}, few)
		p := conv.Problem{Src: conv.Shape{3, 6, 20, 21}, Weight: conv.Shape{22, 3, 5, 5}}
		p.Groups, p.Activation, p.Padding = 2, conv.ReLU, conv.Pad(2, 2)
		judge(t, d, p)
	}
}
