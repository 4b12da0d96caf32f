//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/recipe"
)

// trial is a small problem that finds mutants.
type trial struct {
	name      string
	parts     []string // the files of package shaders, or the programs, whose mutants it may kill
	algorithm string
	problem   conv.Problem
	limit     func(d *recipe.Profile) // makes the device smaller than it is; nil: does not
	special   []func(c compare.Case)  // each changes the numbers of a case, for example to NaN
	held      []*compare.Trial        // the cases that hold makes of problem and special
}

// examine returns the check that a backend fails, or "" if it passes all.
func (tr *trial) examine(b conv.Backend) string {
	for _, held := range tr.held {
		outcome := held.Run(b, compare.Options{FirstFailure: true, Asked: true})
		if outcome.Status() != compare.Passed {
			return outcome.String()
		}
	}
	return ""
}

// hold makes the reference compute the trial, with random numbers and with each change of special. Package compare adds
// cases of integers.
func (tr *trial) hold() error {
	for i := range 1 + len(tr.special) {
		c, err := compare.Random(fmt.Sprint(tr.name, " ", i), tr.problem)
		if err != nil {
			return err
		}
		if i > 0 {
			tr.special[i-1](c)
		}
		held, err := compare.NewTrial(cpu.Reference{}, c)
		if err != nil {
			return err
		}
		tr.held = append(tr.held, held)
	}
	return nil
}

// everyTrial lists the trials of every program, without numbers.
func everyTrial() []*trial {
	return slices.Concat(directTrials(), softTrials(), igemmTrials(), winogradTrials(), poolTrials(), measureTrials(),
		smallTrials(), depthwiseTrials(), sharedTrials(), flightTrials(), bandTrials(), fftTrials())
}

// newTrials makes the trials of every program.
func newTrials(t *testing.T) []*trial {
	t.Helper()
	all := everyTrial()
	for _, tr := range all {
		if err := tr.hold(); err != nil {
			t.Fatalf("%s: %v", tr.name, err)
		}
	}
	return all
}

// TestTrials: an intact device passes every trial.
func TestTrials(t *testing.T) {
	unraced(t)
	if testing.Short() {
		t.Skip("in full only: the race detector sees nothing of what shaders compute, and slows the judge")
	}
	t.Parallel()
	w := newWorker(t)
	for _, tr := range w.trials {
		intact := breakage{part: tr.parts[0], apply: func(d asking) conv.Backend { return d }}
		w.trials = []*trial{tr}
		if by := w.kill(intact); by != "" {
			t.Error(by)
		}
	}
}

// TestHardwareTrials: the mutants of each shader have a trial with the tiles of hardware, except for the one shader
// that hardware never runs.
func TestHardwareTrials(t *testing.T) {
	met := map[string]bool{}
	for _, tr := range everyTrial() {
		d := recipe.NewProfile(recipe.Software, recipe.Limits{}, true, true)
		if tr.limit != nil {
			tr.limit(&d)
		}
		for _, part := range tr.parts {
			met[part] = met[part] || d.Class != recipe.Software
		}
	}
	for _, file := range shaderFiles(t) {
		if want := file != "direct_soft.comp"; strings.HasSuffix(file, ".comp") && met[file] != want {
			t.Errorf("%s: a trial with the tiles of hardware %v, want %v", file, met[file], want)
		}
	}
}

// oblong is a problem with different numbers for H and W, for both strides and dilations, and for channels and filters,
// in all and in a group.
func oblong() conv.Problem {
	p := conv.Problem{Src: conv.Shape{3, 4, 17, 19}, Weight: conv.Shape{18, 2, 3, 2}, Bias: true}
	p.Groups, p.Stride, p.Dilation = 2, [2]int{2, 1}, [2]int{1, 2}
	p.Padding, p.Activation = conv.Padding{Top: 2, Bottom: 1, Left: 1, Right: 3}, conv.ReLU
	return p
}

