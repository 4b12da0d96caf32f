// Package autotune measures which of a backend's ways to compute a convolution is the fastest on its device, and keeps
// what it found. A way is a [conv.Choice]: an algorithm with a tile. The package imports no backend.
//
// A [Race] holds every way to the judge before it times it. It runs the ways by turns and compares them round by round,
// so that whatever else the machine does meets all of them. [WriteTable] shows what came of a race, [NewEntry] takes
// its winner, and a [Store] is a folder of winners by device, driver and problem.
package autotune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

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
	// Progress, if it is not nil, is told how many runs are done. There are Runs(n) of n choices.
	Progress func(done int)
}

// qualifying is how often each way runs before it is timed.
const qualifying = 2

// Runs returns how many runs a race of so many ways has. Those that ways skip because they were left behind count.
func (r Race) Runs(ways int) int { return (qualifying + r.Rounds) * ways }

// leftBehind is how many times as long as the fastest way's a way's first runs may take. A tile that suits a device is
// never a third as fast as another one, however noisy the machine is.
const leftBehind = 3

// margin is by how much another way must be faster than the backend's own in the median round to be worth storing. It
// must also be faster in three rounds of four. On a machine that did other things too, two races of the same ways on
// llvmpipe gave medians of 0.91 and 0.99, in 5 and 4 rounds of 9.
const margin = 0.03

// Run makes the race and returns the backend's own way first. If a way fails before it is timed, that is its Err; Run's
// error says that there was no race. When ctx is done Run ends between two runs, with ctx's error.
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
	running := slices.DeleteFunc(slices.Clone(all), func(e *Entrant) bool { return e.Err != nil || e.BehindBy > 0 })
	for range r.Rounds {
		step(len(all) - len(running))
		if err := c.round(ctx, running, func() { step(1) }); err != nil {
			return nil, err
		}
		slices.Reverse(running) // there and back, so that no way always follows the same one
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

// enter lists the ways, the backend's own first.
func (r Race) enter() ([]*Entrant, error) {
	if r.Problem.Src.N() < 1 || r.Rounds < 1 {
		return nil, &fault.Error{Package: "autotune",
			Argument: fmt.Sprintf("%d images, %d rounds", r.Problem.Src.N(), r.Rounds),
			Rule:     "want at least one of each"}
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
		e := &Entrant{Choice: c, Default: c == conv.Choice{Algorithm: own.Algorithm, Tile: own.Tile}}
		if all = append(all, e); e.Default { // it goes first: the others are compared with it
			all[0], all[len(all)-1] = all[len(all)-1], all[0]
		}
	}
	if len(all) == 0 || !all[0].Default {
		return nil, &fault.Error{Package: "autotune",
			Rule: fmt.Sprintf("%s, %s is not among the choices %v", own.Algorithm, own.Tile, choices)}
	}
	return all, nil
}

// qualify has every way compute so many images, once to be judged and then on time. Ways that are far behind leave the
// race, so that they take little time and few plans hold memory at once.
func (c *course) qualify(ctx context.Context, all []*Entrant, images int, step func()) error {
	best := math.Inf(1)
	for _, e := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Err == nil && e.BehindBy == 0 {
			if e.Err = e.enter(c, images); errors.Is(e.Err, conv.ErrLost) {
				return e.Err
			}
			e.leave(all[0], &best)
		}
		step()
	}
	for _, e := range all { // again, because the fastest may have come last
		e.leave(all[0], &best)
	}
	for _, e := range all {
		e.Kernel, e.Whole = nil, nil // first runs are slower than others
	}
	return nil
}

// rate compares each way with the backend's own, round by round.
func rate(all []*Entrant) {
	own := all[0]
	for _, e := range all {
		if own.Err != nil || e.Err != nil || e.BehindBy > 0 {
			continue
		}
		for i, k := range e.Kernel {
			e.Ratio = append(e.Ratio, k/own.Kernel[i])
		}
	}
}

// winner returns the fastest way of a race: the backend's own, unless another was faster by margin. It is nil if the
// own way failed.
func winner(all []*Entrant) *Entrant {
	best := all[0]
	if best.Err != nil {
		return nil
	}
	for _, e := range all[1:] {
		if e.beats() && (best.Default || statistics.Median(e.Ratio) < statistics.Median(best.Ratio)) {
			best = e
		}
	}
	return best
}
