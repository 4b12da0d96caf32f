package verify

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// meeting is a backend whose first plan waits until another backend of the same meeting plans too.
type meeting struct {
	cpu.Engine
	once    *sync.Once
	arrived *sync.WaitGroup
	alone   *atomic.Bool // nobody came
}

func (m meeting) Plan(p conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	m.once.Do(func() {
		m.arrived.Done()
		met := make(chan struct{})
		go func() { m.arrived.Wait(); close(met) }()
		select {
		case <-met:
		case <-time.After(time.Minute):
			m.alone.Store(true)
		}
	})
	return m.Engine.Plan(p, w, b)
}

// TestRunAtOnce: subjects of one case are tested at the same time, and so are the last case of a run and the first one
// of the next. Otherwise workers are idle while one compiles.
func TestRunAtOnce(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("one worker")
	}
	var arrived sync.WaitGroup
	var alone atomic.Bool
	meet := func(names ...string) (all []Subject) {
		for _, name := range names {
			arrived.Add(1)
			m := meeting{once: new(sync.Once), arrived: &arrived, alone: &alone}
			all = append(all, Subject{Backend: m, Name: name})
		}
		return all
	}
	run := func(subjects []Subject) Runner {
		return Runner{Judge: cpu.Reference{}, Subjects: subjects, Cases: few(1)[:1],
			Each: func(Record) error { return nil }}
	}
	if err := run(meet("a", "b")).Run(t.Context()); err != nil || alone.Load() {
		t.Errorf("%v, subjects of a case one after the other: %v", err, alone.Load())
	}
	if err := Run(t.Context(), run(meet("a")), run(meet("b"))); err != nil || alone.Load() {
		t.Errorf("%v, runs one after the other: %v", err, alone.Load())
	}
}

// TestRunAlone: of runs that make one record at a time, no two records are made at once.
func TestRunAlone(t *testing.T) {
	var busy atomic.Int32
	one := Runner{Judge: cpu.Reference{}, Subjects: []Subject{{Backend: counting{busy: &busy, t: t}},
		{Backend: counting{busy: &busy, t: t}}}, Cases: few(4), Alone: true, Each: func(Record) error { return nil }}
	if err := Run(t.Context(), one, one); err != nil {
		t.Error(err)
	}
}

// counting is a backend that reports when another one plans at the same time.
type counting struct {
	cpu.Engine
	busy *atomic.Int32
	t    *testing.T
}

func (c counting) Plan(p conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	if c.busy.Add(1) > 1 {
		c.t.Error("two records at once")
	}
	defer c.busy.Add(-1)
	time.Sleep(time.Millisecond) // time for another worker to come
	return c.Engine.Plan(p, w, b)
}
