package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAutotuneInterrupted: if autotune would take minutes and is interrupted, it ends at once and stores no choice.
// Programs that are already compiled may stay in the cache.
func TestAutotuneInterrupted(t *testing.T) {
	unixOnly(t)
	needGPU(t)
	t.Parallel()
	dir := t.TempDir()
	cmd := program(t, "autotune", "--count", "1000")
	cmd.Env = append(cmd.Env, cacheVariable+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	waitFor(t, filepath.Join(dir, "programs", "*.program"), ended)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		checkInterrupted(t, err, stderr.String(), t.TempDir())
	case <-time.After(5 * time.Second):
		cmd.Process.Kill()
		t.Fatal("still running 5 s after the signal")
	}
	if files := names(t, dir); files != "probed programs" {
		t.Errorf("%q are there: want only probed and programs", files)
	}
}
