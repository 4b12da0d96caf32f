package guest

import (
	"strings"
	"sync"
)

// tail keeps the end of what a child writes to stderr.
type tail struct {
	mutex sync.Mutex
	kept  []byte
}

const mostTail = 4096

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-mostTail):]
	return len(p), nil
}

// last returns the last line that is not empty.
func (t *tail) last() (line string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for text := range strings.Lines(strings.ToValidUTF8(string(t.kept), "?")) {
		if text = strings.Join(strings.Fields(text), " "); text != "" {
			line = text
		}
	}
	return line
}
