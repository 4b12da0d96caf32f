package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMemoryFlag: run takes at most --memory plus 64 MiB, however many images there are. Without the flag it takes
// more, if its portions are as large as those of a large job.
func TestMemoryFlag(t *testing.T) {
	if raceEnabled || runtime.GOOS != "linux" {
		t.Skip("the race detector takes memory too, or the system does not tell how much a process has")
	}
	t.Chdir(t.TempDir())
	const flag, most = "40MiB", (40 + 64) << 20
	peak := func(images int, flags ...string) float64 {
		args := strings.Fields(fmt.Sprintf("run --orientations 0:180:%v --res 0.05 --channels 2 --backend cpu "+
			"--check 0 --no-sync", 180/float64(images)))
		cmd := program(t, append(append(args, "--output", fmt.Sprint("out", images, len(flags))), flags...)...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		most, err := peakOf(cmd)
		if err != nil {
			t.Fatal(err, errs.String())
		}
		return most
	}
	for _, images := range []int{1000, 20000} {
		for _, flags := range [][]string{{"--memory", flag}, {"--memory", flag, "--resume"}} {
			if got := peak(images, flags...); got > most {
				t.Errorf("%d images take %.0f bytes with %v, want at most %d", images, got, flags, most)
			}
		}
	}
	if got := peak(20000, "--res", "0.1", "--channels", "3", "--float16"); got <= most {
		t.Errorf("20000 larger images take %.0f bytes without --memory: the test shows nothing", got)
	}
}

// peakOf runs a command, and returns the most bytes of memory that its process had. It looks every millisecond. It
// returns 0 on systems other than Linux.
func peakOf(cmd *exec.Cmd) (most float64, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for ; ; time.Sleep(time.Millisecond) {
		select {
		case err := <-ended:
			return most, err
		default:
			most = max(most, highWater(cmd.Process.Pid))
		}
	}
}

// TestPeakIsOfTheProcess: peakOf does not count the memory of the process that starts the command.
func TestPeakIsOfTheProcess(t *testing.T) {
	if raceEnabled || runtime.GOOS != "linux" {
		t.Skip("the race detector takes memory too, or the system does not tell how much a process has")
	}
	held := make([]byte, 300<<20)
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	peak, err := peakOf(program(t, "info", "--help"))
	if err != nil || peak == 0 || peak > float64(len(held)) {
		t.Errorf("%.0f bytes, %v", peak, err)
	}
	runtime.KeepAlive(held)
}

// highWater returns the most bytes of memory that a process has had so far. It asks while the process runs: what the
// system reports after its end also counts the process that started it.
func highWater(pid int) (kilobytes float64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if _, rest, ok := strings.Cut(string(text), "VmHWM:"); ok && err == nil {
		_, _ = fmt.Sscan(rest, &kilobytes)
	}
	return 1024 * kilobytes
}

// TestSizes: sizes are read with their units, and anything else is refused.
func TestSizes(t *testing.T) {
	for text, want := range map[string]float64{"512MiB": 512 << 20, "2GB": 2e9, "1.5 kB": 1500, "7B": 7,
		"1TiB": 1 << 40} {
		var s sizeFlag
		if err := s.Set(text); err != nil || s.bytes != want || s.String() != text {
			t.Errorf("%s is %v (%v), want %v", text, s.bytes, err, want)
		}
	}
	for _, text := range []string{"", "5", "MiB", "-1MB", "0MB", "1mb", "1 M", "1e400GB", "nanMB", "1MB2"} {
		var s sizeFlag
		if err := s.Set(text); err == nil {
			t.Errorf("%q is read as %v", text, s.bytes)
		}
	}
}
