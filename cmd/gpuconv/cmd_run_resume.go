package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/whole"
)

// run --resume keeps what is done, and continues with it.

// checkOutput refuses an output that cannot be written. It leaves everything as it is.
func (f *runFlags) checkOutput() error {
	switch {
	case f.resume && f.done():
		return nil
	case f.resume:
		return f.folder().blame(whole.CheckNew(f.output))
	case whole.IsUnfinished(f.output):
		return refused("output", f.output, fmt.Errorf("%s has a part of it: want --resume to continue with that, or "+
			"another name", fault.Printable(whole.Unfinished(f.output))))
	}
	return f.folder().checkFolder()
}

// done reports whether --resume finds a folder that is complete.
func (f *runFlags) done() bool {
	_, err := os.Stat(filepath.Join(f.output, "run.json"))
	return f.resume && err == nil
}

// errCompleted is the error of a run whose folder another process has completed.
var errCompleted = errors.New("another process has completed it")

// begin makes the folder of a run, or takes the one that is kept. If another process holds that and may be dead, begin
// waits until its lease ends. It returns errCompleted if another process has completed the folder: meanwhile, or while
// this one waited for a device that it had lost.
func (f *runFlags) begin(ctx context.Context, stderr io.Writer, folder string, j experiment.Job) (outputFolder,
	error) {
	out := f.saving.output("output", folder)
	if !f.resume {
		return out.createFolder()
	}
	kept, err := out.keepFolder(j.ArrayName())
	for wait := waitOf(err); wait > 0 && ctx.Err() == nil; {
		printLine(stderr, "gpuconv: %s; this one waits for %v, in case that process is dead",
			oneLine(plain(err).Error()), wait.Round(time.Second))
		sleep(ctx, wait+time.Second/10)
		kept, err = out.keepFolder(j.ArrayName())
		next := waitOf(err)
		if next > wait/2 { // it is alive
			break
		}
		wait = next
	}
	switch {
	case err != nil && f.done():
		err = errCompleted
	case err != nil:
		err = cmp.Or(ctx.Err(), err)
	}
	return kept, err
}

// waitOf returns how long it takes until a folder can be taken over, or 0.
func waitOf(err error) time.Duration {
	var e *whole.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Wait
}

// verifyDone compares a folder that is complete with the job that the flags ask for, and with its checksums.
func (f *runFlags) verifyDone(ctx context.Context, stdout io.Writer, j experiment.Job, p conv.Problem) error {
	s, err := f.backend.prepare(ctx, j.Total(), p, j.Weight(), j.Bias)
	if err != nil {
		return err
	}
	defer s.close(ctx)
	began := time.Now()
	a, err := j.AuditDone(ctx, experiment.Prepared{Problem: p, Plan: s.plan, Backend: describeBackend(s)}, f.output)
	if err != nil {
		return resumeError(ctx, err)
	}
	if err := printAudit(stdout, f.output, a); err != nil {
		return err
	}
	if err := f.saving.options().ClearFinished(f.output, j.ArrayName()); err != nil {
		printLine(stdout, "note      %s", oneLine(plain(err).Error()))
	}
	printLine(stdout, "complete  nothing was left to do; verified in %.3f s", time.Since(began).Seconds())
	return nil
}

// resumeError says that the call was wrong if it asks to continue with other settings. Other errors stay as they are,
// but for the package that reports them.
func resumeError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, new(*experiment.SettingsError)):
		return refused("resume", "", err)
	}
	return failed("resume", "", err)
}

// stopped words the error of a run. What a run keeps is said last.
func stopped(err error, word func(error) error) error {
	if errors.As(err, new(*experiment.SettingsError)) {
		return refused("resume", "", err)
	}
	var u *experiment.UnfinishedError
	if errors.As(err, &u) {
		return &experiment.UnfinishedError{Unfinished: u.Unfinished, Err: word(u.Err)}
	}
	return word(err)
}

// interrupted is the error of a run that a signal ended.
func interrupted(err error) error {
	var u *experiment.UnfinishedError
	if errors.As(err, &u) {
		return fmt.Errorf("interrupted; %v; --resume continues it", u.Unfinished)
	}
	return errors.New("interrupted; nothing was written")
}

// redone says how many images had to be done again.
func redone(r *experiment.Resumed) string {
	if r.Redone == 0 {
		return ""
	}
	return fmt.Sprintf("; %d differ from the journal and are done again", r.Redone)
}
