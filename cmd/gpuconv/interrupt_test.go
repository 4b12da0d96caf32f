package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterrupt sends signals to jobs that would take minutes. The jobs must end at once, with one error, and leave
// neither files nor the folders that were made for them.
func TestInterrupt(t *testing.T) {
	unixOnly(t)
	// The jobs must get SIGHUP even if the tests run under nohup: a child ignores the signals that its parent ignores.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
	const files, many = "new/.partial-out/gpuconv.files/activations.npy",
		"run --orientations 0:180:0.0005 --res 0.02 --output new/out"
	for _, c := range []struct {
		name   string
		signal os.Signal
		gpu    bool
		args   string
		begun  string // a file that exists once the job has begun
	}{
		{"many images", os.Interrupt, false, many + " --backend cpu", files},
		{"many images on a GPU", os.Interrupt, true, many + " --backend gpu", files},
		{"one image that takes minutes", os.Interrupt, false,
			"run --backend cpu --orientations 0 --channels 4 --size 1001 --output new/out", files},
		{"terminated", syscall.SIGTERM, false,
			"stimuli --orientations 0:180:0.005 --res 0.1 --output new/s.npy", "new/.partial-s.npy/gpuconv.file"},
		{"the terminal went away", syscall.SIGHUP, false, many + " --backend cpu", files},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.gpu {
				needGPU(t)
			}
			t.Parallel()
			cmd := program(t, strings.Fields(c.args)...)
			cmd.Dir, cmd.Env = t.TempDir(), append(cmd.Env, graceVariable+"=1m")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			waitFor(t, filepath.Join(cmd.Dir, c.begun), ended)
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-ended:
				checkInterrupted(t, err, stderr.String(), cmd.Dir)
			case <-time.After(30 * time.Second): // for a busy machine
				cmd.Process.Kill()
				t.Fatal("still running 30 s after the signal")
			}
		})
	}
}

// waitFor waits for a file.
func waitFor(t *testing.T, pattern string, ended <-chan error) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended before it was interrupted: %v", err)
		case <-deadline:
			t.Fatalf("no file %s", pattern)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func checkInterrupted(t *testing.T, err error, stderr, dir string) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("it ended with %v, want exit code %d", err, exitFailed)
	}
	if got, want := errorLine(t, stderr), "gpuconv: interrupted; nothing was written"; got != want {
		t.Errorf("stderr is %q, want %q", got, want)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

// TestReaderGone: a job finishes even if nobody reads its stdout any more.
func TestReaderGone(t *testing.T) {
	unixOnly(t)
	cmd := program(t, strings.Fields("run --backend cpu --orientations 0 --channels 2 --check 0 --output out")...)
	cmd.Dir = t.TempDir()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	cmd.Stdout = write
	err = cmd.Run()
	write.Close()
	if err != nil {
		t.Errorf("it ended with %v", err)
	}
	want := "activations.npy activations.png cells.csv filters.csv filters.png gratings.png run.json stimuli.csv"
	if got := names(t, filepath.Join(cmd.Dir, "out")); got != want {
		t.Errorf("it wrote %q, want %q", got, want)
	}
}

// names lists a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// TestSignalsEnd: a second signal ends at once, with a line, what the first one has not ended. So does the end of
// grace. Two signals at the same moment count as one.
func TestSignalsEnd(t *testing.T) {
	unixOnly(t)
	for name, c := range map[string]struct {
		signals []os.Signal
		apart   time.Duration
		within  time.Duration // for a busy machine
		want    string
	}{
		"two":      {[]os.Signal{os.Interrupt, syscall.SIGTERM}, 4 * echo, 5 * grace, "by a second signal"},
		"the same": {[]os.Signal{syscall.SIGTERM, syscall.SIGTERM}, 4 * echo, 5 * grace, "by a second signal"},
		"at once":  {[]os.Signal{os.Interrupt, syscall.SIGTERM}, 0, 5 * grace, "took more than 4s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.apart == 0 && testing.Short() {
				t.Skip("it waits")
			}
			cmd := program(t, strings.Fields("filters --output f.npy")...)
			cmd.Dir, cmd.Stdout = t.TempDir(), full(t)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			waitFor(t, filepath.Join(cmd.Dir, "f.npy"), ended) // then it waits for a reader of its output
			for _, s := range c.signals {
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.apart)
			}
			select {
			case err := <-ended:
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
					t.Errorf("it ended with %v, want exit code %d", err, exitFailed)
				}
				if line := errorLine(t, stderr.String()); !strings.Contains(line, c.want) {
					t.Errorf("stderr is %q, want %q in it", line, c.want)
				}
			case <-time.After(c.within):
				cmd.Process.Kill()
				t.Fatalf("still running %v after the signal", c.within)
			}
		})
	}
}

// full returns a pipe that is full: writing to it blocks.
func full(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	if err := w.SetWriteDeadline(time.Now().Add(time.Second / 10)); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = w.Write(make([]byte, 1<<10))
	}
	return w
}
