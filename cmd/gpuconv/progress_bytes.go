package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// byteProgress shows how far a download is: as a bar on a terminal, elsewhere as a log line every few seconds. While
// the size of the file is unknown, it prints log lines on a terminal too.
type byteProgress struct {
	what     string
	terminal *os.File // nil if there is none
	bar      *progressbar.ProgressBar
	log      *slog.Logger
	began    time.Time
	had      int64 // bytes that an earlier download left
	last     time.Time
}

func newByteProgress(w io.Writer, what string) *byteProgress {
	p := &byteProgress{what: what, log: slog.New(slog.NewTextHandler(w, nil)), had: -1, began: time.Now(),
		last: time.Now()}
	if terminal, ok := barOf(w); ok {
		p.terminal = terminal
	}
	return p
}

// set shows that done of total bytes have arrived; total is −1 if it is unknown.
func (p *byteProgress) set(done, total int64) {
	if p.had < 0 {
		p.had = done
	}
	if p.terminal == nil || total < 0 {
		if done == total || time.Since(p.last) >= logEvery {
			p.last = time.Now()
			p.log.Info(p.what, append([]any{"bytes", done, "of", total},
				left(p.began, float64(done-p.had), float64(total-p.had))...)...)
		}
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.terminal),
			progressbar.OptionSetDescription(p.what),
			progressbar.OptionShowBytes(true), progressbar.OptionSetWidth(20), progressbar.OptionUseANSICodes(true),
			progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	p.bar.Set64(done) // it can only fail to write to the terminal
}

// stop clears the bar, finished or not.
func (p *byteProgress) stop() {
	if p.bar != nil {
		p.bar.Exit()
		p.bar.Clear()
	}
}
