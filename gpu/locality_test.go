//go:build cgo && !nogl

package gpu

import (
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/problems"
)

// TestLocality: algorithms that add products keep an outlier out of outputs that do not see it. Transforms do not, and
// the gate finds that unless somebody asked for them. Then the gate says that it is skipped.
func TestLocality(t *testing.T) {
	unraced(t)
	t.Parallel()
	for _, algorithm := range AlgorithmNames() {
		p := problems.Layer(5, 2, 3, 3, 12)
		if algorithm == "depthwise" {
			p.Groups, p.Weight = 2, conv.Shape{2, 1, 3, 3}
		}
		c, err := compare.Random("locality", p)
		if err != nil {
			t.Fatal(err)
		}
		c.EveryOutlier = true
		held, err := compare.NewTrial(cpu.Reference{}, c)
		if err != nil {
			t.Fatal(err)
		}
		d := openTest(t, Options{Device: Software(), Algorithm: algorithm})
		transforms := algorithm == "winograd" || algorithm == "fft"
		for _, asked := range []bool{false, true} {
			outcome, want := held.Run(d, compare.Options{Asked: asked}), compare.Passed
			switch {
			case transforms && asked:
				want = compare.Skipped
			case transforms:
				want = compare.Failed
			}
			count := 0
			for _, f := range outcome.Findings {
				if f.Check == compare.CheckLocality && f.Numbers == "outliers" {
					count++
					if f.Status != want {
						t.Errorf("%s, asked for %v: %v, want %v", algorithm, asked, f, want)
					}
				} else if f.Status == compare.Failed && (f.Check != compare.CheckLocality || want != compare.Failed) {
					t.Errorf("%s, asked for %v: %v", algorithm, asked, f)
				}
			}
			if count != 2 {
				t.Errorf("%s: %d fillings of outliers, want two of five images", algorithm, count)
			}
		}
	}
}

// TestLocalityMutants: outliers show a trace of a pixel in an output that does not see it, even if the trace is too
// small to show among numbers of similar size. Integers show it only where an output happens to be 0.
func TestLocalityMutants(t *testing.T) {
	unraced(t)
	t.Parallel()
	p := problems.Layer(5, 2, 5, 3, 12)
	p.Bias = false
	c, err := compare.Random("locality", p)
	if err != nil {
		t.Fatal(err)
	}
	c.EveryOutlier = true
	held, err := compare.NewTrial(cpu.Reference{}, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []mutant{
		{trial: "direct", file: "direct.comp", name: "a pixel of the first images",
			old: "w[s % VECTORS], total[s]);", new: "w[s % VECTORS], total[s]) + 1e-12 * src[gl_LocalInvocationIndex];"},
		{trial: "direct_soft", file: "direct_soft.comp", name: "another position's pixel",
			old: "vec4(x0, x1, x2, x3), sum);", new: "vec4(x0, x1, x2, x3), sum) + 1e-12 * vec4(x3, x0, x1, x2);"},
		{trial: "igemm", file: "igemm.comp", name: "another position's pixel",
			old: "a[i % HELD].x * b.x;", new: "a[i % HELD].x * b.x + 1e-12 * sum[(at ^ 1) * ROWS + i];"},
	} {
		d := openTest(t, Options{Device: Software(), Algorithm: m.trial})
		d.meddle(func(s *seam) {
			s.edit = func(file, text string) string {
				if file != m.file {
					return text
				}
				if strings.Count(text, m.old) != 1 {
					t.Errorf("%s has %d times %q", file, strings.Count(text, m.old), m.old)
				}
				return m.broken(text)
			}
		})
		outcome := held.Run(d, compare.Options{Asked: true})
		killed := false
		for _, f := range outcome.Findings {
			killed = killed || f.Check == compare.CheckLocality && f.Status == compare.Failed
			if f.Status == compare.Failed && f.Check != compare.CheckLocality && f.Check != compare.CheckExact {
				t.Errorf("%s, %s: %v", m.file, m.name, f)
			}
		}
		if !killed {
			t.Errorf("%s, %s: %v", m.file, m.name, outcome)
		}
	}
}
