//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
)

// TestFinishes: energy and pools that are computed in tiles have the same bits as those that pool.comp computes from
// the same sums, also with NaN and infinities. Only the sign of 0 may differ.
func TestFinishes(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: the race detector sees nothing of what shaders compute, and slows the judge")
	}
	t.Parallel()
	// the same in all classes, or the same as a tile of igemm
	oneTile := []string{"direct_soft", "fft", "winograd", "direct"}
	for _, algorithm := range recipe.AlgorithmNames() {
		for _, class := range []string{"software", "nvidia", "amd"} {
			if class != "software" && slices.Contains(oneTile, algorithm) {
				continue
			}
			t.Run(algorithm+"/"+class, func(t *testing.T) {
				d := openTest(t, Options{Guard: true, Algorithm: algorithm, Device: Software(), Tiles: class})
				fused, own := asking{d, d.profile}, d.profile
				own.Apart = true
				for name, p := range finishedProblems(algorithm) {
					inTile := !strings.Contains(name, "apart")
					own.Tiling = checkPools(t, name, p, fused, inTile) // for sums in the same order
					apart := asking{d, own}
					checkPools(t, name, p, apart, false)
					for i := range 1 + len(specials()) {
						checkAlike(t, fmt.Sprint(name, ", numbers ", i), special(t, name, p, i), fused, apart)
					}
				}
			})
		}
	}
}

// TestEnergyOfHugeSums: some devices divide by multiplying with a reciprocal. They have none beyond 2¹²⁶, where GLSL
// bounds no error. The energy of huge sums must be right on them too.
func TestEnergyOfHugeSums(t *testing.T) {
	d := openTest(t, Options{Device: Software(), Algorithm: "direct"})
	division := regexp.MustCompile(`float ratio = (.+) / (.+);`)
	d.meddle(func(s *seam) {
		s.edit = func(file, text string) string {
			if file != "prelude.glsl" {
				return text
			}
			if !division.MatchString(text) {
				t.Error("energy no longer divides")
			}
			return "float quotient(float a, float b) { return abs(b) > 8.507059e37 ? 0.0 : a / b; }\n" +
				division.ReplaceAllString(text, "float ratio = quotient($1, $2);")
		}
	})
	p := conv.Problem{Src: conv.Shape{1, 1, 1, 5}, Weight: conv.Shape{2, 1, 1, 1}}
	p.Activation = conv.Energy
	src := &conv.Tensor{Shape: p.Src, Data: []float32{1, 4e37, 9e37, -2e38, 2.7e38}}
	weight := &conv.Tensor{Shape: p.Weight, Data: []float32{1, -0.75}}
	for i, got := range outputs(t, d, compare.Case{Name: "huge", Problem: p, Src: src, Weight: weight}).Data {
		if want := 1.25 * math.Abs(float64(src.Data[i])); math.Abs(float64(got)-want) > 1e-6*want {
			t.Errorf("the energy of %v and %v is %v, want %v", src.Data[i], -0.75*src.Data[i], got, want)
		}
	}
}

// TestFinishedTilings compares each tile of slides that gpuconv autotune may measure with the reference, on problems
// that end with energy and a pool.
func TestFinishedTilings(t *testing.T) {
	unraced(t)
	t.Parallel()
	for _, algorithm := range []string{"direct_small", "depthwise", "direct_shared"} {
		p := problems.TiledPairs(algorithm)
		held, err := compare.NewTrial(cpu.Reference{}, special(t, algorithm, p, 0))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, class := range ClassNames() {
			d := openTest(t, Options{Guard: true, Algorithm: algorithm, Device: Software(), Tiles: class})
			all, err := d.Choices(p)
			if err != nil || len(all) < 2 {
				t.Fatal(all, err)
			}
			for i, c := range all {
				alike := likeness(t, d, p, c)
				if testing.Short() && i%4 != 0 || seen[alike] {
					continue
				}
				seen[alike] = true
				if outcome := held.Run(choosing(d, c), compare.Options{}); outcome.Status() != compare.Passed {
					t.Errorf("%s, %v: %v", class, c, outcome)
				}
			}
		}
	}
}

// checkPools checks that a device makes energy and pools in its tile, or that it runs pool.comp. It returns the tile.
func checkPools(t *testing.T, name string, p conv.Problem, d asking, inTile bool) recipe.Tiling {
	t.Helper()
	b, err := d.blueprint(p)
	if err != nil {
		t.Fatal(err)
	}
	if b.PoolsApart() == inTile || b.Recipe.Finishes != inTile ||
		len(b.Description.Sources) == len(b.Recipe.Stages) != inTile {
		t.Errorf("%s: pooled apart %v, want %v", name, b.PoolsApart(), !inTile)
	}
	return b.Recipe.Tiling
}

// special returns a random case, with special numbers in it from i = 1 on.
func special(t *testing.T, name string, p conv.Problem, i int) compare.Case {
	t.Helper()
	c, err := compare.Random(name, p)
	if err != nil {
		t.Fatal(err)
	}
	if i > 0 {
		specials()[i-1](c)
	}
	return c
}

func checkAlike(t *testing.T, name string, c compare.Case, fused, apart conv.Backend) {
	t.Helper()
	got, want := outputs(t, fused, c), outputs(t, apart, c)
	for at, v := range want.Data {
		if w := got.Data[at]; math.Float32bits(v) != math.Float32bits(w) && v != w && (v == v || w == w) {
			t.Errorf("%s: element %d is %v, apart it is %v", name, at, w, v)
			return
		}
	}
}

// finishedProblems end with energy or a pool. Those called "apart" end in ways for which no tile has room.
func finishedProblems(algorithm string) map[string]conv.Problem {
	plain := conv.Problem{Src: conv.Shape{3, 1, 10, 24}, Weight: conv.Shape{6, 1, 3, 5}, Bias: true}
	plain.Padding = conv.Pad(1, 2)
	switch algorithm {
	case "depthwise":
		plain.Src[1], plain.Groups = 3, 3
	case "winograd":
		plain.Weight[3], plain.Padding = 3, conv.Pad(1, 1)
	case "fft":
		plain.Src = conv.Shape{2, 1, 70, 20} // three tiles, with an even number of rows whether there are pools or not
	}
	energy, largest, mean, both, rectified, odd, overlapping, wide := plain, plain, plain, plain, plain, plain, plain,
		plain
	energy.Activation, both.Activation, rectified.Activation = conv.Energy, conv.Energy, conv.ReLU
	largest.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	mean.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	both.Pool, rectified.Pool, odd.Pool = mean.Pool, largest.Pool, largest.Pool
	odd.Src, odd.Activation = conv.Shape{2, plain.Src.C(), 11, 17}, conv.Energy
	overlapping.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{1, 1}}
	wide.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{3, 3}}
	return map[string]conv.Problem{"energy": energy, "max": largest, "mean": mean, "mean energy": both,
		"ReLU, max": rectified, "odd": odd, "overlapping, apart": overlapping, "3×3, apart": wide}
}

func outputs(t *testing.T, d conv.Backend, c compare.Case) *conv.Tensor {
	t.Helper()
	shape, err := c.Problem.Dst()
	if err != nil {
		t.Fatal(err)
	}
	dst, _ := conv.NewTensor(shape)
	plan, err := d.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	if err := plan.Run(dst, c.Src); err != nil {
		t.Fatal(err)
	}
	return dst
}
