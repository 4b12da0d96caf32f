// Package autotune measures which of the ways that a backend has to compute a
// convolution is the fastest on its device, and keeps what it found. It imports no
// backend.
//
// A [Race] holds every way to the judge before it times it, runs the ways by turns and
// compares them pair by pair, so that what else the machine does meets all of them. A
// [Store] is a folder of winners by device, driver and problem.
package autotune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/statistics"
)

// Race measures the ways to compute a problem.
type Race struct {
	Backend conv.Chooser
	Judge   conv.Backend // its plans must be [conv.Oracle]s
	Problem conv.Problem // Src's N is the batch that is timed, at least 1
	Rounds  int          // timed runs of each way that is not left behind, at least 1
	// Progress, if there is one, is told how many of all runs are done: Runs of the number
	// of choices.
	Progress func(done int)
}

// qualifying is how often each way runs before it is timed.
const qualifying = 2

// Runs returns how many runs a race of so many ways has, those of ways that are left
// behind included.
func (r Race) Runs(ways int) int { return (qualifying + r.Rounds) * ways }

// Entrant is one way and what came of it.
type Entrant struct {
	conv.Choice
	Description conv.Description
	Own         bool // the backend takes it by itself
	// Kernel and Whole are the seconds of each timed run on the device and in all, none of
	// one that was left behind.
	Kernel, Whole []float64
	Ratio         []float64 // Kernel by that of the backend's own way in the same round
	Left          float64   // how many times as long as the own way it took when it was left behind; 0 if it was not
	Result        compare.Result
	Err           error // why it could not be timed; wraps [ErrWrong] if its output is wrong

	plan conv.Plan
}

// ErrWrong is wrapped by the error of a way that computes something else than the judge.
var ErrWrong = errors.New("its output is wrong")

// leftBehind is how many times as long as the fastest first runs may take: a tile that is
// right for a device is not a third as fast as another one, however noisy the machine.
const leftBehind = 3

// Margin is by how much another way must be faster than the backend's own in the median
// round to be worth storing, and it must be faster at all in three rounds of four. On a
// machine that did other things too, two races of the same ways on llvmpipe gave medians
// of 0.91 and 0.99, in 5 and 4 rounds of 9.
const Margin = 0.03

// Run makes the race. What goes wrong with one way before it is timed is its Err; Run's
// own error says that there was no race. When ctx is done it ends between two runs.
func (r Race) Run(ctx context.Context) ([]*Entrant, error) {
	all, err := r.enter()
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, e := range all {
			e.close()
		}
	}()
	c, err := r.lay()
	if err != nil {
		return nil, err
	}
	done := 0
	step := func(n int) {
		if done += n; r.Progress != nil {
			r.Progress(done)
		}
	}
	for _, images := range [qualifying]int{c.distinct, r.Problem.Src.N()} {
		if err := c.qualify(ctx, all, images, func() { step(1) }); err != nil {
			return nil, err
		}
	}
	running := slices.DeleteFunc(slices.Clone(all), func(e *Entrant) bool { return e.Err != nil || e.Left > 0 })
	for range r.Rounds {
		step(len(all) - len(running))
		if err := c.round(ctx, running, func() { step(1) }); err != nil {
			return nil, err
		}
		slices.Reverse(running) // there and back: none always follows the same one
	}
	rate(all)
	return all, nil
}

// round times each way once.
func (c *course) round(ctx context.Context, running []*Entrant, step func()) error {
	for _, e := range running {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.time(c, c.problem.Src.N()); err != nil {
			return e.failed(err)
		}
		step()
	}
	return nil
}