func directTrials() (all []*trial) {
	parts := []string{"direct", "direct.comp", "pixel.glsl", "prelude.glsl"}
	few := conv.Problem{Src: conv.Shape{2, 3, 7, 10}, Weight: conv.Shape{3, 3, 2, 3}}
	few.Padding, few.Dilation = conv.Padding{Top: 1, Bottom: 2, Left: 2, Right: 1}, [2]int{2, 1}
	rectified := few
	rectified.Activation = conv.ReLU
	// Everything that oblong has, in one tile of one vec4, which compiles in half the time.
	thin := oblong()
	thin.Weight[0] = 6
	// Rows of 13 taps are three parts.
	wide := conv.Problem{Src: conv.Shape{2, 2, 4, 17}, Weight: conv.Shape{6, 2, 2, 13}}
	many := thin
	many.Src[0] = 7 // 6 work-groups
	all = append(all,
		&trial{name: "thin", parts: parts, problem: thin},
		&trial{name: "oblong", parts: parts[:3], problem: oblong()},
		&trial{name: "resumed", parts: parts[:3], problem: thin,
			limit: func(d *recipe.Profile) { d.LoopIterations = 5 }},
		&trial{name: "folded", parts: parts[:3], problem: many,
			limit: func(d *recipe.Profile) { d.WorkGroups = [3]int{3, 2, 70} }},
		&trial{name: "in chunks", parts: parts[:1], problem: oblong(),
			limit: func(d *recipe.Profile) { d.StorageBlock = 2 * 4 * 18 * 9 * 21 }},
		&trial{name: "by row", parts: parts, problem: thin,
			limit: func(d *recipe.Profile) { d.ByRow, d.LoopIterations = true, 7 }},
		&trial{name: "in parts", parts: parts, problem: wide, limit: func(d *recipe.Profile) { d.ByRow = true }},
		&trial{name: "thin, as AMD", parts: parts, problem: thin, limit: as(recipe.AMD)},
		&trial{name: "few filters", parts: parts, problem: rectified, special: specials()})
	for _, mode := range conv.PaddingModes()[1:] {
		p := conv.Problem{Src: conv.Shape{2, 2, 6, 9}, Weight: conv.Shape{2, 2, 3, 4}}
		p.PaddingMode, p.Padding = mode, conv.Padding{Top: 2, Bottom: 3, Left: 4, Right: 5}
		all = append(all, &trial{name: mode.String(), parts: parts[:3], problem: p})
	}
	return forced("direct", append(all, directFinishTrials(parts[:2])...))
}

// directFinishTrials end with energy and pools: with two vec4 of filters, and with two windows for each invocation.
func directFinishTrials(parts []string) []*trial {
	energies, mean := twoBlocks(), twoBlocks()
	energies.Activation, energies.Bias = conv.Energy, true
	mean.Activation, mean.Src = conv.Energy, conv.Shape{5, 4, 12, 13}
	largest, mean := halved(oblong(), conv.MaxPool), halved(mean, conv.AvgPool)
	largest.Src = conv.Shape{3, 4, 25, 27}
	many := largest
	many.Src[0] = 7
	few := func(t recipe.DirectTile) func(d *recipe.Profile) { return func(d *recipe.Profile) { d.Tiling = t } }
	return []*trial{
		{name: "energies", parts: parts, problem: energies, special: append(specials(), unpaired, scaled(0x1p70))},
		{name: "largest", parts: parts, problem: largest, special: specials()},
		{name: "two windows", parts: parts, problem: mean, special: specials(), limit: few(recipe.DirectTile{Positions: 8, Vectors: 2})},
		{name: "half a window", parts: parts[:1], problem: mean, limit: few(recipe.DirectTile{Positions: 2, Vectors: 2})},
		{name: "largest, resumed", parts: parts[:1], problem: largest, limit: func(d *recipe.Profile) { d.LoopIterations = 9 }},
		{name: "largest, folded", parts: parts, problem: many, limit: func(d *recipe.Profile) { d.WorkGroups = [3]int{5, 5, 70} }},
		{name: "largest, in chunks", parts: parts[:1], problem: largest, limit: func(d *recipe.Profile) { d.StorageBlock = 2 * 4 * 18 * 13 * 29 }},
	}
}

