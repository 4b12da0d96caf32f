package bench_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"gpuconv/bench"
)

// many is a report with the given number of cases, each on two backends.
func many(cases int) bench.Report {
	r := bench.Report{Schema: 1,
		Backends: []bench.BackendInfo{{Backend: "cpu", Threads: 1}, {Backend: "reference", Threads: 1}}}
	for i := range cases {
		c := bench.CaseInfo{Suite: "sweep", Group: "size", Case: fmt.Sprint("n=", i), X: float64(i % 50), N: 1,
			MACs: 1, Bytes: 1, Intensity: 1}
		r.Cases = append(r.Cases, c)
		for _, b := range r.Backends {
			r.Results = append(r.Results, bench.Result{Suite: c.Suite, Case: c.Case, Backend: b.Backend, Threads: 1,
				Phase: bench.PhaseTotal, Correct: true, Median: 1, CILow: 1, CIHigh: 1, Samples: 1})
			r.Missing = append(r.Missing, bench.Missing{Case: c.Case, Backend: b.Backend, Threads: 1, Why: "time"})
		}
	}
	return r
}

// TestManyCases: a report of thousands of cases is validated, merged and shown within a minute. When each look-up read
// the whole report, this took minutes.
func TestManyCases(t *testing.T) {
	start := time.Now()
	r := many(6000)
	merged, err := bench.Merge(r, r)
	if err != nil || len(merged.Results) != len(r.Results) || len(merged.Cases) != len(r.Cases) {
		t.Fatalf("%d results of %d cases, %v", len(merged.Results), len(merged.Cases), err)
	}
	for _, write := range []func(io.Writer) error{func(w io.Writer) error { return r.WriteTable(w, false) }, r.WriteGo,
		func(w io.Writer) error { return r.WriteHTML(w, nil) }} {
		if err := write(io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	r.Results[len(r.Results)-1].Case = "none"
	if err := r.Validate(); err == nil {
		t.Error("a result of no case is accepted")
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}
