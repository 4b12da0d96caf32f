package autotune

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/internal/statistics"
)

// fake is a backend with several ways to compute. Each way computes what the reference does, and claims to take as long
// as ways says.
type fake struct {
	own   string
	ways  map[string]time.Duration
	spoil func(algorithm string, dst *conv.Tensor) error
	open  *int // plans
	runs  map[string]int
}

func newFake(own string, ways map[string]time.Duration) fake {
	return fake{own: own, ways: ways, open: new(int), runs: map[string]int{}}
}

func (f fake) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) {
	return nil, errors.New("nobody plans without a choice")
}

func (f fake) Explain(conv.Problem) (conv.Description, error) {
	return conv.Description{Algorithm: f.own}, nil
}

func (f fake) Choices(conv.Problem) (all []conv.Choice, err error) {
	for name := range f.ways {
		all = append(all, conv.Choice{Algorithm: name})
	}
	slices.SortFunc(all, func(a, b conv.Choice) int { return strings.Compare(a.Algorithm, b.Algorithm) })
	return all, nil
}

func (f fake) PlanChoice(c conv.Choice, p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if c.Algorithm == "refuses" {
		return nil, conv.ErrUnsupported
	}
	plan, err := cpu.Engine{}.Plan(p, weight, bias)
	*f.open++
	return &fakePlan{plan, f, c.Algorithm}, err
}

type fakePlan struct {
	conv.Plan
	fake
	name string
}

func (p *fakePlan) Run(dst, src *conv.Tensor) error {
	if err := p.Plan.Run(dst, src); err != nil {
		return err
	}
	p.runs[p.name]++
	if p.spoil != nil {
		return p.spoil(p.name, dst)
	}
	return nil
}

func (p *fakePlan) Close() error { *p.open--; return p.Plan.Close() }

// RunPhases reports times by the device's clock. Its times by the wall clock mean nothing.
func (p *fakePlan) RunPhases(dst, src *conv.Tensor) (conv.Timings, error) {
	kernel := p.ways[p.name]
	return conv.Timings{Kernel: 1, Device: conv.Phases{Kernel: kernel}}, p.Run(dst, src)
}

func (p *fakePlan) Describe() conv.Description {
	return conv.Description{Algorithm: p.name, Sources: []string{p.name}}
}

// twenty is a batch of images. Seven of them are distinct.
func twenty() conv.Problem {
	p := conv.Problem{Src: conv.Shape{20, 2, 6, 7}, Weight: conv.Shape{3, 2, 3, 3}, Bias: true}
	p.Padding = conv.Pad(1, 1)
	return p
}

func race(f fake) ([]*Entrant, error) {
	return Race{Backend: f, Judge: cpu.Reference{}, Problem: twenty(), Rounds: 4}.Run(context.Background())
}

// TestRace: the fastest wins, the slow ones leave early, and all plans are closed.
func TestRace(t *testing.T) {
	f := newFake("own", map[string]time.Duration{"a": 250, "fast": 60, "own": 100, "slow": 1000})
	done := 0
	r := Race{Backend: f, Judge: cpu.Reference{}, Problem: twenty(), Rounds: 4, Progress: func(d int) {
		if d < done {
			t.Errorf("progress went back from %d to %d", done, d)
		}
		done = d
	}}
	all, err := r.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if done != r.Runs(4) {
		t.Errorf("%d of %d runs are done", done, r.Runs(4))
	}
	if won := winner(all); won.Algorithm != "fast" || math.Abs(statistics.Median(won.Ratio)-0.6) > 1e-9 ||
		len(won.Kernel) != 4 {
		t.Errorf("%+v won", won)
	}
	if !all[0].Default || all[0].Algorithm != "own" {
		t.Errorf("first is %v", all[0].Choice)
	}
	for _, e := range all {
		if slow := e.Algorithm == "slow" || e.Algorithm == "a"; slow != (e.BehindBy > 0) ||
			slow != (len(e.Kernel) == 0) {
			t.Errorf("%v: left behind %v, %d times", e.Choice, e.BehindBy, len(e.Kernel))
		}
		if !e.Result.OK() {
			t.Errorf("%v: %v", e.Choice, e.Result)
		}
	}
	if *f.open != 0 {
		t.Errorf("%d plans are open", *f.open)
	}
	if f.runs["slow"] != 1+tries { // the first batch of few images
		t.Errorf("the slow one ran %d times", f.runs["slow"])
	}
}

// TestOwnStays: the backend's own way runs to the end, however slow it is. The speeds of the winner, and of a way that
// left early, are given relative to it.
func TestOwnStays(t *testing.T) {
	f := newFake("own", map[string]time.Duration{"fast": 60, "own": 1000, "slow": 1500})
	all, err := race(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if want := map[string]float64{"slow": 1.5}[e.Algorithm]; math.Abs(e.BehindBy-want) > 1e-9 {
			t.Errorf("%v: left behind at %v times the own one's, want %v", e.Choice, e.BehindBy, want)
		}
	}
	if all[0].BehindBy == 0 {
		if won := winner(all); won.Algorithm != "fast" || math.Abs(statistics.Median(won.Ratio)-0.06) > 1e-9 {
			t.Errorf("%+v won", won)
		}
	}
}

