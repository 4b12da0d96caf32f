package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"unicode/utf8"

	"gpuconv/fault"

	"golang.org/x/term"
)

// screen is stdout or stderr. Everything that the program prints goes through one, so that no text from outside, such
// as a file name or a driver's name, reaches a terminal with characters that steer it: they are escaped. Only the bars
// of progress write past it, and they hold no text from outside. TestOneScreen keeps that.
type screen struct {
	mu   sync.Mutex
	out  io.Writer
	half []byte // the first bytes of a character whose others are not written yet
	lost error  // why a text could not be written, the first time
}

func newScreen(out io.Writer) *screen { return &screen{out: out} }

// Write writes text, with its line breaks and tabs as they are. It reports all of text as written, also if it could not
// write: a verb goes on with its files, and execute says so at the end.
func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(s.half, text...)
	whole := len(all) - halfCharacter(all)
	s.half = append([]byte(nil), all[whole:]...)
	s.write(all[:whole], "\n\t")
	return len(text), nil
}

// write writes text, in which it keeps some characters as they are.
func (s *screen) write(text []byte, kept string) {
	if _, err := io.WriteString(s.out, fault.Escape(string(text), kept)); err != nil && s.lost == nil {
		s.lost = err
	}
}

// halfCharacter returns how many bytes at the end of text are the start of a character.
func halfCharacter(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// flush writes what is left of a character that was never whole, and returns why something could not be written.
func (s *screen) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(s.half, "")
	s.half = nil
	return s.lost
}

// printLine formats a line and writes it. A line break or tab that a text from outside has is escaped too, so that no
// name begins a line which looks like one of the program's. It returns the writer's error.
func printLine(w io.Writer, format string, args ...any) error {
	_, err := io.WriteString(w, fault.Line(fmt.Sprintf(format, args...))+"\n")
	return err
}

// terminalOf returns the terminal that w writes to, for a bar, which moves the cursor.
func terminalOf(w io.Writer) (*os.File, bool) {
	if s, ok := w.(*screen); ok {
		w = s.out
	}
	file, ok := w.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// counted returns a number of things that take an s if there are several.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
