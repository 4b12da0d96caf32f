package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gpuconv/experiment"
	"gpuconv/whole"
)

// resumed is a run that is cut. It has five chunks. GPUCONV_KILLED has another one, with more, for TestResumeKilled.
var resumed = cmp.Or(os.Getenv("GPUCONV_KILLED"),
	"run --backend cpu --orientations 0:180:0.2 --res 0.2 --channels 2 --check 0")

// plainSum runs the same without a cut, and returns what run.json says of activations.npy.
func plainSum(t *testing.T) string {
	t.Helper()
	if code, _, stderr := inFolder(t, ".", append(strings.Fields(resumed), "--no-sync", "--output",
		"plain")...); code != exitOK {
		t.Fatal(stderr)
	}
	return arraySum(t, "plain")
}

// arraySum returns the size and checksum of activations.npy, which gpuconv check compares with the file.
func arraySum(t *testing.T, folder string) string {
	t.Helper()
	if code, stdout, stderr := inFolder(t, ".", "check", folder); code != exitOK {
		t.Fatal(stdout, stderr)
	}
	text, err := os.ReadFile(filepath.Join(folder, "run.json"))
	found := regexp.MustCompile(`"activations.npy",\s+"bytes": \d+,\s+"crc32c": "\w+"`).Find(text)
	if err != nil || found == nil {
		t.Fatalf("%v: %s", err, text)
	}
	return string(found)
}

