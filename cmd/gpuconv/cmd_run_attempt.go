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
		"with --resume or --shard: how often to open the device again, and to go on, after its driver has reset it")
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

// retry calls do. If that has lost its device, a line says why, and it is called again, as often as --retries says.
func (f *runFlags) retry(ctx context.Context, stderr io.Writer, do func() error) error {
	err := do()
	for left := f.retries; left > 0 && errors.Is(err, conv.ErrLost) && ctx.Err() == nil; left-- {
		printLine(stderr, "gpuconv: %s; the device is opened again", oneLine(plain(err).Error()))
		err = do()
	}
	return err
}

// attempt opens the backend and the folder, and does the job, or the rest of it.
func (f *runFlags) attempt(ctx context.Context, stdout, stderr io.Writer, j experiment.Job, p conv.Problem,
	folder string) (*experiment.Report, error) {
	out, err := f.begin(folder, j)
	if err != nil {
		return nil, err
	}
	defer out.Discard()
	opening := time.Now()
	s, err := f.backend.prepare(ctx, j.Total(), p, j.Weight(), j.Bias)
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
			return out.blame(disagreeing(s, ofFiles("stimulus", j.Images, err)))
		})
	}
	return r, nil
}
