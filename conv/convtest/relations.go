package convtest

import (
	"strconv"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"

	"pgregory.net/rapid"
)

// relations checks, on random problems and without a judge, the relations that hold for all convolutions. Each relation
// is a subtest with its own problems. A backend that compiles a program for each problem is tested in another order:
// all relations share one set of problems, and each problem is a subtest that checks all relations. So the backend
// compiles each program only once.
//
// A relation that applies to none of the problems proves nothing, and fails the test.
func relations(t *testing.T, backend conv.Backend) {
	if compiles(backend) {
		eachProblem(t, backend)
		return
	}
	for _, r := range compare.Relations() {
		t.Run(r.Name, func(t *testing.T) {
			held := false
			rapid.Check(t, func(t *rapid.T) { held = draw(t).keeps(t, r, backend) || held })
			if !held && !t.Failed() {
				t.Error("it applied to no problem")
			}
		})
	}
}

// eachProblem checks each relation on each of a set of random problems.
func eachProblem(t *testing.T, backend conv.Backend) {
	var all []question
	rapid.Check(t, func(t *rapid.T) { all = append(all, draw(t)) })
	checked, held := map[string]int{}, map[string]bool{}
	for i, q := range all {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			for _, r := range compare.Relations() {
				t.Run(r.Name, func(t *testing.T) {
					checked[r.Name]++
					held[r.Name] = q.keeps(t, r, backend) || held[r.Name]
				})
			}
		})
	}
	for name, times := range checked {
		if times == len(all) && !held[name] && !t.Failed() {
			t.Errorf("%s applied to no problem", name)
		}
	}
}

// compiles reports whether a backend compiles a program for each problem.
func compiles(backend conv.Backend) bool {
	explainer, ok := backend.(conv.Explainer)
	if !ok {
		return false
	}
	d, err := explainer.Explain(Cases()[0].Problem)
	return err == nil && len(d.Sources) > 0
}

// question is what a relation is checked on: a problem, and the seed of its random numbers.
type question struct {
	problem conv.Problem
	seed    string
}

func draw(t *rapid.T) question {
	return question{drawProblem(t), strconv.FormatUint(rapid.Uint64().Draw(t, "seed"), 16)}
}

// keeps checks a relation on q with a backend, and reports whether the relation applies. If it does not hold, the test
// ends.
func (q question) keeps(t rapid.TB, r compare.Relation, backend conv.Backend) bool {
	f := r.Check(backend, q.problem, q.seed)
	if f.Status == compare.Failed {
		t.Fatalf("%s: %+v, seed %s: %v", r.Name, q.problem, q.seed, f)
	}
	return f.Status == compare.Passed
}

// drawProblem draws a small valid problem: up to 4 images of up to 12×12 pixels, and kernels of up to 4×4.
func drawProblem(t *rapid.T) conv.Problem {
	for {
		groups := rapid.IntRange(1, 3).Draw(t, "groups")
		channels, filters := rapid.IntRange(1, 3).Draw(t, "channels"), rapid.IntRange(1, 4).Draw(t, "filters")
		pair := func(low, high int, name string) [2]int {
			return [2]int{rapid.IntRange(low, high).Draw(t, name+"H"), rapid.IntRange(low, high).Draw(t, name+"W")}
		}
		image, kernel := pair(1, 12, "image"), pair(1, 4, "kernel")
		before, after := pair(0, 3, "before"), pair(0, 3, "after")
		p := conv.Problem{
			Src:    conv.Shape{rapid.IntRange(1, 4).Draw(t, "n"), groups * channels, image[0], image[1]},
			Weight: conv.Shape{groups * filters, channels, kernel[0], kernel[1]},
			Spec: conv.Spec{
				Stride: pair(1, 3, "stride"), Dilation: pair(1, 2, "dilation"), Groups: groups,
				Padding:     conv.Padding{Top: before[0], Bottom: after[0], Left: before[1], Right: after[1]},
				PaddingMode: rapid.SampledFrom(conv.PaddingModes()).Draw(t, "mode"),
				Activation:  conv.Activation(rapid.IntRange(0, 2).Draw(t, "activation")),
			},
			Bias: rapid.Bool().Draw(t, "bias"),
		}
		if kind := conv.PoolKind(rapid.IntRange(0, 2).Draw(t, "pool")); kind != conv.NoPool {
			p.Pool = conv.Pool{Kind: kind, Size: pair(1, 3, "window"), Stride: pair(1, 3, "step")}
		}
		if _, err := p.Dst(); err == nil {
			return p
		}
	}
}
