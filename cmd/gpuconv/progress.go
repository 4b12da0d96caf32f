package main

import (
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a long job is: a bar on a terminal, a log line every
// few seconds elsewhere.
type progress struct {
	bar   *progressbar.ProgressBar
	log   *slog.Logger
	what  string
	total int
	last  time.Time
}

// logEvery is how often a job that nobody watches says where it is.
const logEvery = 2 * time.Second

func newProgress(w io.Writer, what string, total int) *progress {
	return newProgressOf(w, what, "images", total)
}

// newProgressOf counts something else than images.
func newProgressOf(w io.Writer, what, unit string, total int) *progress {
	p := &progress{what: what, total: total, last: time.Now()}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		p.log = slog.New(slog.NewTextHandler(w, nil))
		return p
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		columns = 80
	}
	p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit),
		progressbar.OptionSetWidth(barWidth(columns, what, total)), progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	p.bar.RenderBlank() // the first chunk may take long
	return p
}

// barWidth leaves room for the text around the bar and for the ^C that a terminal
// adds: a line that wraps cannot be cleared.
func barWidth(columns int, what string, total int) int {
	text := what + " 100% || (" + strconv.Itoa(total) + "/" + strconv.Itoa(total) + ", 999999 images/s) [59m59s:59m59s]^C"
	return min(max(columns-len(text)-1, 2), 40)
}

// set says that done of the total are done.
func (p *progress) set(done int) {
	if p.bar != nil {
		p.bar.Set(done) // an error is one of writing to the terminal
		return
	}
	if done == p.total || time.Since(p.last) >= logEvery {
		p.last = time.Now()
		p.log.Info(p.what, "done", done, "of", p.total)
	}
}

// clear makes room for a line of output; the bar comes back with the next set.
func (p *progress) clear() {
	if p.bar != nil {
		p.bar.Clear()
	}
}

// stop clears the bar, finished or not.
func (p *progress) stop() {
	if p.bar != nil {
		p.bar.Exit()
		p.bar.Clear()
	}
}
