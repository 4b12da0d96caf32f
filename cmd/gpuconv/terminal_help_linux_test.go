package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
)

// TestNoColours: nothing that is sent to a terminal sets a colour, whether NO_COLOR is set or not.
func TestNoColours(t *testing.T) {
	for _, set := range []string{"", "1"} {
		t.Setenv("NO_COLOR", set)
		user, program := terminal(t)
		bar := newProgress(program, "convolving", 4000)
		bar.set(170)
		bar.stop()
		if code := execute(t.Context(), []string{"run", "--help"}, program, program); code != exitOK {
			t.Fatal(code)
		}
		execute(t.Context(), []string{"runn"}, program, program)
		program.Close()
		text, _ := io.ReadAll(user) // it ends with an error when the other end is closed
		if !bytes.Contains(text, []byte("did you mean run?")) || regexp.MustCompile(`\x1b\[[0-9;]*m`).Match(text) {
			t.Errorf("NO_COLOR=%q: the terminal shows %q", set, text)
		}
	}
}

// TestDumbTerminal: a terminal that cannot move its cursor gets no bar.
func TestDumbTerminal(t *testing.T) {
	user, program := terminal(t)
	t.Setenv("TERM", "dumb")
	bar := newProgress(program, "convolving", 400)
	bar.set(400)
	bar.stop()
	program.Close()
	text, _ := io.ReadAll(user)
	if bytes.Contains(text, []byte("\x1b")) || !bytes.Contains(text, []byte("done=400 of=400")) {
		t.Errorf("the terminal shows %q", text)
	}
}

// TestHelpFitsTheTerminal: no line of any help is wider than the terminal, except examples, which are to be copied, and
// words without spaces.
func TestHelpFitsTheTerminal(t *testing.T) {
	user, program := terminal(t) // 80 columns
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(user)
		shown <- string(text)
	}()
	for _, verb := range []string{"run", "stimuli", "bench", "tuning", "--help"} {
		execute(t.Context(), []string{verb, "--help"}, program, program)
	}
	program.Close()
	text := strings.ReplaceAll(<-shown, "\r\n", "\n")
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