// enter lists the ways, the backend's own marked.
func (r Race) enter() ([]*Entrant, error) {
	if r.Problem.Src.N() < 1 || r.Rounds < 1 {
		return nil, &fault.Error{Package: "autotune", Argument: fmt.Sprintf("%d images, %d rounds", r.Problem.Src.N(), r.Rounds), Rule: "want at least one of each"}
	}
	own, err := r.Backend.Explain(r.Problem)
	if err != nil {
		return nil, err
	}
	choices, err := r.Backend.Choices(r.Problem)
	if err != nil {
		return nil, err
	}
	var all []*Entrant
	for _, c := range choices {
		e := &Entrant{Choice: c, Own: c == conv.Choice{Algorithm: own.Algorithm, Tile: own.Tile}}
		if all = append(all, e); e.Own { // first, for the others are compared with it
			all[0], all[len(all)-1] = all[len(all)-1], all[0]
		}
	}
	if len(all) == 0 || !all[0].Own {
		return nil, &fault.Error{Package: "autotune", Rule: fmt.Sprintf("%s, %s is not among the choices %v", own.Algorithm, own.Tile, choices)}
	}
	return all, nil
}

// course is what all entrants are given to compute.
type course struct {
	backend  conv.Chooser
	problem  conv.Problem
	src, dst *conv.Tensor
	weight   *conv.Tensor
	bias     []float32
	answer   *compare.Answer
	distinct int // images, which src repeats
}

// Of src as many images are distinct, and judged, as take the judge judgedMACs
// multiplications, some seconds, but fewest at least and most at most: primes, so that
// repeated images do not repeat with tiles.
const (
	judgedMACs = 1 << 28
	fewest     = 2
	most       = 7
)

// lay draws the numbers and has the judge compute the images that are distinct.
func (r Race) lay() (*course, error) {
	p, n := r.Problem, r.Problem.Src.N()
	distinct := min(n, max(fewest, int(min(most, judgedMACs*float64(n)/p.MACs()))))
	few := p
	few.Src = p.Src.WithN(distinct)
	c, err := compare.Random("autotune", few)
	if err != nil {
		return nil, err
	}
	answer, err := compare.NewAnswer(r.Judge, c)
	if err != nil {
		return nil, err
	}
	shape, err := p.Dst()
	if err != nil {
		return nil, err
	}
	laid := &course{backend: r.Backend, problem: p, weight: c.Weight, bias: c.Bias, answer: answer, distinct: distinct}
	if laid.src, err = conv.NewTensor(p.Src); err != nil {
		return nil, err
	}
	if laid.dst, err = conv.NewTensor(shape); err != nil {
		return nil, err
	}
	for at := 0; at < len(laid.src.Data); at += len(c.Src.Data) {
		copy(laid.src.Data[at:], c.Src.Data)
	}
	return laid, nil
}

// qualify has every way compute so many images, to be judged and again on time. Those
// that are far behind leave the race, so that little time is spent on them and few plans
// hold memory at once.
func (c *course) qualify(ctx context.Context, all []*Entrant, images int, step func()) error {
	best := math.Inf(1)
	for _, e := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Err == nil && e.Left == 0 {
			if e.Err = e.enter(c, images); errors.Is(e.Err, conv.ErrLost) {
				return e.Err
			}
			e.leave(all[0], &best)
		}
		step()
	}
	for _, e := range all { // the fastest may have come last
		e.leave(all[0], &best)
	}
	for _, e := range all {
		e.Kernel, e.Whole = nil, nil // first runs are not like the others
	}
	return nil
}

// leave ends the race for e if it has failed or, with what it has just run, is far
// behind. The backend's own way stays: the others are compared with it.
func (e *Entrant) leave(own *Entrant, best *float64) {
	if e.Err == nil && len(e.Kernel) > 0 {
		took := slices.Min(e.Kernel)
		if *best = min(*best, took); !e.Own && took > leftBehind**best {
			e.Left = took / *best
			if own.Err == nil {
				e.Left = took / slices.Min(own.Kernel)
			}
		}
	}
	if e.Err != nil || e.Left > 0 {
		e.close()
	}
}

// failed says of an error which way it is about.
func (e *Entrant) failed(err error) error {
	return &fault.Error{Package: "autotune", Argument: e.Choice.String(), Err: err}
}

func (e *Entrant) close() {
	if e.plan != nil {
		e.plan.Close() // whatever it reports, the race is over for it
		e.plan = nil
	}
}

