package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/experiment"
	"gpuconv/gpu"
	"gpuconv/gpu/probe"

	"github.com/spf13/cobra"
)

// TestRetries: a lost device is opened again as often as --retries says, another error or a signal ends the run, and
// what is kept is said each time.
func TestRetries(t *testing.T) {
	// pauses of a second, two, four …
	waited := []time.Duration{}
	pause := func(_ context.Context, d time.Duration) { waited = append(waited, d) }
	lost := &experiment.UnfinishedError{Unfinished: experiment.Unfinished{Folder: "out.unfinished", Done: 7, Of: 30},
		Err: fmt.Errorf("gpu: %w", conv.ErrLost)}
	closed := fmt.Errorf("gpu: %w", gpu.ErrNoDevice)
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
		{5, []error{notOpened{closed}}, 1, closed},
		{4, []error{lost, notOpened{closed}, notOpened{closed}, nil}, 4, nil},
		{3, []error{lost, notOpened{closed}, notOpened{closed}, notOpened{closed}}, 4, lost},
		{3, []error{lost, notOpened{closed}, other}, 3, other},
	} {
		calls, stderr := 0, new(bytes.Buffer)
		waited = waited[:0]
		f := runFlags{retries: c.retries, reopen: reopening{pause: pause}}
		err := f.retry(t.Context(), stderr, func() error { calls++; return c.errs[calls-1] })
		if calls != c.calls || err != c.want {
			t.Errorf("%d retries: %d calls, %v, want %d, %v", c.retries, calls, err, c.calls, c.want)
		}
		lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
		for i, wait := range waited {
			if want := time.Second << i; wait != want {
				t.Errorf("pause %d is %v, want %v", i, wait, want)
			}
			line := fmt.Sprintf("gpuconv: gpu: the device is lost: its driver has reset it; out.unfinished has 7 of 30"+
				" images; the device is opened again in %v", wait)
			if n := strings.Count(stderr.String(), line+"\n"); n != 1 {
				t.Errorf("%d lines %q in %q", n, line, lines)
			}
		}
		refused := strings.Count(stderr.String(), "; it did not open\n")
		if len(waited) != c.calls-1 || stderr.Len() > 0 && len(lines) != len(waited)+refused {
			t.Errorf("%d pauses for %d calls, stderr %q", len(waited), c.calls, lines)
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

// TestStays: after a GPU is lost, neither the CPU engine nor a software renderer is taken in its place.
func TestStays(t *testing.T) {
	for _, c := range []struct {
		device                string
		of                    chosen
		wantBackend, wantThis string
	}{
		{"any", chosen{name: "gpu"}, "gpu", "gpu"},
		{"any", chosen{name: "gpu", device: gpu.Info{Software: true}}, "gpu", "software"},
		{"1", chosen{name: "gpu"}, "gpu", "1"},
		{"any", chosen{name: "cpu"}, "auto", "any"},
	} {
		f := backendFlags{backend: "auto", deviceFlags: deviceFlags{device: c.device}}
		if f.stay(c.of); f.backend != c.wantBackend || f.device != c.wantThis || f.free() == (c.of.name == "gpu") {
			t.Errorf("%+v: --backend %s --device %s", c, f.backend, f.device)
		}
	}
}

// lostPlan is a plan of a device that is lost.
type lostPlan struct{ conv.Plan }

func (lostPlan) Run(_, _ *conv.Tensor) error { return fmt.Errorf("gpu: %w", conv.ErrLost) }

// TestRetriesReopen: a run whose device is lost waits and opens a GPU again, whatever --backend was. An opening that
// fails takes one of the retries.
func TestRetriesReopen(t *testing.T) {
	var f runFlags
	cmd := &cobra.Command{}
	f.register(cmd.Flags())
	f.saving.register(cmd)
	out := filepath.Join(t.TempDir(), "out")
	if err := cmd.ParseFlags([]string{"--orientations", "0,90", "--res", "0.1", "--no-sync", "--resume", "--retries",
		"2", "--output", out}); err != nil {
		t.Fatal(err)
	}
	opened, waited := []string{}, []time.Duration{}
	f.reopen.pause = func(_ context.Context, d time.Duration) { waited = append(waited, d) }
	f.reopen.open = func(_ context.Context, _ int, p conv.Problem, weight *conv.Tensor, bias []float32) (session,
		error) {
		opened = append(opened, f.backend.backend+" "+f.backend.device)
		if len(opened) == 2 {
			return session{}, gpu.ErrNoDevice
		}
		plan, err := cpu.Engine{}.Plan(p, weight, bias)
		if len(opened) == 1 {
			plan = lostPlan{plan}
		}
		return session{chosen: chosen{name: "gpu", close: closeNothing}, plan: plan}, err
	}
	if err := f.run(t.Context(), io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if want := []string{"auto any", "gpu gpu", "gpu gpu"}; !slices.Equal(opened, want) {
		t.Errorf("opened %q, want %q", opened, want)
	}
	if want := []time.Duration{time.Second, 2 * time.Second}; !slices.Equal(waited, want) {
		t.Errorf("waited %v, want %v", waited, want)
	}
	if _, err := experiment.ReadReport(t.Context(), out); err != nil {
		t.Error(err)
	}
}

// TestRetryInterrupted: a signal ends the pause, and the loss is the error.
func TestRetryInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	f := runFlags{retries: 3, reopen: reopening{pause: func(ctx context.Context, _ time.Duration) {
		cancel()
		sleep(ctx, time.Hour)
	}}}
	err := f.retry(ctx, io.Discard, func() error { calls++; return conv.ErrLost })
	if calls != 1 || err != conv.ErrLost {
		t.Errorf("%d calls, %v, want 1, %v", calls, err, conv.ErrLost)
	}
}

// TestTaskThatDies: if the driver of a task's GPU dies, the error says which variable gave this GPU.
func TestTaskThatDies(t *testing.T) {
	dead := gpu.Place{Name: "EGL device 1", Why: "the driver died of SIGSEGV"}
	found := probe.Found{Died: []gpu.Place{dead}, Reason: gpu.ErrNoDevice.Error() +
		"; CUDA_VISIBLE_DEVICES=5 is EGL device 1, by its CUDA number 0; " + dead.Error()}
	f := backendFlags{backend: "gpu", deviceFlags: deviceFlags{device: "task"}}
	err := f.unreached(found)
	if want := "--device task: " + found.Reason; err.Error() != want || !errors.Is(err, gpu.ErrNoDevice) {
		t.Errorf("%v, want %s", err, want)
	}
}
