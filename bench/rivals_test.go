package bench_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"gpuconv/bench"
	"gpuconv/internal/statistics"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// rival is another way to judge two runs.
type rival struct {
	name  string
	judge func(old, now bench.Report) []bench.Verdict
}

// rivals are the tests of benchstat, and [bench.Compare] without its gauge.
func rivals() []rival {
	nothing, normal := benchmath.AssumeNothing, benchmath.AssumeNormal
	return []rival{
		{"benchstat (Mann-Whitney)", byTest(nothing, 0, false)},
		{"benchstat, only changes above 3 %", byTest(nothing, 0.03, false)},
		{"the same of calibrated times", byTest(nothing, 0.03, true)},
		{"Welch's t-test, only changes above 3 %", byTest(normal, 0.03, false)},
		{"the same of calibrated times", byTest(normal, 0.03, true)},
		{"`bench compare` without the gauge", func(old, now bench.Report) []bench.Verdict {
			return ours(withoutGauge(old), withoutGauge(now))
		}},
	}
}

// byTest judges each case by a test of golang.org/x/perf, at 5 %: it is slower or faster, by more than least, or
// undecided. With gauge, times are divided by the gauge's.
func byTest(assume benchmath.Assumption, least float64, gauge bool) func(old, now bench.Report) []bench.Verdict {
	return func(old, now bench.Report) (all []bench.Verdict) {
		for i := range old.Results {
			a, b := sample(old.Results[i], gauge), sample(now.Results[i], gauge)
			by, v := assume.Summary(b, 0.95).Center-assume.Summary(a, 0.95).Center, bench.Undecided
			if p := assume.Compare(a, b).P; p < 0.05 && by > math.Log1p(least) {
				v = bench.Slower
			} else if p < 0.05 && by < -math.Log1p(least) {
				v = bench.Faster
			}
			all = append(all, v)
		}
		return all
	}
}

// ours has the verdicts of bench.Compare on the cases, without that on their mean.
func ours(old, now bench.Report) (all []bench.Verdict) {
	for _, x := range bench.Compare(old, now, 0.03).Changes {
		if x.Case != bench.Geomean {
			all = append(all, x.Verdict)
		}
	}
	return all
}

func withoutGauge(r bench.Report) bench.Report {
	r.Results = slices.Clone(r.Results)
	for i := range r.Results {
		blocks := slices.Clone(r.Results[i].Blocks)
		for j := range blocks {
			blocks[j].Probe = 0
		}
		r.Results[i].Blocks = blocks
	}
	return r
}

// sample returns the logarithms of the median times of the blocks of x.
func sample(x bench.Result, gauge bool) *benchmath.Sample {
	var values []float64
	for _, b := range x.Blocks {
		v := statistics.Median(b.Seconds)
		if gauge {
			v /= b.Probe
		}
		values = append(values, math.Log(v))
	}
	return benchmath.NewSample(values, &benchmath.DefaultThresholds)
}

// TestRivals: golang.org/x/perf has statistics, too. bench keeps its own, because they are never wrong about the
// recorded pairs. Each of the others is wrong about more than 5 of 100 pairs in some state of the machine. The log has
// the table of bench/RESULTS.md: pairs judged wrongly, and pairs judged rightly and not as undecided.
func TestRivals(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only, like TestRecorded")
	}
	runs := readRecordings(t)
	for _, r := range append(rivals(), rival{"`bench compare`", ours}) {
		worst, row := 0.0, "| "+r.name
		for _, state := range []string{"quiet", "light", "busy", "shared"} {
			for _, percent := range []int{100, 105, 120} {
				counts := verdicts(runs[state], percent, r.judge)
				right, all := tally(counts, percent)
				worst = max(worst, float64(all-right)/float64(all))
				row += fmt.Sprintf(" | %d, %d", all-right, right-counts[bench.Undecided])
			}
		}
		t.Log(row + " |")
		if mine := r.name == "`bench compare`"; mine != (worst < 0.05) {
			t.Errorf("%s is wrong about at most %.3f of the pairs in a state", r.name, worst)
		}
	}
}

// TestBenchstatReads: golang.org/x/perf, and so benchstat, reads --format go. Each line has the time of a block and,
// for whole runs and kernels, three rates.
func TestBenchstatReads(t *testing.T) {
	r := fixed()
	var text bytes.Buffer
	if err := r.WriteGo(&text); err != nil {
		t.Fatal(err)
	}
	lines, rates := 0, 0
	for reader := benchfmt.NewReader(&text, "report"); reader.Scan(); {
		switch x := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Error(x)
		case *benchfmt.Result:
			lines++
			if _, ok := x.Value("sec/op"); !ok || x.GetConfig("cpu") != "a processor" {
				t.Errorf("%s: %v, %v", x.Name, x.Values, x.Config)
			}
			if _, ok := x.Value("images/s"); ok {
				rates++
			}
		}
	}
	if want := len(r.Results) - r.Wrong(); lines != want || rates == 0 {
		t.Errorf("%d lines, %d with rates, want %d lines", lines, rates, want)
	}
}