func softTrials() (all []*trial) {
	parts := []string{"direct_soft", "direct_soft.comp"}
	short := func(d *recipe.Profile) { d.Unrolled = 60 } // passes over the taps
	tiles := conv.Problem{Src: conv.Shape{9, 1, 6, 12}, Weight: conv.Shape{9, 1, 2, 3}, Bias: true}
	tiles.Padding, tiles.Activation = conv.Padding{Top: 2, Bottom: 1, Left: 3, Right: 3}, conv.ReLU
	narrow := conv.Problem{Src: conv.Shape{2, 2, 5, 4}, Weight: conv.Shape{2, 2, 2, 2}}
	narrow.Padding, narrow.Activation = conv.Padding{Top: 1, Left: 1}, conv.ReLU
	one := conv.Problem{Src: conv.Shape{2, 1, 1, 24}, Weight: conv.Shape{3, 1, 1, 3}, Bias: true}
	one.Padding = conv.Pad(0, 1)
	strided := conv.Problem{Src: conv.Shape{3, 4, 9, 24}, Weight: conv.Shape{6, 2, 3, 3}, Bias: true}
	strided.Groups, strided.Stride, strided.Padding = 2, [2]int{3, 2}, conv.Padding{Top: 1, Bottom: 1, Left: 1}
	odd := oblong()
	odd.Weight[0] = 6
	linear := strided
	linear.Activation = conv.ReLU
	// Rows of 13 taps are three parts.
	long := conv.Problem{Src: conv.Shape{2, 1, 3, 20}, Weight: conv.Shape{2, 1, 2, 13}}
	exact := conv.Problem{Src: conv.Shape{2, 1, 6, 16}, Weight: conv.Shape{2, 1, 3, 3}, Bias: true}
	exact.Padding, exact.Activation = conv.Pad(1, 1), conv.ReLU
	pair, largest, mean, oddPool := exact, exact, exact, odd
	pair.Activation, pair.Weight[0] = conv.Energy, 4
	largest.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	mean.Activation, mean.Src, mean.Weight[0] = conv.Energy, conv.Shape{3, 1, 7, 12}, 10
	mean.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	oddPool.Pool, oddPool.Stride = largest.Pool, [2]int{1, 1}
	oddMean := oddPool
	oddMean.Pool.Kind = conv.AvgPool
	strips := func(d *recipe.Profile) { d.Turns = 3 }
	column := func(d *recipe.Profile) { d.Turns = 6 }
	all = append(all,
		&trial{name: "exact", parts: parts, problem: exact, special: specials(), limit: strips},
		&trial{name: "exact, one strip", parts: parts, problem: exact, limit: column},
		&trial{name: "pairs", parts: parts, problem: pair, special: append(specials(), unpaired, scaled(0x1p70)),
			limit: strips},
		&trial{name: "largest", parts: append(parts[1:2:2], "direct_soft", "prelude.glsl"), problem: largest,
			special: specials(), limit: column},
		&trial{name: "mean of pairs", parts: parts, problem: mean, special: specials(),
			limit: func(d *recipe.Profile) { d.Turns = 2 }},
		&trial{name: "largest, any width", parts: parts, problem: oddPool, special: specials()},
		&trial{name: "mean, any width", parts: append(parts[1:2:2], "direct_soft", "prelude.glsl"), problem: oddMean,
			limit: strips}, &trial{name: "any width, in strips", parts: parts, problem: odd, limit: strips},
		&trial{name: "strided, in strips and passes", parts: parts, problem: linear,
			limit: func(d *recipe.Profile) { d.Turns, d.Unrolled = 2, 60 }},
		&trial{name: "narrow", parts: parts, problem: narrow, special: specials()},
		&trial{name: "two tiles", parts: parts, problem: tiles},
		&trial{name: "one row", parts: parts, problem: one},
		&trial{name: "strided", parts: parts, problem: strided},
		&trial{name: "strided, in passes", parts: parts, problem: linear, limit: short},
		&trial{name: "any width", parts: parts, problem: odd, special: specials()},
		&trial{name: "any width, in passes", parts: parts, problem: odd, limit: short},
		&trial{name: "by row", parts: parts, problem: linear,
			limit: func(d *recipe.Profile) { d.ByRow, d.Unrolled = true, 60 }},
		&trial{name: "in parts", parts: parts, problem: long, limit: func(d *recipe.Profile) { d.ByRow = true }},
		&trial{name: "two tiles, folded", parts: parts, problem: tiles,
			limit: func(d *recipe.Profile) { d.WorkGroups = [3]int{1, 3, 70} }},
		&trial{name: "two tiles, in chunks", parts: parts[:1], problem: tiles,
			limit: func(d *recipe.Profile) { d.StorageBlock = 5 * 4 * 9 * 8 * 16 }})
	for _, mode := range conv.PaddingModes()[1:] {
		p := conv.Problem{Src: conv.Shape{2, 2, 6, 9}, Weight: conv.Shape{2, 2, 3, 4}}
		p.PaddingMode, p.Padding = mode, conv.Padding{Top: 2, Bottom: 3, Left: 4, Right: 5}
		all = append(all, &trial{name: "soft " + mode.String(), parts: parts, problem: p})
	}
	for _, tr := range all {
		tr.algorithm = "direct_soft"
	}
	return all
}