// TestMargin: a way that is only slightly faster, or not always faster, does not replace the backend's own.
func TestMargin(t *testing.T) {
	f := newFake("own", map[string]time.Duration{"near": 98, "own": 100})
	all, err := race(f)
	if err != nil {
		t.Fatal(err)
	}
	if won := winner(all); won.Algorithm != "own" {
		t.Errorf("%v won", won.Choice)
	}
	for _, c := range []struct {
		ratios []float64
		beats  bool
	}{{nil, false}, {[]float64{0.9, 0.9, 0.9, 0.9}, true}, {[]float64{0.9, 0.9, 0.9, 2}, true},
		{[]float64{0.5, 0.5, 1.1, 1.2}, false}, {[]float64{0.98, 0.98, 0.98}, false}} {
		if (&Entrant{Ratio: c.ratios}).beats() != c.beats {
			t.Errorf("%v: %v", c.ratios, !c.beats)
		}
	}
}

// TestWrong: a way is excluded from the race, however fast it is, if one of its outputs is wrong or not written, or if
// its output changes from image to image. A way that fails is excluded, too.
func TestWrong(t *testing.T) {
	for name, spoil := range map[string]func(dst *conv.Tensor){
		"one output":       func(dst *conv.Tensor) { dst.Data[5] += 0.01 },
		"the last":         func(dst *conv.Tensor) { dst.Data[len(dst.Data)-1] += 0.01 },
		"not written":      func(dst *conv.Tensor) { dst.Data[len(dst.Data)/2] = float32(math.NaN()) },
		"the image before": func(dst *conv.Tensor) { copy(dst.Images(8, 9).Data, dst.Images(7, 8).Data) },
	} {
		f := newFake("own", map[string]time.Duration{"own": 100, "wrong": 10, "refuses": 10, "fails": 10})
		fails := errors.New("no luck")
		f.spoil = func(algorithm string, dst *conv.Tensor) error {
			if algorithm == "wrong" && dst.Shape.N() == 20 {
				spoil(dst)
			}
			if algorithm == "fails" {
				return fails
			}
			return nil
		}
		all, err := race(f)
		if err != nil {
			t.Fatal(err)
		}
		if won := winner(all); won.Algorithm != "own" {
			t.Errorf("%s: %v won", name, won.Choice)
		}
		for _, e := range all {
			for algorithm, want := range map[string]error{"wrong": errWrong, "fails": fails,
				"refuses": conv.ErrUnsupported} {
				if e.Algorithm == algorithm && (!errors.Is(e.Err, want) || len(e.Kernel) != 0) {
					t.Errorf("%s: %v: %v", name, e.Choice, e.Err)
				}
			}
		}
		if *f.open != 0 {
			t.Errorf("%d plans are open", *f.open)
		}
	}
}

// TestOwnFails: if the backend's own way is wrong, no way wins.
func TestOwnFails(t *testing.T) {
	f := newFake("own", map[string]time.Duration{"own": 100, "right": 10})
	f.spoil = func(algorithm string, dst *conv.Tensor) error {
		if algorithm == "own" {
			dst.Data[0]++
		}
		return nil
	}
	all, err := race(f)
	if err != nil {
		t.Fatal(err)
	}
	if won := winner(all); won != nil {
		t.Errorf("%v won", won.Choice)
	}
	if _, err := NewEntry(Key{Problem: twenty()}, all, time.Now()); !errors.Is(err, errWrong) {
		t.Errorf("%v", err)
	}
}

// TestInterrupted: the race ends between two runs, without a winner and without open plans, also when the device is
// lost.
func TestInterrupted(t *testing.T) {
	for at := 1; at < 20; at += 3 {
		ctx, cancel := context.WithCancel(context.Background())
		f := newFake("own", map[string]time.Duration{"own": 100, "other": 90})
		calls := 0
		f.spoil = func(string, *conv.Tensor) error {
			if calls++; calls == at {
				cancel()
			}
			return nil
		}
		all, err := Race{Backend: f, Judge: cpu.Reference{}, Problem: twenty(), Rounds: 9}.Run(ctx)
		if all != nil || !errors.Is(err, context.Canceled) || *f.open != 0 {
			t.Errorf("run %d: %v, %v, %d plans open", at, all, err, *f.open)
		}
		cancel()
	}
	for at := 1; at < 20; at += 3 {
		f := newFake("own", map[string]time.Duration{"own": 100, "other": 90})
		calls := 0
		f.spoil = func(string, *conv.Tensor) error {
			if calls++; calls >= at {
				return conv.ErrLost
			}
			return nil
		}
		if all, err := race(f); all != nil || !errors.Is(err, conv.ErrLost) || *f.open != 0 {
			t.Errorf("lost at %d: %v, %v, %d plans open", at, all, err, *f.open)
		}
	}
}

// TestRaceIsFair: of two equal ways neither seems faster, even if every run takes longer than the one before. The way
// that runs first in one round runs last in the next.
func TestRaceIsFair(t *testing.T) {
	ways := map[string]time.Duration{"own": 100, "same": 100}
	f := newFake("own", ways)
	f.spoil = func(string, *conv.Tensor) error {
		ways["own"] += 10
		ways["same"] += 10
		return nil
	}
	all, err := race(f)
	if err != nil {
		t.Fatal(err)
	}
	if r := statistics.Median(all[1].Ratio); math.Abs(r-1) > 0.01 || all[1].BehindBy > 0 {
		t.Errorf("ratios %v", all[1].Ratio)
	}
}
