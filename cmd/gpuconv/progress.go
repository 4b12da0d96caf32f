package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a long job is: a bar on a terminal, a log line every
// few seconds elsewhere.
type progress struct {
	bar   *progressbar.ProgressBar
	log   *slog.Logger
	total int
	last  time.Time
}

// logEvery is how often a job that nobody watches says where it is.
const logEvery = 2 * time.Second

func newProgress(w io.Writer, what string, total int) *progress {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("images"),
			progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		return &progress{bar: bar, total: total}
	}
	return &progress{log: slog.New(slog.NewTextHandler(w, nil)), total: total, last: time.Now()}
}

// set says that done of the total are done.
func (p *progress) set(done int) {
	if p.bar != nil {
		p.bar.Set(done) // an error is one of writing to the terminal
		return
	}
	if done == p.total || time.Since(p.last) >= logEvery {
		p.last = time.Now()
		p.log.Info("convolving", "done", done, "of", p.total)
	}
}

// stop clears the bar, finished or not.
func (p *progress) stop() {
	if p.bar != nil {
		p.bar.Exit()
	}
}
