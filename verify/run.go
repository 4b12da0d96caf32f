package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/parallel"
)

// Subject is a backend under test, with the names that reports give it.
type Subject struct {
	conv.Backend
	// Twins are further backends like Backend. Backends that compute one case at a time need them so that several cases
	// can be computed at once.
	Twins     []conv.Backend
	Name      string // gpu, cpu, …
	Algorithm string // the one that it is forced to use; "" if it chooses
	Fast      bool   // the user asked for [conv.Fast]
	// Unforced says which algorithm the backend chooses for a problem if none is forced. That algorithm must keep what
	// [conv.Exact] promises, even if it is forced. If Unforced is nil, every forced algorithm counts as one that the
	// user asked for.
	Unforced conv.Explainer
	Tiles    string // the class of devices as which a GPU cuts problems; "" if that is its own
	Device   string // the renderer or processor
	Driver   string // the OpenGL version of a renderer
}

// String names the backend, the algorithm, the device and its driver.
func (s Subject) String() string {
	text := s.Name
	if s.Algorithm != "" {
		text += " " + s.Algorithm
	}
	if s.Tiles != "" {
		text += " with the tiles of " + s.Tiles
	}
	if s.Device != "" {
		text += " on " + s.Device
	}
	if s.Driver != "" {
		text += ", OpenGL " + s.Driver
	}
	return text
}

// asked reports whether the user asked for the algorithm that computes p: by [conv.Fast], or by forcing an algorithm
// that the backend would not choose for p by itself.
func (s Subject) asked(p conv.Problem) bool {
	if s.Fast || s.Algorithm == "" || s.Unforced == nil {
		return s.Fast || s.Algorithm != ""
	}
	d, err := s.Unforced.Explain(p)
	return err != nil || d.Algorithm != s.Algorithm
}

// Record is the outcome of one case for one subject.
type Record struct {
	Case    Case
	Subject Subject
	Outcome compare.Outcome
	Seconds float64 // the time that the subject took, without the judge's
	Known   int     // the line of a list of known failures that expects this one; 0 if none does, see [Known]
	// As is the class of devices whose tiles make the same work of the case. The outcome is that class's, and the
	// subject computed nothing. It is "" if the subject computed.
	As string
}

// Status is passed, failed, known or skipped.
func (r Record) Status() string {
	if r.Known > 0 {
		return statusKnown
	}
	return r.Outcome.Status().String()
}

// statusKnown is the status of a failure that is expected.
const statusKnown = "known"

// Line says in one line who failed and how, or who was skipped and why. It describes the first failed check and counts
// the others.
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
	return fmt.Sprintf("%-9s %s (%v): %s", r.Status(), r.Case.Name, r.Subject, why)
}

// Note says how many of a case's outputs are NaN or infinite, as the judge's are. It looks only at the case's own
// numbers. It returns "" if there are none.
func (r Record) Note() string {
	for _, f := range r.Outcome.Findings {
		if text := f.Result.NotFinite(); text != "" && f.Numbers == "" {
			return fmt.Sprintf("%-9s %s (%v): outputs agree; %s", "note", r.Case.Name, r.Subject, text)
		}
	}
	return ""
}

// twin returns the backend that a worker uses for a case. If the case has bands and the backend is a
// [conv.Cutter], the returned backend cuts images into such bands.
func (s Subject) twin(c Case, worker int) conv.Backend {
	backend := s.Backend
	if i := worker % (1 + len(s.Twins)); i > 0 {
		backend = s.Twins[i-1]
	}
	if cutter, ok := backend.(conv.Cutter); ok && c.Bands > 0 {
		return cutter.InBands(c.Bands)
	}
	return backend
}

// Runner tests subjects on cases.
type Runner struct {
	Judge    conv.Backend // all its plans are [conv.Oracle]s
	Subjects []Subject
	Cases    []Case
	// Alone is for cases that take much memory: of all runs with Alone, one record is made at a time.
	Alone bool
	// Each is called with every record, in the order of Cases, and for one case in the order of Subjects.
	Each func(Record) error
}

// Records returns the number of records of a run.
func (r Runner) Records() int { return len(r.Subjects) * len(r.Cases) }

// Run tests every subject on every case, as [Run] does.
func (r Runner) Run(ctx context.Context) error { return Run(ctx, r) }

