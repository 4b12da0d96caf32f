package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterruptBench interrupts a bench while it times, once by each signal. The bench must end soon, with exit code 1
// and one error, and write a report of what was timed until then, which is marked as partial.
func TestInterruptBench(t *testing.T) {
	unixOnly(t)
	if raceEnabled {
		t.Skip("the race detector slows the report's intervals beyond the time that a stop may take")
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd := program(t, strings.Fields("bench --backend cpu --cases ^n=(1|4|16)/ --time 60s --count 1000 "+
				"--json new/r.json")...)
			cmd.Dir = t.TempDir()
			said, sent := interruptOnce(t, cmd, signal, " left=")
			if took := time.Since(sent); sent.IsZero() || took > 5*time.Second {
				t.Errorf("it continued for %v after the signal", took)
			}
			const want = "gpuconv: interrupted; the report has what was timed until then"
			if got := errorLine(t, said); got != want {
				t.Errorf("stderr is %q, want %q", got, want)
			}
			r, err := loadBench(context.Background(), filepath.Join(cmd.Dir, "new", "r.json"))
			if err != nil || !strings.HasPrefix(r.Run.Partial, "interrupted after ") || len(r.Results) == 0 ||
				len(r.Missing) == 0 {
				t.Errorf("%v; partial %q, %d results, missing %+v", err, r.Run.Partial, len(r.Results), r.Missing)
			}
		})
	}
}

// interruptOnce runs a program, and sends it a signal once it has printed four lines with the given text on stderr. The
// program must end with exit code 1. said is what it printed on stderr, and sent is when the signal was sent.
func interruptOnce(t *testing.T, cmd *exec.Cmd, signal os.Signal, text string) (said string, sent time.Time) {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
		lines.WriteString(scanner.Text() + "\n")
		if sent.IsZero() && strings.Count(lines.String(), text) == 4 {
			sent = time.Now()
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("it ended with %v, want exit code %d", err, exitFailed)
	}
	return lines.String(), sent
}
