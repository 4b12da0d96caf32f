package whole

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestNow: the time of the disk that has a folder, which stays as it is.
func TestNow(t *testing.T) {
	dir := t.TempDir()
	now, err := Now(dir)
	if apart := time.Since(now); err != nil || apart < -time.Minute || apart > time.Minute {
		t.Errorf("%v, %v from now", err, apart)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("there is %q", got)
	}
	if _, err := Now(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there has a time")
	}
}

const clockVariable = "GPUCONV_TEST_CLOCK"

// TestNowKilled: what processes leave that were killed while they asked for the time goes with the next one.
func TestNowKilled(t *testing.T) {
	dir := t.TempDir()
	for tries := 0; names(t, dir) == ""; tries++ {
		if tries == 20 {
			t.Fatal("no process was killed at the moment")
		}
		asks := exec.Command(os.Args[0], "-test.run=^TestNowAsks$")
		asks.Env = append(os.Environ(), clockVariable+"="+dir)
		if err := asks.Start(); err != nil {
			t.Fatal(err)
		}
		for i := 0; names(t, dir) == "" && i < 10000; i++ {
			time.Sleep(time.Millisecond)
		}
		_ = asks.Process.Kill()
		_ = asks.Wait()
	}
	if _, err := Now(dir); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("%q are left", got)
	}
}

// TestNowAsks is the process that [TestNowKilled] kills.
func TestNowAsks(t *testing.T) {
	dir := os.Getenv(clockVariable)
	if dir == "" {
		t.Skip("TestNowKilled starts it")
	}
	for {
		if _, err := Now(dir); err != nil {
			t.Fatal(err)
		}
	}
}