// as makes a software renderer cut problems like a class of devices.
func as(class recipe.Class) func(d *recipe.Profile) {
	return func(d *recipe.Profile) { *d = d.As(class) }
}

func smallTrials() (all []*trial) {
	parts := []string{"direct_small", "direct_small.comp", "column.glsl", "slide.glsl"}
	few := conv.Problem{Src: conv.Shape{2, 2, 7, 10}, Weight: conv.Shape{2, 2, 2, 3}}
	few.Padding, few.Dilation = conv.Padding{Top: 1, Bottom: 2, Left: 2, Right: 1}, [2]int{2, 1}
	rectified, wide := few, few
	rectified.Activation = conv.ReLU
	wide.Weight[0], wide.Bias = 7, true // 2 vectors of filters, and a gap
	all = append(all,
		&trial{name: "oblong", parts: parts, problem: oblong()},
		&trial{name: "few", parts: parts, problem: rectified, special: specials()},
		&trial{name: "oblong, as AMD", parts: parts, problem: oblong(), limit: as(recipe.AMD)},
		&trial{name: "parts", parts: parts, problem: large(conv.Shape{3, 2, 6, 10}, 1),
			limit: func(d *recipe.Profile) { d.Unrolled = 24 }},
		&trial{name: "parts, folded", parts: parts, problem: large(conv.Shape{3, 2, 6, 10}, 1),
			limit: func(d *recipe.Profile) { d.Unrolled, d.WorkGroups = 20, [3]int{1, 3, 70} }},
		&trial{name: "as NVIDIA", parts: parts, problem: wide, limit: as(recipe.NVIDIA)},
		&trial{name: "oblong, as NVIDIA", parts: parts, problem: oblong(), limit: as(recipe.NVIDIA)},
		&trial{name: "oblong, in chunks", parts: parts[:1], problem: oblong(),
			limit: func(d *recipe.Profile) { d.StorageBlock = 2 * 4 * 18 * 9 * 21 }})
	across := large(conv.Shape{3, 2, 6, 10}, 1)
	across.Dilation = [2]int{1, 2}
	all = append(all, &trial{name: "parts, dilated across", parts: parts, problem: across,
		limit: func(d *recipe.Profile) { d.Unrolled = 24 }})
	all = append(all, narrowTrial(parts, conv.Problem{Src: conv.Shape{2, 2, 9, 6}, Weight: conv.Shape{2, 2, 4, 3}}))
	grouped := conv.Problem{Src: conv.Shape{3, 2, 7, 11}, Weight: conv.Shape{12, 1, 2, 3}, Bias: true}
	grouped.Groups, grouped.Padding = 2, conv.Padding{Top: 2, Bottom: 1, Left: 1, Right: 1}
	finished := finishTrials(parts, grouped, [3]int{1, 4, 70})
	return forced("direct_small", slices.Concat(all, finished, modeTrials(parts[:3])))
}

// narrowTrial is a trial in parts of a single column of taps, two of them one below the other. The strides, dilations
// and sizes along H and W differ, and the padding is so wide that taps there read rows of other planes.
func narrowTrial(parts []string, p conv.Problem) *trial {
	p.Stride, p.Dilation, p.Padding = [2]int{2, 1}, [2]int{3, 2}, conv.Padding{Top: 4, Bottom: 6, Left: 3, Right: 2}
	// The last pixel of a plane is read in place of what is outside.
	special := append(specials(), func(c compare.Case) { c.Src.Data[len(c.Src.Data)-1] = float32(math.Inf(1)) })
	return &trial{name: "narrow", parts: parts, problem: p, special: special, limit: func(d *recipe.Profile) {
		d.Unrolled = 8
		// the tile of software would be one row of sums, and its part would have all rows of taps
		if d.Class != recipe.Software {
			d.Tiling = recipe.SlideCut{Rows: 2, Filters: 2}
		}
	}}
}

