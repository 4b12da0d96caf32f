package main

import (
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a long job is: as a bar on a terminal, elsewhere as a log line every few seconds.
type progress struct {
	bar   *progressbar.ProgressBar
	log   *slog.Logger
	what  string
	total int
	last  time.Time
}

// logEvery is the time between two log lines.
const logEvery = 2 * time.Second

func newProgress(w io.Writer, what string, total int) *progress {
	return newProgressOf(w, what, "images", total)
}

// newProgressOf is newProgress for a unit other than images.
func newProgressOf(w io.Writer, what, unit string, total int) *progress {
	p := &progress{what: what, total: total, last: time.Now()}
	terminal, ok := terminalOf(w)
	if !ok {
		p.log = slog.New(slog.NewTextHandler(w, nil))
		return p
	}
	columns, _, err := term.GetSize(int(terminal.Fd()))
	if err != nil {
		columns = 80
	}
	p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(terminal), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit),
		progressbar.OptionSetWidth(barWidth(columns, what, total)), progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	p.bar.RenderBlank() // show it now: the first images may take long
	return p
}

// barWidth returns the width of the bar in columns. It leaves room for the text beside the bar and for the ^C that a
// terminal prints, because a line that wraps cannot be cleared.
func barWidth(columns int, what string, total int) int {
	text := what + " 100% || (" + strconv.Itoa(total) + "/" +
		strconv.Itoa(total) + ", 999999 images/s) [59m59s:59m59s]^C"
	return min(max(columns-len(text)-1, 2), 40)
}

// set shows that done of the total are done.
func (p *progress) set(done int) {
	if p.bar != nil {
		p.bar.Set(done) // it can only fail to write to the terminal
		return
	}
	if done == p.total || time.Since(p.last) >= logEvery {
		p.last = time.Now()
		p.log.Info(p.what, "done", done, "of", p.total)
	}
}

// clear makes room for a line of output. The next set brings the bar back.
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
