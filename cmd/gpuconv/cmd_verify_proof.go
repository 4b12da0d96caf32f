package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"gpuconv/batch"
	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/verify"
)

// proof is a verification in progress. A record is what a subject did in a case.
type proof struct {
	stdout  io.Writer
	stderr  io.Writer
	bar     *progress
	out     *proofFiles
	known   *verify.Known // failures that are expected; nil if there is no list
	most    int           // how many failures end the run; 0 if none do
	all     bool          // no flag leaves cases out
	devices bool          // several devices are compared
	report  verify.Report
	started time.Time
	drawn   int // how many pictures were drawn
	broken  []broken

	mu    sync.Mutex // of ended, and held while a record is added
	ended bool       // no record is added any more: an interrupted run may still be about to add one
}

// broken is a shader that does not compile.
type broken struct {
	conv.SourceError
	who   string
	cases int // that need it
}

func newProof(stdout, stderr io.Writer, out *proofFiles, runs []verify.Runner) *proof {
	report, total := blankReport(), 0
	for _, r := range runs {
		total += r.Records()
	}
	report.Total = total
	return &proof{stdout: stdout, stderr: stderr, out: out, started: time.Now(),
		bar: newProgressOf(stderr, "verifying", "cases", total), report: report}
}

// blankReport is the report of a proof that has not begun.
func blankReport() verify.Report {
	return verify.Report{Schema: 1, Program: describeProgram(), Command: strings.Join(os.Args, " "),
		Cases: []verify.Entry{}}
}

// begin writes the reports, with the number of cases.
func (p *proof) begin() error {
	err := p.out.begin(p.running())
	if err != nil {
		p.bar.stop()
	}
	return err
}

// running is the report while the proof runs.
func (p *proof) running() verify.Report {
	r := p.report
	r.Stopped, r.Seconds = verify.Running, time.Since(p.started).Seconds()
	return r
}

// whole makes the runs and concludes. If the runs were stopped, it calls stop before it concludes. An error that ended
// the runs, such as that of a lost device, comes before that of the conclusion.
func (p *proof) whole(ctx context.Context, stop func(), runs []verify.Runner) error {
	ended := p.prove(ctx, runs)
	if p.report.Stopped != "" {
		stop()
	}
	if err := p.conclude(); ended == nil {
		return err
	}
	return ended
}

// errEnough ends a run in which as many cases failed as --max-failures allows.
var errEnough = errors.New("enough cases have failed")

// prove makes the runs. If they are stopped, the report says why.
func (p *proof) prove(ctx context.Context, runs []verify.Runner) error {
	defer p.bar.stop()
	_ = batch.Await(ctx, func() error { p.compile(runs); return nil }) // if it is stopped, so are the runs
	looked := slices.Clone(runs)
	for i := range looked {
		looked[i].Each = p.look
	}
	err := batch.Await(ctx, func() error { return verify.Run(ctx, looked...) })
	if err == nil {
		return nil
	}
	p.end()
	switch {
	case errors.Is(err, errEnough) && p.most > 1:
		p.report.Stopped = fmt.Sprintf("stopped after %d failures", p.most)
	case errors.Is(err, errEnough):
		p.report.Stopped = "stopped at a failure"
	default:
		p.report.Stopped = stoppedBy(ctx, err)
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			return plain(err)
		}
	}
	return nil
}

// stoppedBy says why a proof did not go on, if err ended it.
func stoppedBy(ctx context.Context, err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return context.Cause(ctx).Error()
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return plain(err).Error()
}

// compile has each subject compile the programs of its first case, and prints which do not compile. To run them for the
// first time may take seconds for each subject, so without compile a mistake in the last shader would be found late.
// With a list of known failures, compile does nothing, and only cases are reported.
func (p *proof) compile(runs []verify.Runner) {
	seen := map[string]bool{}
	for _, r := range runs {
		for _, s := range r.Subjects {
			checker, ok := s.Backend.(conv.Checker)
			name := s.String()
			if !ok || seen[name] || p.known != nil {
				continue
			}
			seen[name] = true
			var mistake *conv.SourceError
			if errors.As(checker.Check(r.Cases[0].Problem), &mistake) {
				p.announce(mistake, verify.NewEntry(verify.Record{Case: r.Cases[0], Subject: s}).Who())
			}
		}
	}
}

// announce prints a mistake before a case has failed because of it.
func (p *proof) announce(e *conv.SourceError, who string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.blame(e, who, 0)
	}
}

// end returns when no record is being added, and none will be.
func (p *proof) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
}

// mostPictures is how many pictures are drawn at most, since a shader may be wrong in every case.
const mostPictures = 50

