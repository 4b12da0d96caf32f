package main

import (
	"io"
	"log/slog"
	"strconv"
	"time"

	"gpuconv/experiment"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a long job is: as a bar on a terminal, elsewhere as a log line every few seconds.
type progress struct {
	bar   *progressbar.ProgressBar
	log   *slog.Logger
	what  string
	total int
	began time.Time
	last  time.Time

	judging bool // a line has said that the check began
}

// logEvery is the time between two log lines.
const logEvery = 2 * time.Second

func newProgress(w io.Writer, what string, total int) *progress {
	return newProgressOf(w, what, "images", total)
}

// newTimedProgress is like newProgress, for a job with a time limit. Such a job calls setLeft, not set.
func newTimedProgress(w io.Writer, what string, total int) *progress {
	p := newProgressOf(w, what, "", total)
	p.last = time.Time{} // the first line comes at once
	return p
}

// newProgressOf is like newProgress, but for a unit other than images. Without a unit it shows no rate, and predicts no
// time.
func newProgressOf(w io.Writer, what, unit string, total int) *progress {
	p := &progress{what: what, total: total, began: time.Now(), last: time.Now()}
	terminal, ok := barOf(w)
	if !ok {
		p.log = slog.New(slog.NewTextHandler(w, nil))
		return p
	}
	columns, _, err := term.GetSize(int(terminal.Fd()))
	if err != nil {
		columns = 80
	}
	options := []progressbar.Option{progressbar.OptionSetWriter(terminal), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(barWidth(columns, what, total)),
		progressbar.OptionUseANSICodes(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100 * time.Millisecond)}
	if unit == "" {
		options = append(options, progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	} else {
		options = append(options, progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit))
	}
	p.bar = progressbar.NewOptions(total, options...)
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
		p.log.Info(p.what, append([]any{"done", done, "of", p.total},
			left(p.began, float64(done), float64(p.total))...)...)
	}
}

// left predicts, for a log line, how much longer a job takes, from how much of it is done. It predicts nothing at the
// beginning and at the end of a job.
func left(began time.Time, done, total float64) []any {
	if !(done > 0 && done < total) {
		return nil
	}
	return []any{"left", time.Duration(float64(time.Since(began)) / done * (total - done)).Round(time.Second)}
}

// setLeft shows that done of total are done, and that the job continues for the time left at most.
func (p *progress) setLeft(done, total int, left time.Duration) {
	left = left.Round(time.Second)
	switch {
	case p.bar != nil:
		p.bar.ChangeMax(total)
		p.bar.Describe(p.what + ", at most " + left.String())
		p.bar.Set(min(done, total-1)) // not total: a full bar disappears, and the job may continue for more samples
	case time.Since(p.last) >= logEvery:
		p.last = time.Now()
		p.log.Info(p.what, "done", done, "of", total, "left", left)
	}
}

// phase shows what is being done now. A log line says so if the last one is a while ago, and before whole images are
// checked for the first time, since the first may take a minute.
func (p *progress) phase(what string) {
	if what == p.what {
		return
	}
	p.what = what
	switch {
	case p.bar != nil:
		p.bar.Describe(what)
	case time.Since(p.last) >= logEvery, what == experiment.Judging && !p.judging:
		p.last, p.judging = time.Now(), p.judging || what == experiment.Judging
		p.log.Info(what)
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
