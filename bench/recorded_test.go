package bench_test

import (
	"encoding/json"
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
		suite.Cases = append(suite.Cases, bench.Case{Name: fmt.Sprintf("c=%d/k=%d", p.Src.C(), p.Weight.H()), Problem: p})
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

// TestRecorded: of the verdicts on all pairs of recorded runs, 95 of 100 are right, and nothing slower is called faster
// or equivalent. Right are undecided, equivalent for the same program, and slower for a slower one.
func TestRecorded(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it compares thousands of pairs, which the race detector slows")
	}
	runs := map[string]map[int][]bench.Report{} // by the machine's state and the percentage
	names, err := filepath.Glob(recordings + "/*.json")
	if err != nil || len(names) < 12 {
		t.Fatalf("%d recordings, %v", len(names), err)
	}
	for _, name := range names {
		parts := strings.Split(filepath.Base(name), "-")
		percent, err := strconv.Atoi(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		if runs[parts[0]] == nil {
			runs[parts[0]] = map[int][]bench.Report{}
		}
		runs[parts[0]][percent] = append(runs[parts[0]][percent], readRecording(t, name))
	}
	for state, of := range runs {
		for percent, list := range of {
			for _, by := range []bench.By{bench.Wall, bench.CPUTime} {
				if state == "light" && by == bench.CPUTime {
					continue // 43 of 504 are wrong: see the doc of the package
				}
				checkVerdicts(t, fmt.Sprintf("%s, %s, %d %%", state, []string{"wall", "cpu"}[by], percent),
					verdicts(of[100], list, percent == 100, by), percent)
			}
		}
	}
}

func readRecording(t *testing.T, name string) bench.Report {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := bench.Read(file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

// verdicts counts the verdicts of all pairs of a report in before and one in after. If same, both lists are the same,
// and each pair is compared once.
func verdicts(before, after []bench.Report, same bool, by bench.By) map[bench.Verdict]int {
	counts := map[bench.Verdict]int{}
	for i, old := range before {
		for j, now := range after {
			if same && i >= j {
				continue
			}
			for _, x := range bench.Compare(old, now, 0.03, by).Changes {
				counts[x.Verdict]++
			}
		}
	}
	return counts
}

func checkVerdicts(t *testing.T, what string, counts map[bench.Verdict]int, percent int) {
	t.Helper()
	all, right := 0, counts[bench.Undecided]
	for _, n := range counts {
		all += n
	}
	if percent == 100 {
		right += counts[bench.Equivalent]
	} else {
		right += counts[bench.Slower]
		if counts[bench.Faster]+counts[bench.Equivalent] > 0 {
			t.Errorf("%s: %v, want nothing faster or equivalent", what, counts)
		}
	}
	t.Logf("%s: %v, %d of %d right", what, counts, right, all)
	if 100*right < 95*all || all == 0 {
		t.Errorf("%s: %d of %d verdicts are right, want 95 in 100", what, right, all)
	}
}
