// Package convtest is what every backend must pass: a table of problems, each
// judged against the reference, the relations that convolutions keep whoever
// computes them, and the contract of Plan and Run.
//
// A backend's test is one line:
//
//	convtest.Run(t, backend, cpu.Reference{})
//
// [Cases] is the table. Each case is a [compare.Trial] with random numbers: it passes
// the four gates of package compare, with integers too.
package convtest

import (
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Run runs the whole suite. judge's plans must be [conv.Oracle]s. A case that
// backend does not support fails: a backend that refuses part of a problem is
// not conforming. With -short, for runs under the race detector, which slows the
// judge many times, it leaves out the cases of more than a million multiplications.
func Run(t *testing.T, backend, judge conv.Backend) {
	t.Run("cases", func(t *testing.T) {
		for _, c := range Cases() {
			if testing.Short() && c.Problem.MACs() > 1e6 {
				continue
			}
			t.Run(c.Name, func(t *testing.T) { check(t, backend, judge, c) })
		}
	})
	t.Run("special values", func(t *testing.T) { specialValues(t, backend, judge) })
	t.Run("relations", func(t *testing.T) { relations(t, backend) })
	t.Run("contract", func(t *testing.T) { contract(t, backend) })
}

// Case is one problem of the table.
type Case struct {
	Name    string
	Problem conv.Problem
}

// check holds a backend to one case.
func check(t *testing.T, backend, judge conv.Backend, c Case) {
	filled := random(t, c.Name, c.Problem)
	if c.Problem.Src.N() == 0 {
		if _, err := compare.Compute(backend, filled); err != nil {
			t.Fatal(err)
		}
		return
	}
	trial, err := compare.NewTrial(judge, filled)
	if err != nil {
		t.Fatal(err)
	}
	if outcome := trial.Run(backend, compare.Options{}); outcome.Status() != compare.Passed {
		t.Fatal(outcome)
	}
}

// random fills a problem with numbers in (−1, 1).
func random(t *testing.T, name string, p conv.Problem) compare.Case {
	t.Helper()
	c, err := compare.Random(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
