package autotune

import (
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

// Entrant is one way in a race, and its result.
type Entrant struct {
	conv.Choice
	Description conv.Description
	Default     bool // the default way: the one that the backend takes by itself
	// Kernel and Whole are the times of each timed run in seconds: on the device, and in all. A way that failed or was
	// left behind as too slow has none.
	Kernel, Whole []float64
	Ratio         []float64 // Kernel divided by the default way's in the same round
	// BehindBy is 0, unless the way was left behind as too slow. Then it is the way's time divided by the default
	// way's, or by the fastest way's if the default way failed.
	BehindBy float64
	Result   compare.Result // the check of its outputs
	Err      error          // why it was not timed: it failed, or its output is wrong

	plan conv.Plan
}

// errWrong is wrapped by an entrant's error if its output is wrong.
var errWrong = errors.New("its output is wrong")

// leave ends the race for e if it failed, or if its fastest run took more than leftBehind times as long as best. best
// is the time of the fastest run of all ways so far, in seconds; leave updates it. own is the backend's own way. It
// never counts as too slow, because the others are compared with it.
func (e *Entrant) leave(own *Entrant, best *float64) {
	if e.Err == nil && len(e.Kernel) > 0 {
		took := slices.Min(e.Kernel)
		if *best = min(*best, took); !e.Default && took > leftBehind**best {
			e.BehindBy = took / *best
			if own.Err == nil {
				e.BehindBy = took / slices.Min(own.Kernel)
			}
		}
	}
	if e.Err != nil || e.BehindBy > 0 {
		e.close()
	}
}

// failed says which way an error is about.
func (e *Entrant) failed(err error) error {
	return &fault.Error{Package: "autotune", Argument: e.Choice.String(), Err: err}
}

func (e *Entrant) close() {
	if e.plan != nil {
		e.plan.Close() // its error does not matter, the race is over for e
		e.plan = nil
	}
}

// enter prepares e's plan, checks its outputs for the given number of images and then times it.
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
		dst.Data[i] = float32(math.NaN()) // so an output that is not written is wrong
	}
	if err := e.plan.Run(dst, c.src.Images(0, images)); err != nil {
		return err
	}
	if e.Result, err = c.judge(dst, e.Description); err != nil {
		return err
	}
	if !e.Result.OK() {
		return fmt.Errorf("%w: %v", errWrong, e.Result)
	}
	for start := time.Now(); err == nil && len(e.Kernel) < tries && time.Since(start) < trying; {
		err = e.time(c, images)
	}
	return err
}

// Whether a way is left behind depends on its best of tries runs, because other work on the machine can make a short
// run many times as long. There are fewer runs if they take longer than trying.
const (
	tries  = 9
	trying = 200 * time.Millisecond
)

// time runs e's plan once on the given number of images and notes how long that took, in all and on the device. Only a
// plan that is a [conv.Phaser], which runs one phase at a time, can tell the two apart. For other plans both times are
// the same.
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

// beats reports whether e is faster than the backend's own way: by margin in the median, and in three rounds of four.
func (e *Entrant) beats() bool {
	faster := 0
	for _, r := range e.Ratio {
		if r < 1 {
			faster++
		}
	}
	return faster > 0 && 4*faster >= 3*len(e.Ratio) && statistics.Median(e.Ratio) < 1-margin
}
