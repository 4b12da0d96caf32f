package bench_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"gpuconv/bench"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/internal/statistics"
)

// recordings has reports of the CPU engine, and of the same engine slowed down. testdata/record.sh made them, each in a
// process of its own. A name such as busy-105-2.json has three parts: what else the machine did, the engine's time in
// percent of the usual, and the number of the run.
const recordings = "testdata/recorded"

// TestRecord records one report if GPUCONV_RECORD names its file.
func TestRecord(t *testing.T) {
	name := os.Getenv("GPUCONV_RECORD")
	if name == "" {
		t.Skip("GPUCONV_RECORD is not set; testdata/record.sh sets it")
	}
	percent, err := strconv.Atoi(strings.Split(filepath.Base(name), "-")[1])
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, recordedBench(t, percent-100))
	for i := range r.Results {
		x := &r.Results[i]
		x.Outliers = nil
		for j := range x.Blocks {
			x.Blocks[j].Seconds = []float64{statistics.Median(x.Blocks[j].Seconds)}
		}
	}
	r.Results = totals(r.Results)
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := json.NewEncoder(out).Encode(r); err != nil {
		t.Fatal(err)
	}
}

func totals(all []bench.Result) (kept []bench.Result) {
	for _, x := range all {
		if x.Phase == bench.PhaseTotal {
			kept = append(kept, x)
		}
	}
	return kept
}

// recordedBench times three problems of 100 images with one thread and with all. again is how many of the 100 images
// each run computes a second time, so that it takes again % longer.
func recordedBench(t *testing.T, again int) bench.Bench {
	engine := altered{cpu.Engine{}, func(plan conv.Plan, dst, src *conv.Tensor) error {
		n := again * src.Shape.N() / 100
		return plan.Run(dst.Images(0, n), src.Images(0, n))
	}}
	var suite bench.Suite
	for _, p := range []conv.Problem{
		{Src: conv.Shape{100, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7}, Spec: conv.Spec{Padding: conv.Pad(3, 3)}},
		{Src: conv.Shape{100, 16, 14, 14}, Weight: conv.Shape{32, 16, 3, 3}, Spec: conv.Spec{Padding: conv.Pad(1, 1)}},
		{Src: conv.Shape{100, 32, 14, 14}, Weight: conv.Shape{64, 32, 1, 1}},
	} {
		name := fmt.Sprintf("c=%d/k=%d", p.Src.C(), p.Weight.H())
		suite.Cases = append(suite.Cases, bench.Case{Name: name, Problem: p})
	}
	b := quick(suite)
	for _, threads := range []int{1, runtime.GOMAXPROCS(0)} {
		s := subject(t, engine, "cpu")
		s.Info.Threads = threads
		b.Subjects = append(b.Subjects, s)
	}
	b.Settings = bench.Settings{Samples: 20, Seconds: 0.3, Rounds: 10, Noise: 1e9, Limit: 120, Longest: 5}
	return b
}

// decided is how many of 100 pairs must have a verdict other than undecided, by the machine's state and the engine's
// time in percent. So a rule that never decides fails. On the busy machines none has to.
var decided = map[string]map[int]int{"quiet": {100: 30, 105: 55, 120: 80}, "light": {100: 5, 105: 30, 120: 75}}

// TestRecorded: of the verdicts on all pairs of recorded runs, 95 of 100 are right, and nothing slower is called faster
// or equivalent. A verdict is right if it is undecided, if it is equivalent for the same program, or if it is slower
// for a slower one.
func TestRecorded(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it compares thousands of pairs, which the race detector slows")
	}
	for state, of := range readRecordings(t) {
		for percent := range of {
			what := fmt.Sprintf("%s, %d %%", state, percent)
			counts := verdicts(of, percent, func(old, now bench.Report) (all []bench.Verdict) {
				for _, x := range bench.Compare(old, now, 0.03).Changes {
					all = append(all, x.Verdict)
				}
				return all
			})
			if percent != 100 && counts[bench.Faster]+counts[bench.Equivalent] > 0 {
				t.Errorf("%s: %v, want nothing faster or equivalent", what, counts)
			}
			right, all := tally(counts, percent)
			t.Logf("%s: %v, %d of %d right", what, counts, right, all)
			if 100*right < 95*all || all == 0 {
				t.Errorf("%s: %d of %d verdicts are right, want 95 in 100", what, right, all)
			}
			if n := all - counts[bench.Undecided]; 100*n < decided[state][percent]*all {
				t.Errorf("%s: %d of %d are decided, want %d in 100", what, n, all, decided[state][percent])
			}
		}
	}
}

// readRecordings returns the recorded reports by the machine's state and the engine's time in percent.
func readRecordings(t *testing.T) map[string]map[int][]bench.Report {
	t.Helper()
	runs := map[string]map[int][]bench.Report{}
	names, err := filepath.Glob(recordings + "/*.json")
	if err != nil || len(names) < 56 {
		t.Fatalf("%d recordings, %v", len(names), err)
	}
	for _, name := range names {
		parts := strings.Split(filepath.Base(name), "-")
		percent, err := strconv.Atoi(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := bench.Read(file)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if runs[parts[0]] == nil {
			runs[parts[0]] = map[int][]bench.Report{}
		}
		runs[parts[0]][percent] = append(runs[parts[0]][percent], r)
	}
	return runs
}

// verdicts counts what judge says about all pairs of a run at 100 % and one at the given percentage. Of two runs at
// 100 %, the first is the old one.
func verdicts(runs map[int][]bench.Report, percent int,
	judge func(old, now bench.Report) []bench.Verdict) map[bench.Verdict]int {
	counts := map[bench.Verdict]int{}
	for i, old := range runs[100] {
		for j, now := range runs[percent] {
			if percent == 100 && i >= j {
				continue
			}
			for _, v := range judge(old, now) {
				counts[v]++
			}
		}
	}
	return counts
}

// tally returns how many verdicts are right, and how many there are.
func tally(counts map[bench.Verdict]int, percent int) (right, all int) {
	for _, n := range counts {
		all += n
	}
	if percent == 100 {
		return counts[bench.Undecided] + counts[bench.Equivalent], all
	}
	return counts[bench.Undecided] + counts[bench.Slower], all
}