// look adds a record to the report and the files. If the case failed, it prints that at once and draws a picture, if
// there is a folder for it. If the case did not fail and has a note, it prints the note.
func (p *proof) look(r verify.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return context.Canceled
	}
	p.known.Look(&r)
	p.report.Count.Add(r)
	entry := verify.NewEntry(r)
	p.report.Cases = append(p.report.Cases, entry)
	if err := p.out.line(entry); err != nil {
		return err
	}
	if err := p.print(r, entry); err != nil {
		return err
	}
	p.bar.set(len(p.report.Cases))
	if err := p.out.refresh(p.running()); err != nil {
		return err
	}
	if p.most > 0 && p.report.Failed >= p.most {
		return errEnough
	}
	return nil
}

// print prints what there is to say about a record, and draws it.
func (p *proof) print(r verify.Record, entry verify.Entry) error {
	var mistake *conv.SourceError
	switch {
	case r.Outcome.Status() != compare.Failed:
		tell(p.stderr, "%v", r.Line())
		if note := r.Note(); note != "" {
			p.bar.clear()
			printLine(p.stdout, "%v", note)
		}
		return nil
	case errors.As(r.Outcome.Err, &mistake) && r.Known == 0:
		p.blame(mistake, entry.Who(), 1)
		return nil
	}
	p.bar.clear()
	printLine(p.stdout, "%v", r.Line())
	if p.out.pictures.path == "" || p.drawn >= mostPictures || r.Known > 0 {
		return nil
	}
	drew, err := p.out.picture(p.drawn+1, r)
	if drew {
		p.drawn++
	}
	return err
}

// blame counts cases that need a shader that does not compile. It prints the mistake once, with its line.
func (p *proof) blame(e *conv.SourceError, who string, cases int) {
	for i, b := range p.broken {
		if b.same(e) && b.who == who {
			p.broken[i].cases += cases
			return
		}
	}
	p.broken = append(p.broken, broken{*e, who, cases})
	p.bar.clear()
	printLine(p.stdout, "broken    %s: %s", who, e.Plain())
	if e.Text != "" {
		printLine(p.stdout, "broken    %s:%d | %s", e.File, e.Line, e.Text)
	}
}

// conclude writes the files and prints the counts. It returns the verdict.
func (p *proof) conclude() error {
	p.report.Seconds = time.Since(p.started).Seconds()
	verdict, last := p.verdict(), p.report
	if errors.Is(verdict, errNothing) {
		last.Stopped = errNothing.Error() // its JUnit must not be green
	}
	if err := p.out.end(last); err != nil {
		return err
	}
	for _, b := range p.broken {
		if b.cases == 0 {
			continue // the run was stopped before
		}
		printLine(p.stdout, "failed    %d × %s: shader %s does not compile%s", b.cases, b.who, b.Shader, b.at())
	}
	for _, skip := range p.report.NotLocal() {
		printLine(p.stdout, "not local %v", skip)
	}
	for _, alike := range p.report.Alike() {
		printLine(p.stdout, "alike     %v", alike)
	}
	for _, skip := range p.report.Skips() {
		printLine(p.stdout, "skipped   %v", skip)
	}
	for _, line := range p.report.Devices() {
		if p.devices {
			printLine(p.stdout, "device    %s", line)
		}
	}
	p.printStale()
	if p.report.Stopped != "" {
		printLine(p.stdout, "stopped   %s: %d of %d cases were run", p.report.Stopped, p.report.Done(), p.report.Total)
	}
	printLine(p.stdout, "%v", p.report.Count)
	return verdict
}

// errNothing is the verdict if all cases were skipped.
var errNothing = errors.New("no case was verified")

// verdict returns an error if a case failed, if none passed, or if not all cases were run.
func (p *proof) verdict() error {
	switch count := p.report.Count; {
	case p.report.Stopped != "" && count.Failed == 0:
		return fmt.Errorf("%s: %d of %d cases were run, none of them failed", p.report.Stopped, count.Done(),
			p.report.Total)
	case count.Failed > 0:
		return fmt.Errorf("%d of %d cases failed", count.Failed, count.Passed+count.Failed)
	case count.Passed == 0 && count.Known == 0:
		return errNothing
	}
	return nil
}

// same reports whether two mistakes are in the same line, or make the compiler say the same.
func (b broken) same(e *conv.SourceError) bool {
	return b.Shader == e.Shader && b.File == e.File && b.Line == e.Line && (b.File != "" || b.Log == e.Log)
}

// mostStale is how many wrong lines of a list of known failures are printed at most. If the list is for another
// program, nearly all may be wrong.
const mostStale = 20

// printStale says which lines of the list of known failures are wrong now.
func (p *proof) printStale() {
	stale := p.known.Stale(p.all && p.report.Stopped == "")
	for i, text := range stale {
		if i == mostStale {
			printLine(p.stdout, "known     %d more lines are wrong", len(stale)-i)
			return
		}
		printLine(p.stdout, "known     %s", text)
	}
}

// at says where the mistake is, if that is known.
func (b broken) at() string {
	if b.File == "" {
		return ""
	}
	return fmt.Sprintf(", %s:%d", b.File, b.Line)
}
