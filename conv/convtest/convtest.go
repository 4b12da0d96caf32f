// Package convtest is the suite that every backend must pass. It compares the backend with a judge on a table of
// problems. It also checks relations that hold for all convolutions, and the contract of Plan and Run.
//
// A backend's test is one line:
//
//	convtest.Run(t, backend, cpu.Reference{})
//
// [Cases] returns the table. Each case is a [compare.Trial]: it runs with random numbers, with integers and with
// outliers, and must pass the five gates of package compare.
package convtest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Run runs the whole suite. Each of judge's plans must be a [conv.Oracle]. A case that the backend refuses fails the
// test. With -short it leaves out some cases, see [leftOut].
func Run(t *testing.T, backend, judge conv.Backend) {
	t.Run("cases", func(t *testing.T) {
		for i, c := range Cases() {
			if leftOut(i, c) {
				continue
			}
			t.Run(c.Name, func(t *testing.T) { check(t, backend, judge, c, compare.Options{}) })
		}
	})
	t.Run("special values", func(t *testing.T) { specialValues(t, backend, judge, false) })
	t.Run("relations", func(t *testing.T) { relations(t, backend) })
	t.Run("contract", func(t *testing.T) { contract(t, backend) })
}

// RunAlgorithm tests a backend that is forced to use one algorithm. It runs every case of the table that the backend
// accepts, and checks the relations on some of them. It fails if the backend accepts fewer than fewest cases. With
// -short it leaves out some cases, see [leftOut].
func RunAlgorithm(t *testing.T, backend, judge conv.Backend, fewest int) {
	explainer, ok := backend.(conv.Explainer)
	if !ok {
		t.Fatal("the backend is not a conv.Explainer")
	}
	taken := 0
	for i, c := range Cases() {
		if _, err := explainer.Explain(c.Problem); errors.Is(err, conv.ErrUnsupported) {
			continue
		}
		taken++
		if leftOut(i, c) {
			continue
		}
		t.Run("cases/"+c.Name, func(t *testing.T) { check(t, backend, judge, c, compare.Options{Asked: true}) })
		if i%20 == 0 && c.Problem.MACs() <= 1e7 { // a relation takes several runs
			t.Run("relations/"+c.Name, func(t *testing.T) { related(t, backend, c) })
		}
	}
	if taken < fewest {
		t.Errorf("it takes %d cases, want at least %d", taken, fewest)
	}
	t.Run("special values", func(t *testing.T) { specialValues(t, backend, judge, true) })
}

// leftOut reports whether -short leaves out case i of the table. It leaves out those of more than a million
// multiplications, since the race detector slows the judge many times, and four of five of the rest. It does not thin
// out regressions, batches and shapes: each is something that went wrong before or is easily forgotten.
func leftOut(i int, c Case) bool {
	kind, _, _ := strings.Cut(c.Name, "/")
	thin := !slices.Contains([]string{"regression", "batch", "shape"}, kind)
	return testing.Short() && (c.Problem.MACs() > 1e6 || thin && i%5 > 0)
}

// related checks all relations on one problem.
func related(t *testing.T, backend conv.Backend, c Case) {
	for _, r := range compare.Relations() {
		if f := r.Check(backend, c.Problem, c.Name); f.Status == compare.Failed {
			t.Errorf("%s: %v", r.Name, f)
		}
	}
}

// Case is one problem of the table.
type Case struct {
	Name    string
	Problem conv.Problem
}

// check runs one case on a backend. A case without images only has to run without an error.
func check(t *testing.T, backend, judge conv.Backend, c Case, o compare.Options) {
	filled := random(t, c.Name, c.Problem)
	if c.Problem.Src.N() == 0 {
		if _, err := compare.Check(backend, judge, filled); err != nil {
			t.Fatal(err)
		}
		return
	}
	trial, err := compare.NewTrial(judge, filled)
	if err != nil {
		t.Fatal(err)
	}
	if outcome := trial.Run(backend, o); outcome.Status() != compare.Passed {
		t.Fatal(outcome)
	}
}

// random fills a problem with numbers in [−1, 1).
func random(t *testing.T, name string, p conv.Problem) compare.Case {
	t.Helper()
	c, err := compare.Random(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
