package bench_test

import (
	"slices"
	"strings"
	"testing"

	"gpuconv/bench"
)

// TestMergePools: two reports that have different blocks of a result give the figures of all of these blocks.
func TestMergePools(t *testing.T) {
	first, second := fixed(), fixed()
	wanted := func(x bench.Result) bool { return x.Backend == "gpu" && x.Phase == bench.PhaseTotal && x.N == 1 }
	second.Results[slices.IndexFunc(second.Results,
		wanted)].Blocks = []bench.Block{{Seconds: []float64{10, 20, 30, 40}}}
	merged, err := bench.Merge(first, second)
	if err != nil {
		t.Fatal(err)
	}
	got := merged.Results[slices.IndexFunc(merged.Results, wanted)]
	if got.Samples != 7 || len(got.Blocks) != 2 || got.Median != 10 { // 3 of about 1 ms, and 4
		t.Errorf("%d samples in %d blocks with median %v, want 7 in 2 with 10", got.Samples, len(got.Blocks),
			got.Median)
	}
	if got.Blocks[0].Round == got.Blocks[1].Round {
		t.Error("both blocks are of one round")
	}
	if !near(*got.ImagesPerS, 0.1) {
		t.Errorf("%v images/s, want 0.1", *got.ImagesPerS)
	}
	if len(merged.Results) != len(first.Results) {
		t.Errorf("%d results, want %d", len(merged.Results), len(first.Results))
	}
}

// TestMergeUnion: backends of one report and peers of another are side by side. A backend that was absent in one report
// and present in another is present.
func TestMergeUnion(t *testing.T) {
	ours, peers := fixed(), fixed()
	ours.Backends, peers.Backends = ours.Backends[:3], slices.Clone(peers.Backends[3:])
	mine := func(x bench.Result) bool { return x.Backend != "pytorch" }
	peers.Results = slices.DeleteFunc(peers.Results, mine)
	ours.Results = slices.DeleteFunc(ours.Results, func(x bench.Result) bool { return !mine(x) })
	ours.Backends[0].Roof = &bench.Roof{GFLOPS: 1, GBPS: 99}
	merged, err := bench.Merge(ours, peers, fixed())
	if err != nil {
		t.Fatal(err)
	}
	if len(merged.Backends) != 5 || len(merged.Cases) != 3 || len(merged.Results) != len(fixed().Results) {
		t.Errorf("%d backends, %d cases, %d results", len(merged.Backends), len(merged.Cases), len(merged.Results))
	}
	if roof := merged.Backends[0].Roof; roof.GFLOPS != 30 || roof.GBPS != 99 {
		t.Errorf("the roof is %v, want the highest of both", *roof)
	}
	if len(merged.Missing) != 1 || merged.Wrong() != 1 {
		t.Errorf("missing %v, %d wrong", merged.Missing, merged.Wrong())
	}
	there := fixed()
	there.Backends[4].Absent = ""
	if merged, err = bench.Merge(fixed(), there); err != nil || merged.Backends[4].Absent != "" {
		t.Errorf("absent: %q, error %v", merged.Backends[4].Absent, err)
	}
}

func TestMergeRefuses(t *testing.T) {
	if _, err := bench.Merge(); err == nil {
		t.Error("no report is taken")
	}
	for want, change := range map[string]func(*bench.Machine){
		"processor":           func(m *bench.Machine) { m.CPU = "another" },
		"platform":            func(m *bench.Machine) { m.Platform = "linux/arm64" },
		"revision of gpuconv": func(m *bench.Machine) { m.Git = "def" },
	} {
		other := fixed()
		change(&other.Machine)
		if _, err := bench.Merge(fixed(), other); err == nil ||
			!strings.Contains(err.Error(), "bench: report 2: its "+want) {
			t.Errorf("another %s: error %v", want, err)
		}
	}
}

// TestMergeOne: a single report does not change.
func TestMergeOne(t *testing.T) {
	one := fixed()
	merged, err := bench.Merge(one)
	if err != nil {
		t.Fatal(err)
	}
	before, after := pageOf(t, one), pageOf(t, merged)
	if strings.Count(before, "<tr") != strings.Count(after, "<tr") || len(merged.Results) != len(one.Results) ||
		len(merged.Missing) != len(one.Missing) {
		t.Error("rows or results were lost")
	}
	for i, x := range merged.Results {
		if y := one.Results[i]; x.Median != y.Median || x.CILow != y.CILow || x.Case != y.Case ||
			x.Backend != y.Backend || x.Phase != y.Phase {
			t.Errorf("result %d is %v, was %v", i, x, y)
		}
	}
}
