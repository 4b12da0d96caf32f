package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/experiment"
)

// TestRetries: a lost device is opened again as often as --retries says, another error or a signal ends the run, and
// what is kept is said each time.
func TestRetries(t *testing.T) {
	lost := &experiment.UnfinishedError{Unfinished: experiment.Unfinished{Folder: "out.unfinished", Done: 7, Of: 30},
		Err: fmt.Errorf("gpu: %w", conv.ErrLost)}
	other := errors.New("the disk is full")
	for _, c := range []struct {
		retries int
		errs    []error
		calls   int
		want    error
	}{
		{0, []error{lost}, 1, lost},
		{2, []error{lost, lost, nil}, 3, nil},
		{2, []error{lost, lost, lost, nil}, 3, lost},
		{5, []error{lost, other}, 2, other},
		{5, []error{nil}, 1, nil},
	} {
		calls, stderr := 0, new(bytes.Buffer)
		f := runFlags{retries: c.retries}
		err := f.retry(t.Context(), stderr, func() error { calls++; return c.errs[calls-1] })
		if calls != c.calls || err != c.want {
			t.Errorf("%d retries: %d calls, %v, want %d, %v", c.retries, calls, err, c.calls, c.want)
		}
		const line = "gpuconv: gpu: the device is lost: its driver has reset it; out.unfinished has 7 of 30 images; " +
			"the device is opened again\n"
		if got := stderr.String(); got != strings.Repeat(line, c.calls-1) {
			t.Errorf("stderr %q", got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	f := runFlags{retries: 3}
	if err := f.retry(ctx, new(bytes.Buffer), func() error { calls++; cancel(); return lost }); err != lost ||
		calls != 1 {
		t.Errorf("after a signal: %d calls, %v", calls, err)
	}
}
