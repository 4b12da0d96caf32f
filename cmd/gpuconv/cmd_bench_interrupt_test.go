package main

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"
)

// TestInterruptBench interrupts a bench while it times: it must end at once with one error, and leave nothing.
func TestInterruptBench(t *testing.T) {
	unixOnly(t)
	t.Parallel()
	cmd := program(t, "bench", "--backend", "cpu", "--cases", "^n=(1|4|16)/", "--time", "60s", "--json", "new/r.json")
	cmd.Dir = t.TempDir()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	var sent time.Time
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if sent.IsZero() && strings.Contains(lines.Text(), "msg=timing") {
			sent = time.Now()
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkInterrupted(t, cmd.Wait(), said.String(), cmd.Dir)
	if sent.IsZero() || time.Since(sent) > 5*time.Second {
		t.Errorf("it went on for %v after the signal", time.Since(sent))
	}
}
