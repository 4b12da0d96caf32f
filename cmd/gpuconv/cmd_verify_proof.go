package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"gpuconv/batch"
	"gpuconv/compare"
	"gpuconv/verify"
)

// proof is a verification in progress. A record is what a subject did in a case.
type proof struct {
	stdout  io.Writer
	bar     *progress
	out     *proofFiles
	report  verify.Report
	started time.Time
	before  int // how many records the runs have that have ended
	drawn   int // how many pictures were drawn
}

func newProof(stdout, stderr io.Writer, out *proofFiles, runs []verify.Runner) *proof {
	total := 0
	for _, r := range runs {
		total += r.Records()
	}
	return &proof{stdout: stdout, out: out, started: time.Now(),
		bar: newProgressOf(stderr, "verifying", "cases", total),
		report: verify.Report{Schema: 1, Program: describeProgram(), Command: strings.Join(os.Args, " "),
			Cases: []verify.Entry{}}}
}

// prove makes the runs, one after the other.
func (p *proof) prove(ctx context.Context, runs []verify.Runner) error {
	defer p.bar.stop()
	for _, r := range runs {
		r.Each = p.look
		r.Progress = func(done int) { p.bar.set(p.before + done) }
		if err := batch.Await(ctx, func() error { return r.Run(ctx) }); err != nil {
			return plain(err)
		}
		p.before += r.Records()
	}
	return nil
}

// mostPictures is how many pictures are drawn at most, since a shader may be wrong in every case.
const mostPictures = 50

// look adds a record to the report. If the case failed, it prints that at once and draws a picture, if there is a
// folder for it. If the case did not fail and has a note, it prints the note.
func (p *proof) look(r verify.Record) error {
	p.report.Count.Add(r)
	p.report.Cases = append(p.report.Cases, verify.NewEntry(r))
	if r.Outcome.Status() != compare.Failed {
		if note := r.Note(); note != "" {
			p.bar.clear()
			printLine(p.stdout, "%v", note)
		}
		return nil
	}
	p.bar.clear()
	printLine(p.stdout, "%v", r.Line())
	if p.out.pictures.path == "" || p.drawn >= mostPictures {
		return nil
	}
	drew, err := verify.WritePictures(p.out.pictures.Folder, p.drawn+1, r)
	if drew {
		p.drawn++
	}
	return p.out.pictures.blame(err)
}

// conclude writes the files and prints the counts. It returns an error if a case failed, if none passed, or if ctx is
// done; then it writes nothing.
func (p *proof) conclude(ctx context.Context) error {
	p.report.Seconds = time.Since(p.started).Seconds()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.out.write(p.report); err != nil {
		return err
	}
	for _, skip := range p.report.NotLocal() {
		printLine(p.stdout, "not local %v", skip)
	}
	for _, skip := range p.report.Skips() {
		printLine(p.stdout, "skipped   %v", skip)
	}
	count := p.report.Count
	printLine(p.stdout, "%v", count)
	switch {
	case count.Failed > 0:
		return fmt.Errorf("%d of %d cases failed", count.Failed, count.Passed+count.Failed)
	case count.Passed == 0:
		return errors.New("no case was verified")
	}
	return nil
}
