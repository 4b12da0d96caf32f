package verify

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// classed is an engine that has a hash for its work, and counts its plans.
type classed struct {
	conv.Backend
	work  func(p conv.Problem) string
	plans *atomic.Int64
}

func (c classed) Work(p conv.Problem) (string, error) { return c.work(p), nil }

func (c classed) Explain(p conv.Problem) (conv.Description, error) { return cpu.Engine{}.Explain(p) }

func (c classed) Plan(p conv.Problem, w *conv.Tensor, bias []float32) (conv.Plan, error) {
	c.plans.Add(1)
	return c.Backend.Plan(p, w, bias)
}

// TestWorks: a case is computed once for classes whose work is the same for its problem and for those that a relation
// derives from it, and their outcomes are equal, also failures. Other drivers, and subjects without a class, compute.
// Whichever worker comes first, the first class computes.
func TestWorks(t *testing.T) {
	same := func(conv.Problem) string { return "same" }
	c := few(20)[0]
	c.Relation = compare.Relation{}
	derived := c // the relation makes a problem without padding
	for _, r := range compare.Relations() {
		if r.Name == "padding is a padded image" {
			derived.Relation = r
		}
	}
	derived.Name, derived.Problem = "derived", conv.Problem{Src: conv.Shape{2, 1, 6, 7}, Weight: conv.Shape{2, 1, 3, 3}}
	derived.Problem.Padding = conv.Pad(1, 1)
	derived.fill = func(name string) (compare.Case, error) { return compare.Random(name, derived.Problem) }
	ofPadding := func(class string) func(conv.Problem) string {
		return func(p conv.Problem) string {
			if p.Padding == (conv.Padding{}) {
				return class
			}
			return "same"
		}
	}
	for name, test := range map[string]worksTest{
		"the same work":      {c: c, as: "nvidia"},
		"a failure, too":     {c: c, first: broken{plan: errors.New("out of memory")}, as: "nvidia"},
		"other work":         {c: c, work: [2]func(conv.Problem) string{same, func(conv.Problem) string { return "other" }}},
		"of derived":         {c: derived, as: "nvidia"},
		"other of derived":   {c: derived, work: [2]func(conv.Problem) string{ofPadding("a"), ofPadding("b")}},
		"another driver":     {c: c, change: func(s *Subject) { s.Driver = "4.6" }},
		"another algorithm":  {c: c, change: func(s *Subject) { s.Algorithm = "igemm" }},
		"the device's tiles": {c: c, change: func(s *Subject) { s.Tiles = "" }},
	} {
		for _, order := range [][2]int{{0, 1}, {1, 0}} {
			t.Run(fmt.Sprint(name, order), func(t *testing.T) { test.run(t, order) })
		}
	}
}

// worksTest is a case of two subjects, and the class as which the second is computed.
type worksTest struct {
	c      Case
	first  conv.Backend
	change func(s *Subject)
	work   [2]func(conv.Problem) string // nil: the same
	as     string
}

func (test worksTest) run(t *testing.T, order [2]int) {
	var plans [2]atomic.Int64
	var all []Subject
	for i, class := range []string{"nvidia", "amd"} {
		b := classed{cpu.Engine{}, func(conv.Problem) string { return "same" }, &plans[i]}
		if test.first != nil && i == 0 {
			b.Backend = test.first
		}
		if test.work[i] != nil {
			b.work = test.work[i]
		}
		all = append(all, Subject{Backend: b, Name: "gpu", Algorithm: "direct", Tiles: class, Driver: "4.5"})
	}
	if test.change != nil {
		test.change(&all[1])
	}
	e := Runner{Judge: cpu.Reference{}, Subjects: all, Cases: []Case{test.c}}
	made := e.prepare(test.c)
	if made.err != nil {
		t.Fatal(made.err)
	}
	var records [2]Record
	for _, i := range order {
		records[i] = e.hold(made, i, 0)
	}
	first, second := records[0], records[1]
	if first.As != "" || plans[0].Load() == 0 {
		t.Errorf("the first was computed as %q, in %d plans", first.As, plans[0].Load())
	}
	if second.As != test.as || (plans[1].Load() == 0) != (test.as != "") {
		t.Errorf("as %q in %d plans, want as %q", second.As, plans[1].Load(), test.as)
	}
	if test.as != "" && (first.Outcome.Why() != second.Outcome.Why() ||
		first.Outcome.Status() != second.Outcome.Status()) {
		t.Errorf("%s, then %s", first.Line(), second.Line())
	}
	r := Report{Cases: []Entry{NewEntry(first), NewEntry(second)}}
	var want []Skip
	if test.as != "" {
		want = []Skip{{1, "gpu direct with the tiles of amd", "the same work as with the tiles of nvidia"}}
		want[0].Who = r.Cases[1].Who()
	}
	if got := r.Alike(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
