package main

import (
	"regexp"
	"strings"
	"testing"
)

// TestNoColours: nothing that is sent to a terminal sets a colour, whether NO_COLOR is set or not.
func TestNoColours(t *testing.T) {
	for _, set := range []string{"", "1"} {
		t.Setenv("NO_COLOR", set)
		program, shown := terminal(t)
		bar := newProgress(program, "convolving", 4000)
		bar.set(170)
		bar.stop()
		if code := execute(t.Context(), []string{"run", "--help"}, program, program); code != exitOK {
			t.Fatal(code)
		}
		execute(t.Context(), []string{"runn"}, program, program)
		text := shown()
		if !strings.Contains(text, "did you mean run?") || regexp.MustCompile(`\x1b\[[0-9;]*m`).MatchString(text) {
			t.Errorf("NO_COLOR=%q: the terminal shows %q", set, text)
		}
	}
}

// TestDumbTerminal: a terminal that cannot move its cursor gets no bar.
func TestDumbTerminal(t *testing.T) {
	program, shown := terminal(t)
	t.Setenv("TERM", "dumb")
	bar := newProgress(program, "convolving", 400)
	bar.set(400)
	bar.stop()
	if text := shown(); strings.Contains(text, "\x1b") || !strings.Contains(text, "done=400 of=400") {
		t.Errorf("the terminal shows %q", text)
	}
}

// TestHelpFitsTheTerminal: no line of any help is wider than the terminal, except examples, which are to be copied, and
// words without spaces.
func TestHelpFitsTheTerminal(t *testing.T) {
	program, shown := terminal(t) // 80 columns
	for _, verb := range []string{"run", "stimuli", "bench", "tuning", "--help"} {
		execute(t.Context(), []string{verb, "--help"}, program, program)
	}
	text := strings.ReplaceAll(shown(), "\r\n", "\n")
	text = regexp.MustCompile(`(?m)^Examples:\n(.+\n)+`).ReplaceAllString(text, "")
	lines := strings.Split(text, "\n")
	for _, line := range lines {
		if columns := len([]rune(line)); columns > 80 && strings.Contains(strings.TrimSpace(line), " ") &&
			!strings.HasPrefix(line, "  gpuconv") {
			t.Errorf("%d columns: %s", columns, line)
		}
	}
	if len(lines) < 200 {
		t.Errorf("%d lines are shown", len(lines))
	}
}
