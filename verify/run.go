package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Subject is a backend that is held to the cases, and who it is.
type Subject struct {
	conv.Backend
	Name      string // gpu, cpu, …
	Algorithm string // that it is made to use, "" if it chooses
	Device    string // renderer or processor
	Driver    string // of a renderer
}

// String names the algorithm, the device and its driver.
func (s Subject) String() string {
	text := s.Name
	if s.Algorithm != "" {
		text += " " + s.Algorithm
	}
	if s.Device != "" {
		text += " on " + s.Device
	}
	if s.Driver != "" {
		text += ", OpenGL " + s.Driver
	}
	return text
}

// Record is what came of one case and one subject.
type Record struct {
	Case    Case
	Subject Subject
	Outcome compare.Outcome
	Seconds float64 // the subject's; the judge's are not in it
}

// Line says in one line who failed in what, or who was skipped why. Of several checks
// that failed it tells the first.
func (r Record) Line() string {
	why, more := r.Outcome.Why(), 0
	for _, f := range r.Outcome.Findings {
		if f.Status != compare.Failed {
			continue
		}
		if more++; more == 1 {
			why = f.String()
		}
	}
	if more > 1 {
		why += fmt.Sprintf("; %d more checks failed", more-1)
	}
	return fmt.Sprintf("%-9s %s (%v): %s", r.Outcome.Status(), r.Case.Name, r.Subject, why)
}

// Runner holds subjects to cases.
type Runner struct {
	Judge    conv.Backend // its plans are [conv.Oracle]s
	Subjects []Subject
	Cases    []Case
	Each     func(Record) error // is called with every record, one at a time
	// Progress is told how many records there are, if it is not nil.
	Progress func(done int)
}

// Records is how many there will be.
func (r Runner) Records() int { return len(r.Subjects) * len(r.Cases) }

// Run holds every subject to every case. While one case's subjects compute, the judge
// computes the next. A subject's failure is a record and the run goes on, but for
// [conv.ErrLost]: then the device can prove nothing more, and Run ends with that error
// behind its record. It ends early with ctx's error or Each's.
func (r Runner) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	exams := make(chan exam, 1)
	go func() {
		defer close(exams)
		for _, c := range r.Cases {
			select {
			case exams <- r.prepare(c):
			case <-ctx.Done():
				return
			}
		}
	}()
	done := 0
	for {
		var e exam
		var more bool
		select {
		case e, more = <-exams:
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil || !more {
			return err
		}
		for i, s := range r.Subjects {
			if err := r.sit(e, i, s); err != nil {
				return err
			}
			if done++; r.Progress != nil {
				r.Progress(done)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
}

// exam is a case with the judge's answers.
type exam struct {
	c       Case
	trial   *compare.Trial // nil if no subject wants it
	refused []error        // of each subject
	err     error          // the case's or the judge's
}

// prepare asks the subjects that can say so whether they compute the case at all, and
// the judge only if one does.
func (r Runner) prepare(c Case) exam {
	e := exam{c: c, refused: make([]error, len(r.Subjects))}
	wanted := false
	for i, s := range r.Subjects {
		if explainer, ok := s.Backend.(conv.Explainer); ok {
			if _, err := explainer.Explain(c.Problem); errors.Is(err, conv.ErrUnsupported) {
				e.refused[i] = err
			}
		}
		wanted = wanted || e.refused[i] == nil
	}
	if !wanted {
		return e
	}
	var filled compare.Case
	if filled, e.err = c.Fill(); e.err == nil {
		e.trial, e.err = compare.NewTrial(r.Judge, filled)
	}
	return e
}

// sit holds one subject to an exam.
func (r Runner) sit(e exam, i int, s Subject) error {
	if e.err != nil {
		return e.err
	}
	record := Record{Case: e.c, Subject: s}
	if refused := e.refused[i]; refused != nil {
		record.Outcome = compare.Refused(e.c.Name, e.c.Problem, refused)
		return r.Each(record)
	}
	var options compare.Options
	if e.c.Relation.Name != "" {
		options.Relations = []compare.Relation{e.c.Relation}
	}
	began := time.Now()
	record.Outcome = e.trial.Run(s.Backend, options)
	record.Seconds = time.Since(began).Seconds()
	if err := r.Each(record); err != nil {
		return err
	}
	if errors.Is(record.Outcome.Err, conv.ErrLost) {
		return fmt.Errorf("verify: case %s: %v: %w", e.c.Name, s, record.Outcome.Err)
	}
	return nil
}
