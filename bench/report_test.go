package bench_test

import (
	"strings"
	"testing"

	"gpuconv/bench"
)

// TestValidate: a report that no run can have written is refused.
func TestValidate(t *testing.T) {
	good := func() bench.Report {
		return bench.Report{Schema: 1, Backends: []bench.BackendInfo{{Backend: "cpu", Threads: 1}},
			Cases: []bench.CaseInfo{{Suite: "seed", Case: "a"}},
			Results: []bench.Result{{Suite: "seed", Case: "a", Backend: "cpu", Threads: 1, Phase: "total",
				Correct: true, Median: 2, CILow: 1, CIHigh: 3, Samples: 10}}}
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*bench.Report){
		"schema 2":                func(r *bench.Report) { r.Schema = 2 },
		"unknown case":            func(r *bench.Report) { r.Results[0].Case = "b" },
		"unknown backend":         func(r *bench.Report) { r.Results[0].Threads = 2 },
		"unknown phase":           func(r *bench.Report) { r.Results[0].Phase = "start" },
		"figures of wrong output": func(r *bench.Report) { r.Results[0].Correct = false },
		"no samples":              func(r *bench.Report) { r.Results[0].Samples = 0 },
		"no time":                 func(r *bench.Report) { r.Results[0].Median = 0 },
		"too many backends": func(r *bench.Report) {
			r.Backends = append(r.Backends, make([]bench.BackendInfo, 256)...)
		},
		"too many of both": func(r *bench.Report) {
			r.Backends = append(r.Backends, make([]bench.BackendInfo, 200)...)
			r.Cases = append(r.Cases, make([]bench.CaseInfo, 6000)...)
		},
		"median outside": func(r *bench.Report) { r.Results[0].CIHigh = 1.5 },
	} {
		r := good()
		if spoil(&r); r.Validate() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := bench.Read(strings.NewReader("{")); err == nil {
		t.Error("half a file is accepted")
	}
	var whole strings.Builder
	if err := good().Write(&whole); err != nil {
		t.Fatal(err)
	}
	for after, wanted := range map[string]bool{"": true, " \n": true, whole.String(): false, "x": false, "}": false} {
		if _, err := bench.Read(strings.NewReader(whole.String() + after)); (err == nil) != wanted {
			t.Errorf("a report with %.3q after it: %v", after, err)
		}
	}
}