// enter prepares e's plan, judges what it computes of so many images and times it.
func (e *Entrant) enter(c *course, images int) (err error) {
	if e.plan == nil {
		if e.plan, err = c.backend.PlanChoice(e.Choice, c.problem, c.weight, c.bias); err != nil {
			return err
		}
	}
	if d, ok := e.plan.(conv.Describer); ok {
		e.Description = d.Describe()
	}
	dst := c.dst.Images(0, images)
	for i := range dst.Data {
		dst.Data[i] = float32(math.NaN()) // what is not written is wrong
	}
	if err := e.plan.Run(dst, c.src.Images(0, images)); err != nil {
		return err
	}
	if e.Result, err = c.judge(dst, e.Description); err != nil {
		return err
	}
	if !e.Result.OK() {
		return fmt.Errorf("%w: %v", ErrWrong, e.Result)
	}
	for start := time.Now(); err == nil && len(e.Kernel) < tries && time.Since(start) < trying; {
		err = e.time(c, images)
	}
	return err
}

// A way is left behind by the best of so many runs, of fewer if they take long: whatever
// else the machine does makes short runs many times as long.
const (
	tries  = 9
	trying = 200 * time.Millisecond
)

// judge holds dst to the answer. Images that repeat and have the same outputs are as
// right as the first ones.
func (c *course) judge(dst *conv.Tensor, d conv.Description) (compare.Result, error) {
	first := dst.Images(0, c.distinct)
	all, err := c.answer.Compare(first, d)
	for lo := c.distinct; lo < dst.Shape.N() && err == nil; lo += c.distinct {
		again := dst.Images(lo, min(lo+c.distinct, dst.Shape.N()))
		if slices.Equal(again.Data, first.Data[:len(again.Data)]) {
			continue
		}
		var result compare.Result
		if result, err = c.answer.Compare(again, d); err == nil {
			all.Merge(result, lo)
		}
	}
	return all, err
}

// time runs e's plan once on so many images and notes how long that took, and its
// kernels, on the device's clock where the plan can ask it: then one phase at a time.
func (e *Entrant) time(c *course, images int) error {
	dst, src := c.dst.Images(0, images), c.src.Images(0, images)
	start := time.Now()
	phaser, ok := e.plan.(conv.Phaser)
	if !ok {
		if err := e.plan.Run(dst, src); err != nil {
			return err
		}
		whole := time.Since(start).Seconds()
		e.Whole, e.Kernel = append(e.Whole, whole), append(e.Kernel, whole)
		return nil
	}
	phases, err := phaser.RunPhases(dst, src)
	if err != nil {
		return err
	}
	kernel := phases.Device.Kernel
	if kernel == 0 {
		kernel = phases.Kernel
	}
	e.Whole, e.Kernel = append(e.Whole, time.Since(start).Seconds()), append(e.Kernel, kernel.Seconds())
	return nil
}

// rate compares each way with the backend's own, round by round.
func rate(all []*Entrant) {
	own := all[0]
	for _, e := range all {
		if own.Err != nil || e.Err != nil || e.Left > 0 {
			continue
		}
		for i, k := range e.Kernel {
			e.Ratio = append(e.Ratio, k/own.Kernel[i])
		}
	}
}

// Winner returns the fastest way of a race: the backend's own unless another was faster
// by [Margin]. It is nil if the own way failed.
func Winner(all []*Entrant) *Entrant {
	best := all[0]
	if best.Err != nil {
		return nil
	}
	for _, e := range all[1:] {
		if e.beats() && (best.Own || statistics.Median(e.Ratio) < statistics.Median(best.Ratio)) {
			best = e
		}
	}
	return best
}

// beats reports whether e is faster than the backend's own way.
func (e *Entrant) beats() bool {
	faster := 0
	for _, r := range e.Ratio {
		if r < 1 {
			faster++
		}
	}
	return faster > 0 && 4*faster >= 3*len(e.Ratio) && statistics.Median(e.Ratio) < 1-Margin
}
