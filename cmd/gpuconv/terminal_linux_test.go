package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal returns the program's end of a new terminal of 80 columns, which can move its cursor whatever the tests run
// in. Its other end is read all the time, since a kernel may hold as little as 4 KiB. The function shown closes the
// program's end and returns what was written.
func terminal(t *testing.T) (program *os.File, shown func() string) {
	t.Helper()
	t.Setenv("TERM", "xterm")
	t.Setenv("JPY_PARENT_PID", "")
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminals: %v", err)
	}
	t.Cleanup(func() { user.Close() })
	if err := unix.IoctlSetPointerInt(int(user.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(user.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals: %v", err)
	}
	t.Cleanup(func() { program.Close() })
	if err := unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	text := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(user) // it ends with an error when the other end is closed
		text <- string(all)
	}()
	return program, func() string {
		program.Close()
		return <-text
	}
}

// TestProgressOnTerminal: the bar fits the line. At the end it disappears, whether the job finished or not.
func TestProgressOnTerminal(t *testing.T) {
	for _, done := range []int{0, 170, 4000} {
		program, shown := terminal(t)
		bar := newProgress(program, "convolving", 4000)
		time.Sleep(150 * time.Millisecond) // longer than the time between two updates of the bar
		if done > 0 {
			bar.set(done)
		}
		bar.stop()
		seen := shown()
		if !strings.Contains(seen, "convolving") || done == 170 && !strings.Contains(seen, "4%") {
			t.Errorf("%d of 4000: the terminal shows %q", done, seen)
		}
		if !strings.HasSuffix(seen, "\x1b[2K\r") || strings.Contains(seen, "\n") {
			t.Errorf("%d of 4000: the bar is not cleared: %q", done, seen)
		}
		for line := range strings.SplitSeq(seen, "\r") {
			bar := strings.TrimRight(strings.NewReplacer("\x1b[2K", "", "\x1b[0K", "").Replace(line), " ")
			if len([]rune(bar)) > 77 {
				t.Errorf("%d of 4000: %q is too long for 80 columns and ^C", done, bar)
			}
		}
	}
}

// TestProgressGoesWhenDone: the bar disappears as soon as all images are done, while the pictures are still drawn.
func TestProgressGoesWhenDone(t *testing.T) {
	program, shown := terminal(t)
	bar := newProgress(program, "convolving", 48)
	bar.set(48) // sooner than the time between two updates of the bar
	if seen := shown(); !strings.Contains(seen, "convolving") || !strings.HasSuffix(seen, "\x1b[2K\r") {
		t.Errorf("the terminal shows %q", seen)
	}
}

// TestByteProgressOnTerminal: the same holds for a download, finished or not.
func TestByteProgressOnTerminal(t *testing.T) {
	for _, end := range []int64{5_500_000, 11_000_000} {
		program, shown := terminal(t)
		bar, total := newByteProgress(program, "downloading"), int64(11_000_000)
		for done := int64(0); done <= end; done += 1_100_000 {
			bar.set(done, total)
			time.Sleep(110 * time.Millisecond) // longer than the time between two updates of the bar
		}
		bar.stop()
		seen := shown()
		if !strings.Contains(seen, "downloading") || !strings.Contains(seen, "MB") {
			t.Errorf("of %d: the terminal shows %q", total, seen)
		}
		if !strings.HasSuffix(seen, "\x1b[2K\r") || strings.Contains(seen, "\n") {
			t.Errorf("of %d: the bar is not cleared: %q", total, seen)
		}
		for line := range strings.SplitSeq(seen, "\r") {
			bar := strings.TrimRight(strings.NewReplacer("\x1b[2K", "", "\x1b[0K", "").Replace(line), " ")
			if len([]rune(bar)) > 77 {
				t.Errorf("of %d: %q is too long for 80 columns and ^C", total, bar)
			}
		}
	}
}
