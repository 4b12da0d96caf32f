//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"math"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// measureTrials measure maps of more outputs than a work-group has lanes, in chunks of several images. On the way of a
// software renderer, which writes outputs into the caller's memory, nothing is measured.
func measureTrials() (all []*trial) {
	p := conv.Problem{Src: conv.Shape{5, 1, 30, 23}, Weight: conv.Shape{3, 1, 1, 2}}
	huge := func(c compare.Case) { // a NaN and infinities, among numbers below 0
		for i := range c.Src.Data {
			c.Src.Data[i] = -1 - c.Src.Data[i]*c.Src.Data[i]
		}
		c.Src.Data[30], c.Src.Data[30*23+40] = float32(math.NaN()), float32(math.Inf(-1))
	}
	for _, c := range []struct {
		name  string
		limit func(d *recipe.Profile)
	}{
		{"measures", func(d *recipe.Profile) { d.Transfers = eager(recipe.Mapped) }},
		{"measures, copied", func(d *recipe.Profile) { // 13 work-groups in a row, and some to spare
			d.Transfers, d.WorkGroups = eager(recipe.Copied), [3]int{13, 65535, 65535}
		}},
		{"measures, as AMD", as(recipe.AMD)},
	} {
		all = append(all, &trial{name: c.name, parts: []string{"measure", "measure.comp"}, problem: p, limit: c.limit,
			special: []func(compare.Case){huge}})
	}
	return forced("direct", all)
}

// measureMutants break measure.comp.
func measureMutants() []mutant {
	const (
		parts = "int part = (firstPart + min(group, groups - 1) - plane * parts) * 6;"
		loop  = "for (int i = lane; i < count; i += LANES) {"
	)
	return []mutant{
		{name: "picks: the guard one too far", old: "if (i < picks) {", new: "if (i <= picks) {"},
		{name: "picks: the last is left out", old: "if (i < picks) {", new: "if (i < picks - 1) {"},
		{name: "picks: to the first number", old: "dst[first + i] = maps[table[i]];", new: "dst[i] = maps[table[i]];"},
		{name: "picks: in a row", old: "maps[table[i]];", new: "maps[table[0] + i];"},
		{name: "picks: the next output", old: "maps[table[i]];", new: "maps[table[i] + 1];"},
		{name: "the first kind's parts", old: parts, new: "int part = (min(group, groups - 1) - plane * parts) * 6;"},
		{name: "the first part only", old: parts, new: "int part = firstPart * 6;"},
		{name: "planes not told apart", old: "int plane = min(group, groups - 1) / parts;", new: "int plane = 0;"},
		{name: "the first plane's elements", old: "int at = plane * planeSize + table[part]", new: "int at = table[part]"},
		{name: "from the first element of the plane", old: "plane * planeSize + table[part] +", new: "plane * planeSize +"},
		{name: "rows of the part's width", old: "row * columns + column;", new: "row * width + column;"},
		{name: "all lanes in one row", old: "int row = lane / width;", new: "int row = 0;"},
		{name: "the last element left out", old: loop, new: "for (int i = lane; i < count - 1; i += LANES) {"},
		{name: "an element too many", old: loop, new: "for (int i = lane; i <= count; i += LANES) {"},
		{name: "each element in every lane", old: loop, new: "for (int i = 0; i < count; i += LANES) {"},
		{name: "one element a lane", old: loop, new: "for (int i = lane; i < min(count, LANES); i += LANES) {"},
		{name: "rows do not wrap", old: "if (column >= width) {", new: "if (false) {"},
		{name: "rows wrap late", old: "if (column >= width) {", new: "if (column > width) {"},
		{name: "rows wrap without a step", old: "at += columns - width;", new: ""},
		{name: "columns go on", old: "column -= width;", new: ""},
		{name: "the step forgets columns", old: "column += across;", new: ""},
		{name: "the step forgets elements", old: "at += step;", new: ""},
		{name: "the sum begins at 1", old: "#define START 0.0", new: "#define START 1.0"},
		{name: "the largest begins at 0", old: "uintBitsToFloat(0xff800000u)", new: "0.0"},
		{name: "the largest drops NaN", old: "return largest(a, b);", new: "return a > b ? a : b;"},
		{name: "the largest of lanes only", old: "return largest(a, b);", new: "return b;"},
		{name: "not squared", old: "maps[at] * maps[at]", new: "maps[at]"},
		{name: "half of the lanes", old: "int apart = LANES / 2;", new: "int apart = LANES / 4;"},
		{name: "the last pair of lanes left out", old: "apart > 0;", new: "apart > 1;"},
		{name: "the lane's neighbour", old: "sharedValue[lane + apart]);", new: "sharedValue[lane + 1]);"},
		{name: "a half that also takes the next", old: "if (lane < apart) {", new: "if (lane <= apart) {",
			equivalent: "what lane apart combines is not read again"},
		{name: "not divided", old: "sharedValue[0] / float(count);", new: "sharedValue[0];"},
		{name: "divided by the width", old: "/ float(count);", new: "/ float(width);"},
		{name: "numbers of a plane overlap", old: "dst[plane * numbers + table[part + 5]] = sharedValue[0] /", new: "dst[plane + table[part + 5]] = sharedValue[0] /"},
		{name: "the largest at the first number", old: "table[part + 5]] = sharedValue[0];", new: "0] = sharedValue[0];"},
	}
}

// TestMeasuringMutants kills the mutants of what package gpu tells the shader that measures.
func TestMeasuringMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: the race detector sees nothing of what shaders compute, and slows the judge")
	}
	killAll(t, measuringMutants())
}

// measuringMutants break what the host tells measure.comp, and the way of the numbers to the host.
func measuringMutants() (all []breakage) {
	add := func(name string, breaks func(m *measuring)) {
		all = append(all, breakage{part: "measure", name: name, apply: func(d asking) conv.Backend {
			return backend(func(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
				made, err := d.Plan(p, weight, bias)
				if err != nil {
					return nil, err
				}
				return mismeasured{made.(*plan), breaks}, nil
			})
		}})
	}
	for _, name := range []string{"firstPart", "parts", "groups", "planeSize", "columns", "numbers"} {
		for _, by := range []int{1, -1} {
			add(fmt.Sprintf("%s %+d", name, by), func(m *measuring) {
				for i := range m.Stages {
					whole := m.Stages[i].Passes
					m.Stages[i].Passes = func(images int) []recipe.Pass {
						all := whole(images)
						for j := range all[0].Uniforms {
							if all[0].Uniforms[j].Name == name {
								all[0].Uniforms[j].Value += by
							}
						}
						return all
					}
				}
			})
		}
	}
	add("a work-group too few", func(m *measuring) {
		for i := range m.Stages {
			whole := m.Stages[i].Passes
			m.Stages[i].Passes = func(images int) []recipe.Pass {
				all := whole(images)
				all[0].Groups[0]--
				return all
			}
		}
	})
	add("one kind left out", func(m *measuring) { m.Stages[1].Passes = func(int) []recipe.Pass { return nil } })
	return all
}

// mismeasured is a plan whose measurings are broken.
type mismeasured struct {
	*plan
	breaks func(m *measuring)
}

func (p mismeasured) Measuring(measures []conv.Measure) (conv.Measuring, error) {
	made, err := p.plan.Measuring(measures)
	if err == nil {
		p.device.thread.do(func() error { p.breaks(made.(*measuring)); return nil })
	}
	return made, err
}