func depthwiseTrials() (all []*trial) {
	parts := []string{"depthwise", "depthwise.comp", "column.glsl", "slide.glsl"}
	p := oblong()
	p.Src, p.Weight, p.Groups = conv.Shape{3, 2, 17, 19}, conv.Shape{6, 1, 3, 2}, 2
	few := conv.Problem{Src: conv.Shape{2, 3, 7, 10}, Weight: conv.Shape{3, 1, 2, 3}}
	few.Groups, few.Padding, few.Dilation = 3, conv.Padding{Top: 1, Bottom: 2, Left: 2, Right: 1}, [2]int{2, 1}
	rectified, fives := few, few
	rectified.Activation = conv.ReLU
	fives.Weight[0] = 15 // 3 tiles; the last is not full
	all = append(all,
		&trial{name: "oblong", parts: parts, problem: p},
		&trial{name: "few", parts: parts, problem: rectified, special: specials()},
		&trial{name: "three tiles", parts: parts, problem: fives},
		&trial{name: "oblong, in chunks", parts: parts[:1], problem: p,
			limit: func(d *recipe.Profile) { d.StorageBlock = 2 * 4 * 6 * 9 * 21 }},
		&trial{name: "parts", parts: parts, problem: large(conv.Shape{4, 1, 6, 10}, 2), special: specials(),
			limit: func(d *recipe.Profile) { d.Unrolled = 24 }},
		&trial{name: "parts, folded", parts: parts, problem: large(conv.Shape{4, 1, 6, 10}, 2),
			limit: func(d *recipe.Profile) { d.Unrolled, d.WorkGroups = 20, [3]int{2, 4, 70} }},
		&trial{name: "oblong, as NVIDIA", parts: parts, problem: p, limit: as(recipe.NVIDIA)})
	thin := conv.Problem{Src: conv.Shape{2, 2, 9, 6}, Weight: conv.Shape{4, 1, 4, 3}}
	thin.Groups = 2
	all = append(all, narrowTrial(parts, thin))
	grouped := conv.Problem{Src: conv.Shape{3, 3, 7, 11}, Weight: conv.Shape{18, 1, 2, 3}, Bias: true}
	grouped.Groups, grouped.Padding = 3, conv.Padding{Top: 2, Bottom: 1, Left: 1, Right: 1}
	return forced("depthwise", slices.Concat(all, finishTrials(parts, grouped, [3]int{5, 5, 70}),
		modeTrials(parts[:3])))
}

// finishTrials end with everything that slide.glsl makes of sums. The last row and column of sums lie in no window. One
// trial folds its dispatch.
func finishTrials(parts []string, p conv.Problem, groups [3]int) []*trial {
	pairs, largest, rectified, both := p, p, p, p
	pairs.Activation, both.Activation, rectified.Activation = conv.Energy, conv.Energy, conv.ReLU
	largest.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	rectified.Pool, both.Pool = largest.Pool, largest.Pool
	rectified.Pool.Kind, both.Pool.Kind = conv.AvgPool, conv.AvgPool
	sums, _ := p.Sums()
	cut := func(d *recipe.Profile) { as(recipe.NVIDIA)(d); d.Tiling = recipe.SlideCut{Rows: 4, Filters: 4} }
	return []*trial{
		{name: "pairs", parts: parts, problem: pairs, special: append(specials(), unpaired, scaled(0x1p70))},
		{name: "largest", parts: parts, problem: largest, special: specials()},
		{name: "mean, rectified, folded", parts: parts, problem: rectified, limit: func(d *recipe.Profile) { d.WorkGroups = groups }},
		{name: "mean of pairs", parts: parts, problem: both, special: specials()},
		{name: "pairs, as NVIDIA", parts: parts, problem: pairs, limit: cut},
		{name: "rows of windows", parts: parts, problem: both, limit: cut},
		{name: "largest, in chunks", parts: parts[:1], problem: largest, limit: func(d *recipe.Profile) { d.StorageBlock = 4 * sums.C() * sums.H() * sums.W() }},
	}
}

