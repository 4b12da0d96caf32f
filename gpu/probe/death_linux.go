package probe

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// death says in one line how the child ended, or that it hangs.
func (c *child) death() string {
	text, ended := "the driver"+c.driver(), " ended its process"
	if c.open.Place == "" { // no driver has been asked
		text, ended = "the process", " ended"
	}
	var exit *exec.ExitError
	switch {
	case c.hung && c.stuck:
		return text + " does not answer, and its process does not end"
	case c.hung:
		return text + " does not answer"
	case !errors.As(c.err, &exit):
		text += ended
	default:
		status := exit.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			text += " died of " + cmp.Or(unix.SignalName(status.Signal()), status.Signal().String())
		} else {
			text += fmt.Sprintf("%s with exit code %d", ended, status.ExitStatus())
		}
	}
	if last := c.stderr.lastLine(); last != "" {
		text += ": " + last
	}
	return text
}

// driver names, in brackets, the libraries of the drivers that were in use, and the environment variables that choose a
// driver. It returns "" if there are none.
func (c *child) driver() string {
	words := c.vendors
	if c.open.Vendor != "" {
		words = []string{c.open.Vendor}
	}
	for _, name := range overrides {
		if value := os.Getenv(name); value != "" {
			words = append(words, name+"="+value)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// tail keeps the end of what is written to it.
type tail struct {
	sync.Mutex // a child that does not end may still write
	kept       []byte
}

const mostTail = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.Lock()
	defer t.Unlock()
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-mostTail):]
	return len(p), nil
}

// mostLine is how many bytes of a driver's last line are shown.
const mostLine = 200

// lastLine returns the last line that is not empty, as printable text. If Go panicked, it returns the first line of the
// panic.
func (t *tail) lastLine() (last string) {
	t.Lock()
	defer t.Unlock()
	for line := range strings.Lines(string(t.kept)) {
		line = strings.Join(strings.Fields(line), " ")
		if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") {
			return clean(line)
		}
		if line != "" {
			last = line
		}
	}
	return clean(last)
}

// clean returns a line with ? in place of control characters, cut to mostLine bytes.
func clean(line string) string {
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(line, "?"))
	if len(line) > mostLine {
		line = strings.ToValidUTF8(line[:mostLine], "") + " …"
	}
	return line
}