// Run makes several runs. Records are passed on in the order of the runs, but workers begin with the next run while
// others finish one. There is a worker for each core, since one record keeps only one core busy: compilers use one
// thread, and so do shaders with few outputs.
//
// If a subject fails, that is a record, and the run continues, except after [conv.ErrLost]: then the device can compute
// nothing more, and Run passes on the record and returns the error. If ctx is done or Each returns an error, Run
// returns that error. It does not wait for cases that are being computed, because the process is about to end.
func Run(ctx context.Context, runs ...Runner) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for next := range start(ctx, runs) {
		var a result
		select {
		case a = <-next.from:
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if a.err != nil {
			return a.err
		}
		if err := next.run.report(a.record); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// job is a record to make.
type job struct {
	run     *Runner
	c       Case
	subject int             // which of the run's subjects is tested
	judged  func() prepared // the case; all jobs of a case share it
	to      chan result
}

// result is what a job gives: a record or an error.
type result struct {
	record Record
	err    error
}

// promise is where the result of a job will be. It does not hold the case, which may take much memory.
type promise struct {
	run  *Runner
	from <-chan result
}

// ahead is how many records a worker may be ahead of the reader. So a program that takes seconds to compile stops no
// other worker.
const ahead = 32

// start makes workers that do the jobs of the runs. It returns a channel that receives a promise for each job, in the
// order of the jobs.
func start(ctx context.Context, runs []Runner) <-chan promise {
	workers := runtime.GOMAXPROCS(0)
	jobs, promises := make(chan job), make(chan promise, ahead*workers)
	var alone sync.Mutex
	for w := range workers {
		parallel.Start(func() error {
			for j := range jobs {
				j.to <- j.outcome(ctx, w, &alone)
			}
			return nil
		})
	}
	parallel.Start(func() error {
		defer close(promises)
		defer close(jobs)
		for j := range all(runs) {
			select {
			case jobs <- j:
			case <-ctx.Done():
				return nil
			}
			select {
			case promises <- promise{j.run, j.to}:
			case <-ctx.Done():
				return nil
			}
		}
		return nil
	})
	return promises
}

// all yields a job for each record of the runs, in order. Subjects of one case may be tested at the same time: some
// runs have few cases, each with many subjects.
func all(runs []Runner) iter.Seq[job] {
	return func(yield func(job) bool) {
		for _, r := range runs {
			for _, c := range r.Cases {
				judged := sync.OnceValue(func() prepared { return r.prepare(c) })
				for i := range r.Subjects {
					if !yield(job{&r, c, i, judged, make(chan result, 1)}) {
						return
					}
				}
			}
		}
	}
}

// outcome does a job. A panic becomes the error of its result.
func (j job) outcome(ctx context.Context, worker int, alone *sync.Mutex) (a result) {
	if j.run.Alone {
		alone.Lock()
		defer alone.Unlock()
	}
	if err := ctx.Err(); err != nil {
		return result{err: err}
	}
	err := fault.Guard(func() error {
		e := j.judged()
		if a.err = e.err; a.err == nil {
			a.record = j.run.hold(e, j.subject, worker)
		}
		return nil
	})
	if err != nil {
		return result{err: about("case "+j.c.Name, err)}
	}
	return a
}

// report passes on a record. It returns an error, which ends the run, if the device is lost.
func (r Runner) report(record Record) error {
	if err := r.Each(record); err != nil {
		return err
	}
	if errors.Is(record.Outcome.Err, conv.ErrLost) {
		return about(fmt.Sprintf("case %s: %v", record.Case.Name, record.Subject), record.Outcome.Err)
	}
	return nil
}

// prepared is a case that the judge has computed.
type prepared struct {
	c       Case
	trial   *compare.Trial // nil if all subjects refuse the case
	works   *works
	refused []error // for each subject, why it refuses the case
	err     error   // of the case or of the judge
}

// prepare asks each subject that is a [conv.Explainer] whether it refuses the case. The judge computes the case only if
// a subject is left.
func (r Runner) prepare(c Case) prepared {
	e := prepared{c: c, refused: make([]error, len(r.Subjects))}
	wanted := false
	for i, s := range r.Subjects {
		if explainer, ok := s.twin(c, 0).(conv.Explainer); ok {
			if _, err := explainer.Explain(c.Problem); errors.Is(err, conv.ErrUnsupported) {
				e.refused[i] = err
			}
		}
		wanted = wanted || e.refused[i] == nil
	}
	if !wanted {
		return e
	}
	e.works = newWorks(c, r.Subjects, e.refused)
	var filled compare.Case
	if filled, e.err = c.Fill(); e.err == nil {
		e.trial, e.err = compare.NewTrial(r.Judge, filled)
	}
	return e
}

// hold tests one subject on a case, with the twin that belongs to the worker.
func (r Runner) hold(e prepared, i, worker int) Record {
	s := r.Subjects[i]
	record := Record{Case: e.c, Subject: s}
	if refused := e.refused[i]; refused != nil {
		record.Outcome = compare.Refused(e.c.Name, e.c.Problem, refused)
		return record
	}
	options := compare.Options{Asked: s.asked(e.c.Problem)}
	if e.c.Relation.Name != "" {
		options.Relations = []compare.Relation{e.c.Relation}
	}
	record.Outcome, record.Seconds, record.As = e.works.run(e.trial, i, worker, options)
	return record
}

// about returns an error that says what err is about.
func about(what string, err error) error {
	return &fault.Error{Package: "verify", Argument: what, Err: err}
}
