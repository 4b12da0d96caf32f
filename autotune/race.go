// Package autotune measures which algorithm and tile are the fastest for a convolution on a device, and stores the
// result. An algorithm with a tile is called a way to compute the convolution: see [conv.Choice]. The package imports
// no backend.
//
// A [Race] first checks the outputs of every way against a reference, the judge. It then times the ways in turn and
// compares them round by round, so that other work on the machine slows all of them alike. [WriteTable] prints the
// result of a race, [NewEntry] makes an entry of its winner, and a [Store] is a folder of entries by device, driver and
// problem.
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
	Judge   conv.Backend // the reference: its plans must be [conv.Oracle]s
	Problem conv.Problem // Src's N is the batch that is timed, at least 1
	Rounds  int          // timed runs of each way, at least 1; far slower ways are left behind
	// Progress, if not nil, is called with the number of runs that are done. A race of n ways has Runs(n) of them.
	Progress func(done int)
}

// qualifying is how often each way qualifies before it is timed: with a few distinct images, then with all images.
const qualifying = 2

// Runs returns how many runs a race of the given number of ways has. A qualification counts as one run, and so does
// each run that a way skips because it failed or was left behind.
func (r Race) Runs(ways int) int { return (qualifying + r.Rounds) * ways }

// leftBehind bounds the time of a way's first runs, as a multiple of the fastest way's. A slower way is left behind: it
// takes no part in the timed rounds. Even on a noisy machine, a tile that suits the device is not three times as slow
// as another.
const leftBehind = 3

// margin is the fraction of the time of the backend's own way that another way must save to be stored instead of it. It
// must save that in the median round, and also be faster in three rounds of four. Both are needed: on a busy machine,
// two races of the same ways on llvmpipe gave median ratios of 0.91 and 0.99, with 5 and 4 faster rounds of 9.
const margin = 0.03

// Run runs the race and returns all ways, the backend's own first. If a way fails before it is timed, its Err says why,
// and the race continues without it. An error of Run itself means that there is no result. When ctx is done, Run ends
// after the run under way, with ctx's error.
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
		slices.Reverse(running) // forwards, then backwards, so that no way always follows the same one
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

// qualify has every way compute the given number of images, first to check the outputs and then to time it roughly.
// Ways that are far behind leave the race. So they cost little time, and few plans hold memory at once.
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

// winner returns the fastest way of a race: the backend's own, unless another one beats it. It returns nil if the
// backend's own way failed.
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
