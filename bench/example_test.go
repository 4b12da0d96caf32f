package bench_test

import (
	"context"
	"fmt"

	"gpuconv/bench"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// Time one convolution on one backend, and compare its outputs with the reference.
func Example() {
	p := conv.Problem{Src: conv.Shape{4, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7},
		Spec: conv.Spec{Padding: conv.Pad(3, 3)}}
	b := bench.Bench{
		Suite:    bench.Suite{Name: "mine", Cases: []bench.Case{{Name: "n=4", Problem: p}}},
		Subjects: []bench.Subject{{Backend: cpu.Engine{}, Info: bench.BackendInfo{Backend: "cpu", Threads: 1}}},
		Judge:    cpu.Reference{},
		Settings: bench.Settings{Samples: 5, Rounds: 5, Noise: 1, Limit: 10, Longest: 10},
		Seed:     1,
	}
	report, err := b.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range report.Results {
		if r.Phase == bench.PhaseTotal {
			fmt.Println(r.Case, r.Backend, "correct:", r.Correct, "enough samples:", r.Samples >= 5)
		}
	}
	// Output: n=4 cpu correct: true enough samples: true
}

// Ask whether a program became slower. Both reports would come from [bench.Bench.Run] or [bench.Read].
func ExampleCompare() {
	report := func(milliseconds float64) bench.Report {
		result := bench.Result{Suite: "mine", Case: "n=4", Backend: "cpu", Threads: 1, Phase: bench.PhaseTotal,
			Correct: true}
		for round := range 20 {
			seconds := milliseconds * 1e-3 * (1 + 0.001*float64(round%3))
			result.Blocks = append(result.Blocks, bench.Block{Round: round, Seconds: []float64{seconds}})
		}
		return bench.Report{Schema: bench.Schema, Cases: []bench.CaseInfo{{Suite: "mine", Case: "n=4"}},
			Backends: []bench.BackendInfo{{Backend: "cpu", Threads: 1}}, Results: []bench.Result{result}}
	}
	for _, now := range []float64{2.0, 2.4} {
		c := bench.Compare(report(2), report(now), 0.03)
		fmt.Printf("%.2f times: %s\n", c.Changes[0].Ratio, c.Changes[0].Verdict)
	}
	// Output:
	// 1.00 times: equivalent
	// 1.20 times: slower
}
