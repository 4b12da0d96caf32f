package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestLogHasTimeLeft: where stderr is not a terminal, the lines of a long job say how much longer it takes.
func TestLogHasTimeLeft(t *testing.T) {
	var log bytes.Buffer
	bar := newProgress(&log, "convolving", 400)
	bar.began, bar.last = time.Now().Add(-time.Minute), time.Time{}
	bar.set(100)
	bar.set(400)
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	// a pause adds seconds
	ends := func(text, with string) bool { return regexp.MustCompile(with + "$").MatchString(text) }
	if len(lines) != 2 || !ends(lines[0], "done=100 of=400 left=3m[0-9]s") ||
		!strings.HasSuffix(lines[1], "done=400 of=400") {
		t.Errorf("%q", lines)
	}
	log.Reset()
	bytes := newByteProgress(&log, "downloading")
	bytes.set(100, 1000) // an earlier download left them
	bytes.began, bytes.last = time.Now().Add(-time.Minute), time.Time{}
	bytes.set(400, 1000)
	if text := strings.TrimSpace(log.String()); !ends(text, "bytes=400 of=1000 left=2m[0-9]s") {
		t.Errorf("%q", text)
	}
}

// TestWrapped: text is filled, entries of lists are indented, and nothing is lost.
func TestWrapped(t *testing.T) {
	text := "One two three\nfour five.\n\nKinds:\n  square   bright and dark bars of a wave\n  dot      a disc\n"
	want := "One two three four\nfive.\n\nKinds:\n  square   bright\n           and dark\n           bars " +
		"of\n           a wave\n  dot      a disc"
	if got := wrapped(text, 19); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := wrapped(text, 0); got != text {
		t.Errorf("%q", got)
	}
}

// TestMemoryIsKept: a run takes no more memory than --dry-run says, for many small images, few large ones, large
// filters and pictures of a given size.
func TestMemoryIsKept(t *testing.T) {
	if testing.Short() || raceEnabled || runtime.GOOS != "linux" {
		t.Skip("it convolves much, and the race detector takes memory too, or the memory is not known")
	}
	dir := t.TempDir()
	lines := []string{
		"--orientations -90:90:0.045",
		"--stimulus|grating orientation=0:180:45 image-size=1200|--filter|gabor orientation=0:180:45 size=31",
		"--stimulus|white-noise seed=0:64:1 image-size=256|--filter|gabor orientation=0:180:22.5 sf=0.1 size=31 quadrature|--activation|energy",
		"--orientations 0:180:45 --width 180 --dpi 600",
	}
	if ok, err := condition("gpu"); err != nil {
		t.Fatal(err)
	} else if ok {
		lines = append(lines, "--orientations 0:180:5 --backend gpu",
			"--stimulus|white-noise seed=0:16:1 image-size=512,256|"+
				"--filter|gabor orientation=0:180:2.8125 sf=0.1 size=31|--backend|gpu")
	}
	for i, line := range lines {
		args := strings.Fields(line)
		if strings.Contains(line, "|") {
			args = strings.Split(line, "|")
		}
		args = append([]string{"run", "--backend", "cpu", "--no-sync", "--output", filepath.Join(dir, strconv.Itoa(i))},
			args...)
		code, out, errs := ran(t, append(args, "--dry-run")...)
		found := regexp.MustCompile(`(?m)^memory    at most ([0-9.]+) (MB|GB),`).FindStringSubmatch(out)
		if code != exitOK || found == nil {
			t.Fatalf("%s: %d, %s%s", line, code, out, errs)
		}
		most, _ := strconv.ParseFloat(found[1], 64)
		most *= map[string]float64{"MB": 1e6, "GB": 1e9}[found[2]]
		cmd := program(t, args...)
		var text bytes.Buffer
		cmd.Stdout, cmd.Stderr = &text, &text
		peak, err := peakOf(cmd)
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, text.String())
		}
		if peak > most {
			t.Errorf("%s: took %.0f MB, --dry-run says at most %.0f MB", line, peak/1e6, most/1e6)
		} else {
			t.Logf("%s: took %.0f MB of at most %.0f MB", line, peak/1e6, most/1e6)
		}
		os.RemoveAll(filepath.Join(dir, strconv.Itoa(i)))
	}
}
