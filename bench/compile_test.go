package bench_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"gpuconv/bench"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// explained is a backend that says which shaders it compiles: its only "shader" is the text of the stride. It refuses a
// stride of 3.
type explained struct{ cpu.Engine }

func (e explained) Explain(p conv.Problem) (conv.Description, error) {
	if p.Stride[0] == 3 {
		return conv.Description{}, conv.ErrUnsupported
	}
	return conv.Description{Algorithm: "direct", Sources: []string{fmt.Sprint(p.Stride)}}, nil
}

// TestCompiling: cases with the same shaders share figures, a case that is refused has none, and every device that is
// opened is closed.
func TestCompiling(t *testing.T) {
	problem := func(n, stride int) conv.Problem {
		return conv.Problem{Src: conv.Shape{n, 1, 8, 8}, Weight: conv.Shape{1, 1, 3, 3},
			Spec: conv.Spec{Stride: [2]int{stride, stride}}}
	}
	opened, closed := 0, 0
	c := bench.Compiling{
		Suite: bench.Suite{Name: "mine", Cases: []bench.Case{{Name: "n=1", Problem: problem(1, 1)},
			{Name: "n=2", Problem: problem(2, 1)}, {Name: "stride=2", Problem: problem(1, 2)},
			{Name: "stride=3", Problem: problem(1, 3)}}},
		Backend: bench.BackendInfo{Backend: "gpu", Threads: 1, Device: "a device"}, Cache: bench.CacheWarm,
		Limit: time.Minute,
		Open: func() (conv.Backend, func() error, error) {
			opened++
			return explained{}, func() error { closed++; return nil }, nil
		},
	}
	r, err := c.Run(t.Context())
	if err != nil || len(r.Cases) != 4 || len(r.Results) != 3 || r.Validate() != nil {
		t.Fatalf("%d cases, %d results, %v, %v", len(r.Cases), len(r.Results), err, r.Validate())
	}
	for i, name := range []string{"n=1", "n=2", "stride=2"} {
		x := r.Results[i]
		if x.Case != name || x.Samples != 3 || x.Phase != bench.PhaseCompile || x.Cache != bench.CacheWarm ||
			!(x.Median > 0) {
			t.Errorf("result %d: %+v", i, x)
		}
	}
	if r.Results[0].Median != r.Results[1].Median {
		t.Error("the same shaders have two figures")
	}
	if opened != closed || opened != 8 { // 4 cases in the first round, n=1 and stride=2 in each of the other two
		t.Errorf("%d devices were opened and %d closed, want 8 of each", opened, closed)
	}
	broken := errors.New("broken")
	c.Open = func() (conv.Backend, func() error, error) { return nil, nil, broken }
	if _, err := c.Run(t.Context()); !errors.Is(err, broken) || err.Error() != "bench: compiling case n=1: broken" {
		t.Errorf("%v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Run(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}
