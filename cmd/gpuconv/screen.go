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

// screen is stdout or stderr. Everything that the program prints goes through one. It escapes control characters, so
// that text from outside, such as a file name or a driver's name, cannot steer a terminal. Only progress bars bypass
// it, which TestOneScreen checks; they hold no text from outside.
type screen struct {
	mu   sync.Mutex
	out  io.Writer
	half []byte // the first bytes of a character whose other bytes have not come yet
	lost error  // the first error of writing
	loudness
}

func newScreen(out io.Writer) *screen { return &screen{out: out} }

// Write writes text, and keeps its line breaks and tabs. It reports success even if it cannot write, so that a verb
// continues with its files; execute reports the error at the end.
func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.muted {
		return len(text), nil
	}
	all := append(s.half, text...)
	whole := len(all) - halfCharacter(all)
	s.half = append([]byte(nil), all[whole:]...)
	s.write(all[:whole], "\n\t")
	return len(text), nil
}

// mute silences the screen, or lets it show everything again.
func (s *screen) mute(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = on
}

// write writes text. It escapes all that fault.Escape escapes, except the characters in kept.
func (s *screen) write(text []byte, kept string) {
	if _, err := io.WriteString(s.out, fault.Escape(string(text), kept)); err != nil && s.lost == nil {
		s.lost = err
	}
}

// halfCharacter returns how many bytes at the end of text are a character that is not complete.
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

// flush writes the bytes of a last character that was never completed, and returns the first error of writing.
func (s *screen) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(s.half, "")
	s.half = nil
	return s.lost
}

// printLine formats a line and writes it. It escapes line breaks and tabs too, so that text from outside cannot begin a
// line that looks like the program's own. It returns the writer's error.
func printLine(w io.Writer, format string, args ...any) error {
	_, err := io.WriteString(w, fault.Line(fmt.Sprintf(format, args...))+"\n")
	return err
}

// terminalOf returns the file that w writes to, and whether that is a terminal.
func terminalOf(w io.Writer) (*os.File, bool) {
	if s, ok := w.(*screen); ok {
		w = s.out
	}
	file, ok := w.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// barOf returns the terminal for a progress bar, which moves the cursor. It returns none for a dumb terminal, for a
// Jupyter notebook, where a cursor cannot overwrite what was shown, and for a screen that is muted or on which
// --verbose prints more.
func barOf(w io.Writer) (*os.File, bool) {
	if s, ok := w.(*screen); ok && (s.muted || s.told) {
		return nil, false
	}
	if os.Getenv("TERM") == "dumb" || os.Getenv("JPY_PARENT_PID") != "" {
		return nil, false
	}
	return terminalOf(w)
}

// counted returns a number with its noun: 1 image, 3 images.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
