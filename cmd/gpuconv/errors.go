package main

import (
	"strconv"
	"strings"
)

// usageError marks an error of the call itself, for exit code 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usage marks err as an error of the call; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// reworded is an error in words that suit who typed the command.
type reworded struct {
	err  error
	text string
}

func (e reworded) Error() string { return e.text }
func (e reworded) Unwrap() error { return e.err }

// without returns err less the prefixes that its text starts with, one after the
// other: the package, and what the flag before it says already.
func without(err error, prefixes ...string) error {
	text := err.Error()
	for _, prefix := range prefixes {
		text = strings.TrimPrefix(text, prefix)
	}
	return reworded{err, text}
}

// oneLine joins the lines of a text, such as those of joined errors.
func oneLine(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// printable quotes a path that is empty or would break a line.
func printable(path string) string {
	if quoted := strconv.Quote(path); path == "" || quoted != `"`+path+`"` {
		return quoted
	}
	return path
}

// either lists what may be chosen: a, b or c.
func either(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
