package main

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"gpuconv/conv"
	"gpuconv/experiment"

	"github.com/spf13/pflag"
)

// registerRetries adds --retries.
func (f *runFlags) registerRetries(flags *pflag.FlagSet) {
	wholeVar(flags, &f.retries, "retries", 0,
		"with --resume or --shard: how often to open the device again, and to continue, after its driver has reset it")
}

// checkRetries refuses retries of a run that keeps nothing.
func (f *runFlags) checkRetries() error {
	switch {
	case f.retries < 0:
		return refused("retries", strconv.Itoa(f.retries), errors.New("want 0 or more"))
	case f.retries > 0 && !f.resume:
		return refused("retries", strconv.Itoa(f.retries),
			errors.New("want --resume or --shard with it, which keep what is done"))
	}
	return nil
}

// reopening is how a run opens its device, and again after a loss. Tests replace it.
type reopening struct {
	open  func(context.Context, int, conv.Problem, *conv.Tensor, []float32) (session, error) // nil: as the flags say
	pause func(context.Context, time.Duration)                                               // nil: sleeps
}

// A driver that has reset a device may need a while until the device can be opened again. The first pause lasts a
// second, and each is twice as long as the one before it, up to a minute or so.
const (
	firstPause = time.Second
	lastPause  = 64 * firstPause
)

// sleep waits this long, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// notOpened is the error of an attempt whose device did not open.
type notOpened struct{ error }

func (e notOpened) Unwrap() error { return e.error }

// retry calls do. If do loses its device, a line says why, and after a pause retry calls do again, as often as
// --retries says. If the device does not open then, retry tries again, too; if it never opens, retry returns the loss.
func (f *runFlags) retry(ctx context.Context, stderr io.Writer, do func() error) error {
	pause, err := f.reopen.pause, do()
	if pause == nil {
		pause = sleep
	}
	length := firstPause
	for left := f.retries; left > 0 && errors.Is(err, conv.ErrLost) && ctx.Err() == nil; left-- {
		printLine(stderr, "gpuconv: %s; the device is opened again in %v", oneLine(plain(err).Error()), length)
		if pause(ctx, length); ctx.Err() != nil {
			break
		}
		length = min(2*length, lastPause)
		next := do()
		if closed := (notOpened{}); errors.As(next, &closed) && ctx.Err() == nil {
			printLine(stderr, "gpuconv: %s; it did not open", oneLine(plain(closed.error).Error()))
			continue
		}
		err = next
	}
	if closed, ok := err.(notOpened); ok {
		return closed.error
	}
	return err
}

// open opens the backend and makes the plan. If the device is lost later, only a device of its kind is opened again.
func (f *runFlags) open(ctx context.Context, j experiment.Job, p conv.Problem) (session, error) {
	open := f.reopen.open
	if open == nil {
		open = f.backend.prepare
	}
	s, err := open(ctx, j.Total(), p, j.Weight(), j.Bias)
	if err != nil {
		return s, notOpened{err}
	}
	f.backend.stay(s.chosen)
	return s, nil
}

// attempt opens the backend and the folder, and does the job, or the rest of it.
func (f *runFlags) attempt(ctx context.Context, stdout, stderr io.Writer, j experiment.Job, p conv.Problem,
	folder string) (*experiment.Report, error) {
	out, err := f.begin(ctx, stderr, folder, j)
	if err != nil {
		return nil, err
	}
	defer out.Discard()
	opening := time.Now()
	s, err := f.open(ctx, j, p)
	if err != nil {
		return nil, err
	}
	defer s.close(ctx)
	e := experiment.Prepared{Problem: p, Plan: s.plan, Backend: describeBackend(s), Opening: time.Since(opening)}
	if err := f.shards.check(ctx, j, e, folder); err != nil {
		return nil, err
	}
	if f.roofed {
		j.Roof = s.roof()
	}
	announce(stdout, j, p, s)
	tellPlan(stderr, s)
	bar := newProgress(stderr, experiment.Convolving, j.Images.Shape().N())
	defer bar.stop()
	j.Progress = bar.set
	j.Phase = func(name string) { bar.phase(name); tell(stderr, "begins %s", name) }
	r, err := j.RunOn(ctx, e, out.Folder)
	if err != nil {
		return nil, stopped(err, func(err error) error {
			return out.blame(plain(disagreeing(s, ofFiles("stimulus", j.Images, err))))
		})
	}
	return r, nil
}
