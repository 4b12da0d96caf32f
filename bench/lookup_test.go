package bench_test

import (
	"fmt"
	"io"
	"runtime"
	"testing"

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

// TestManyCases: a report of eight times as many cases takes about eight times as much memory to be validated, merged
// and shown. If a look-up made its maps again for each case, or each row copied those before it, it would be up to 64
// times. The memory is counted, not the time, since other work on the machine does not change it.
func TestManyCases(t *testing.T) {
	few, most := allocated(t, 100), allocated(t, 800)
	if growth := most / few; growth < 4 || growth > 16 {
		t.Errorf("800 cases take %.3g times the memory of 100, %.3g MB: want about 8", growth, most/1e6)
	}
}

// allocated returns how many bytes are allocated while a report of many cases is validated, merged and shown.
func allocated(t *testing.T, cases int) float64 {
	t.Helper()
	r := many(cases)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	merged, err := bench.Merge(r, r)
	if err != nil || len(merged.Results) != len(r.Results) || len(merged.Cases) != len(r.Cases) {
		t.Fatalf("%d results of %d cases, %v", len(merged.Results), len(merged.Cases), err)
	}
	for _, write := range []func(io.Writer) error{func(w io.Writer) error { return r.WriteTable(w, false) }, r.WriteGo,
		r.Table().WriteCSV,
		func(w io.Writer) error { return r.WriteHTML(w, nil) }} {
		if err := write(io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	r.Results[len(r.Results)-1].Case = "none"
	if err := r.Validate(); err == nil {
		t.Error("a result of no case is accepted")
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}
