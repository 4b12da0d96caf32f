package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gpuconv/bench"
	"gpuconv/machine"
)

// sets are the orientations of the tutorial's five gratings and of 4,000.
var sets = []struct {
	n            int
	orientations string
}{{5, "-90,-45,0,45,90"}, {4000, "-90:90:0.045"}}

// BenchmarkRun times gpuconv run as a process, from its start to its exit with all files written.
func BenchmarkRun(b *testing.B) {
	for _, set := range sets {
		for _, backend := range []string{"gpu", "cpu"} {
			b.Run(fmt.Sprintf("n=%d/backend=%s", set.n, backend), func(b *testing.B) {
				if backend == "gpu" {
					needGPU(b)
				}
				dir, peak := b.TempDir(), 0.0
				for b.Loop() {
					peak = max(peak, runOnce(b, dir, "--orientations", set.orientations, "--backend", backend))
				}
				b.ReportMetric(float64(set.n)*float64(b.N)/b.Elapsed().Seconds(), "images/s")
				if peak > 0 {
					b.ReportMetric(peak/1e6, "peak-MB")
				}
			})
		}
	}
}

// runOnce runs gpuconv run with its output in dir, and removes that output. It returns the peak memory of the process
// in bytes, or 0 if the system does not tell.
func runOnce(tb testing.TB, dir string, args ...string) (peak float64) {
	tb.Helper()
	out := filepath.Join(dir, "out")
	cmd := program(tb, append([]string{"run", "--output", out}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	peak, err := peakOf(cmd)
	if err != nil {
		tb.Fatalf("%v: %s", err, stderr.String())
	}
	if err := os.RemoveAll(out); err != nil {
		tb.Fatal(err)
	}
	return peak
}

// TestMemory: the activations of 2,000 gratings are 147 MB. The process takes 110 to 140 MB, because only a few
// portions are in memory, however many images there are.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes several times the memory")
	}
	const most = 200e6
	peak := runOnce(t, t.TempDir(), "--orientations", "-90:90:0.09", "--backend", "cpu", "--check", "4")
	if t.Logf("%s", machine.Size(peak)); peak > most {
		t.Errorf("it took %s, want at most %s", machine.Size(peak), machine.Size(most))
	}
}

// TestNoTimeToCompile: when the time is up, no process is started to time compiling, and the report says that it was
// not timed.
func TestNoTimeToCompile(t *testing.T) {
	f := benchFlags{limit: time.Second, started: time.Now().Add(-time.Minute)}
	f.algorithm = "none" // a process would refuse it
	r := bench.Report{Cases: []bench.CaseInfo{{Case: "a"}}, Backends: []bench.BackendInfo{{Backend: "gpu", Threads: 2}},
		Results: []bench.Result{{Case: "a", Backend: "gpu", Threads: 2, Phase: bench.PhaseTotal, Correct: true}}}
	start := time.Now()
	if err := f.addCompiling(t.Context(), &r); err != nil || len(r.Missing) != 2 {
		t.Errorf("%v, %v, want 2 missing", err, r.Missing)
	}
	if took := time.Since(start); took > compileGrace {
		t.Errorf("%v, want less than what a process may take: %v", took, compileGrace)
	}
}