// journalOf counts the lines in the journal of out that have a text.
func journalOf(t *testing.T, text string) (n int) {
	journal, err := os.ReadFile(filepath.Join(whole.Unfinished("out"), "gpuconv.journal"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return bytes.Count(journal, []byte(text))
}

// cutOff starts the run and sends it a signal once the journal counts a number of chunks. It returns what is on stderr,
// and whether the run ended before.
func cutOff(t *testing.T, chunks int, with os.Signal) (stderr string, complete bool) {
	t.Helper()
	cmd := program(t, append(strings.Fields(resumed), "--resume", "--output", "out")...)
	cmd.Env = append(cmd.Env, graceVariable+"=1m")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	deadline := time.After(time.Minute)
	for {
		select {
		case err := <-ended:
			return errs.String(), err == nil
		case <-deadline:
			_ = cmd.Process.Kill()
			t.Fatalf("no chunk %d after a minute", chunks)
		case <-time.After(time.Millisecond):
		}
		if journalOf(t, `{"chunk":`) >= chunks {
			_ = cmd.Process.Signal(with) // it may have ended
			err := <-ended
			return errs.String(), err == nil
		}
	}
}

// TestResumeKilled kills a run at random moments and continues with it. The result has the bits of a run that was not
// cut, and only chunks that were in flight are done twice. GPUCONV_KILLS is how often.
func TestResumeKilled(t *testing.T) {
	unraced(t)
	unixOnly(t)
	kills, spread := 3, 2
	if n, err := strconv.Atoi(os.Getenv("GPUCONV_KILLS")); err == nil {
		kills = n
	}
	if os.Getenv("GPUCONV_KILLED") != "" {
		spread = 16
	}
	t.Chdir(t.TempDir())
	want, random, killed := plainSum(t), rand.New(rand.NewPCG(22, uint64(time.Now().UnixNano()))), 0
	for killed < kills {
		if _, complete := cutOff(t, journalOf(t, `{"chunk":`)+random.IntN(spread), syscall.SIGKILL); complete {
			if got := arraySum(t, "out"); got != want {
				t.Errorf("after %d kills it has %s, want %s", killed, got, want)
			}
			if err := os.RemoveAll("out"); err != nil {
				t.Fatal(err)
			}
			continue // it was faster than the signal: that is not a kill
		}
		killed++
		begun, counted := journalOf(t, `{"begins":`), journalOf(t, `{"chunk":`)
		if processes := journalOf(t, `{"process":`); begun > counted+4*processes {
			t.Errorf("%d chunks are begun %d times in %d processes: want 4 in flight", counted, begun, processes)
		}
		t.Logf("kill %d: %d chunks count, %d were begun", killed, counted, begun)
	}
	code, stdout, stderr := inFolder(t, ".", append(strings.Fields(resumed), "--resume", "--output", "out")...)
	if got := arraySum(t, "out"); code != exitOK || got != want {
		t.Errorf("after %d kills it has %s, want %s: %s %s", kills, got, want, stdout, stderr)
	}
	if whole.IsUnfinished("out") {
		t.Error("out.unfinished is left")
	}
}

// TestResumeInterrupted: a signal ends a run with one line, which says what is kept, and the run continues.
func TestResumeInterrupted(t *testing.T) {
	unixOnly(t)
	hangups := make(chan os.Signal, 1) // as in TestInterrupt
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
	t.Chdir(t.TempDir())
	want := plainSum(t)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		stderr, complete := cutOff(t, journalOf(t, `{"chunk":`)+1, s)
		if complete {
			continue // it was faster than the signal
		}
		want := regexp.MustCompile(
			`^gpuconv: interrupted; out.unfinished has [1-9]\d* of 900 images; --resume continues it$`)
		if line := errorLine(t, stderr); !want.MatchString(line) {
			t.Errorf("%v: stderr is %q", s, line)
		}
	}
	if code, _, stderr := inFolder(t, ".", append(strings.Fields(resumed), "--resume", "--output",
		"out")...); code != exitOK {
		t.Fatal(stderr)
	}
	if got := arraySum(t, "out"); got != want {
		t.Errorf("it has %s, want %s", got, want)
	}
}

// TestResumeInterruptedEarly: a signal before the folder is begun leaves nothing.
func TestResumeInterruptedEarly(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := runFlags{resume: true}
	if out, err := f.begin(ctx, io.Discard, "out", experiment.Job{}); err == nil {
		out.Discard()
	}
	if left := names(t, "."); left != "" {
		t.Errorf("%s is left", left)
	}
}

// TestResumeCompleted: a run finds that another one has completed the folder, though it was not complete before.
func TestResumeCompleted(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("out", 0o700); err != nil {
		t.Fatal(err)
	}
	f := runFlags{resume: true, output: "out"}
	if _, err := f.begin(t.Context(), io.Discard, "out", experiment.Job{}); err == nil || errors.Is(err, errCompleted) {
		t.Errorf("a folder without a run.json: %v", err)
	}
	if err := os.WriteFile("out/run.json", []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.begin(t.Context(), io.Discard, "out", experiment.Job{}); !errors.Is(err, errCompleted) {
		t.Errorf("a complete folder: %v, want %v", err, errCompleted)
	}
}

// TestResumeStopped: a run that is stopped for longer than its lease loses the folder to the next one, which completes
// it. When the first one goes on, it says so and changes nothing.
func TestResumeStopped(t *testing.T) {
	unraced(t)
	unixOnly(t)
	t.Chdir(t.TempDir())
	want := plainSum(t)
	t.Setenv(leaseVariable, "3s")
	args := append(strings.Fields(resumed), "--resume", "--output", "out")
	first := program(t, args...)
	first.Env = append(first.Env, leaseVariable+"=3s", graceVariable+"=1m")
	var said bytes.Buffer
	first.Stderr = &said
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = first.Process.Kill() })
	deadline := time.After(time.Minute)
	for journalOf(t, `{"chunk":`) == 0 {
		select {
		case <-deadline:
			t.Fatal("no chunk after a minute")
		case <-time.After(time.Millisecond):
		}
		if exists("out") {
			t.Skip("it ended before it could be stopped")
		}
	}
	_ = first.Process.Signal(syscall.SIGSTOP)
	if exists("out") {
		t.Skip("it ended before it was stopped")
	}
	code, stdout, stderr := inFolder(t, ".", args...)
	for code == exitUsage && strings.Contains(stderr, "another process is writing this one") {
		time.Sleep(300 * time.Millisecond)
		code, stdout, stderr = inFolder(t, ".", args...)
	}
	if got := arraySum(t, "out"); code != exitOK || got != want {
		t.Fatalf("it has %s, want %s: %s %s", got, want, stdout, stderr)
	}
	before := names(t, ".")
	_ = first.Process.Signal(syscall.SIGCONT)
	if err := first.Wait(); err == nil || !strings.Contains(said.String(), "another process has taken it over") {
		t.Errorf("the first one ends with %v and %q", err, said.String())
	}
	if got := arraySum(t, "out"); got != want || names(t, ".") != before {
		t.Errorf("it has %s and %s, want %s and %s", got, names(t, "."), want, before)
	}
}

// TestResumeCompletedMeanwhile: a run that waits for the lease of another machine verifies what that completes.
func TestResumeCompletedMeanwhile(t *testing.T) {
	unraced(t)
	unixOnly(t)
	t.Chdir(t.TempDir())
	if _, complete := cutOff(t, 1, syscall.SIGKILL); complete {
		t.Skip("it ended before it could be killed")
	}
	leases, err := filepath.Glob("out.unfinished/gpuconv.lease.*")
	if err != nil || len(leases) != 1 {
		t.Fatalf("leases %v, %v", leases, err)
	}
	if err := os.WriteFile(leases[0], []byte("token boot \"elsewhere\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := inFolder(t, ".", append(strings.Fields(resumed), "--resume", "--output", "whole")...)
	if code != exitOK {
		t.Fatal(stderr)
	}
	time.AfterFunc(time.Second, func() {
		if os.RemoveAll("out.unfinished") == nil {
			_ = os.Rename("whole", "out")
		}
	})
	waiting := program(t, append(strings.Fields(resumed), "--resume", "--output", "out")...)
	waiting.Env = append(waiting.Env, leaseVariable+"=20s")
	text, err := waiting.CombinedOutput()
	if err != nil || !strings.Contains(string(text), "a process on elsewhere") ||
		!strings.Contains(string(text), "nothing was left to do") {
		t.Errorf("%v: %s", err, text)
	}
}