// large has kernels that are cut into parts, down and across, where the source may hold few multiplications.
func large(weight conv.Shape, groups int) conv.Problem {
	p := conv.Problem{Src: conv.Shape{2, 2, 8, 17}, Weight: weight}
	p.Groups, p.Dilation, p.Padding = groups, [2]int{2, 1}, conv.Padding{Top: 5, Bottom: 2, Left: 5, Right: 6}
	return p
}

// modeTrials pad in each way except with zeros, with one channel in each group.
func modeTrials(parts []string) (all []*trial) {
	for _, mode := range conv.PaddingModes()[1:] {
		p := conv.Problem{Src: conv.Shape{2, 2, 6, 9}, Weight: conv.Shape{2, 1, 3, 4}}
		p.Groups, p.PaddingMode, p.Padding = 2, mode, conv.Padding{Top: 2, Bottom: 3, Left: 4, Right: 5}
		all = append(all, &trial{name: mode.String(), parts: append(slices.Clip(parts), "prelude.glsl"), problem: p})
	}
	return all
}

// forced forces an algorithm on trials.
func forced(algorithm string, all []*trial) []*trial {
	for _, tr := range all {
		tr.algorithm = algorithm
	}
	return all
}

// apart leaves energy and pools to pool.comp.
func apart(d *recipe.Profile) { d.Apart = true }

func poolTrials() (all []*trial) {
	parts := []string{"pool", "pool.comp", "prelude.glsl"}
	p := conv.Problem{Src: conv.Shape{2, 2, 9, 11}, Weight: conv.Shape{4, 2, 1, 2}}
	largest, mean, energy, pooledEnergy, three := p, p, p, p, p
	largest.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 2}, Stride: [2]int{2, 1}}
	mean.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 4}, Stride: [2]int{3, 2}}
	three.Src[0], three.Pool = 3, largest.Pool
	energy.Activation = conv.Energy
	pooledEnergy.Activation, pooledEnergy.Pool = conv.Energy, mean.Pool
	all = append(all,
		&trial{name: "max", problem: largest, special: specials()},
		&trial{name: "mean", problem: mean},
		&trial{name: "energy", problem: energy, special: append(
			specials(), unpaired, scaled(0), scaled(0x1p-70), scaled(0x1p70))},
		&trial{name: "mean energy", problem: pooledEnergy})
	for _, tr := range all {
		tr.parts, tr.limit = parts, apart
	}
	all = append(all, &trial{name: "max, as AMD", parts: parts[:2], problem: largest,
		limit: func(d *recipe.Profile) { as(recipe.AMD)(d); d.Apart = true }})
	all = append(all, &trial{name: "max, in chunks", parts: parts[:1], problem: three,
		limit: func(d *recipe.Profile) { d.StorageBlock, d.Apart = 2*4*4*9*10, true }})
	for _, tr := range all {
		tr.algorithm = "direct"
	}
	return all
}

// specials puts NaN and infinities into a corner, which clamped padding repeats, and into the middle.
func specials() (all []func(c compare.Case)) {
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		all = append(all,
			func(c compare.Case) { c.Src.Data[0] = float32(value) },
			func(c compare.Case) { c.Src.Data[len(c.Src.Data)/2-3] = float32(value) })
	}
	return append(all, func(c compare.Case) { // infinities of both signs beside each other
		for i := range c.Weight.Shape[0] {
			c.Weight.Plane(i, 0)[0] = 1
		}
		c.Src.Data[0], c.Src.Data[2], c.Src.Data[5] = float32(math.Inf(-1)), float32(math.Inf(1)), float32(math.NaN())
	})
}

// unpaired makes the first filter's sums NaN and the second's 0.
func unpaired(c compare.Case) {
	c.Weight.Data[0] = float32(math.NaN())
	clear(c.Weight.Images(1, 2).Data)
}

// scaled multiplies images by a factor.
func scaled(factor float32) func(c compare.Case) {
	return func(c compare.Case) {
		for i := range c.Src.Data {
			c.Src.Data[i] *= factor
		}
	}
}
