package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/statistics"
	"gpuconv/machine"
)

// Bench times the cases of a suite on subjects, as the doc of the package describes.
type Bench struct {
	Suite    Suite
	Subjects []Subject
	Judge    conv.Backend // computes the true outputs; its plans must implement [conv.Oracle]
	Settings Settings
	Until    time.Time // when the time is up; the zero value means Settings.Limit after the start of Run
	Seed     uint64    // of the order of cases, and of the random tensors
	// Progress is called after each case that was tried and each block that was timed. left is how long Run continues
	// at most. It may be nil.
	Progress func(done, total int, left time.Duration)
}

// Steps returns the total with which Progress is called at first: each case is tried once on each subject, and timed in
// each of the first Settings.Rounds rounds. The total becomes smaller when cases turn out not to be timed.
func (b Bench) Steps() int { return (1 + b.Settings.Rounds) * len(b.Suite.Cases) * len(b.Subjects) }

// running is the state of Bench.Run.
type running struct {
	Bench
	job
	ctx             context.Context
	rand            *rand.Rand
	started         time.Time
	subjects        []*measuredSubject
	probing         time.Duration // how long roofs were measured in all
	turns           int           // how often they were measured
	images, outputs []float32     // memory that all cases share
	filled          int           // how much of images has numbers: to fill all takes seconds for the largest case
	entries         []*entry
	cases           map[string]*prepared // by name; only those that were tried
	done            int                  // steps, as Progress counts them
}

// measuredSubject is a subject with what is measured of its device.
type measuredSubject struct {
	*Subject
	gauge  *machine.Gauge
	energy machine.Meter // empty if the subject does not compute on the processor
	roof   *Roof
}

// Run times all cases on all subjects until they have their samples or the time is up. It returns at most about a
// second after that. The caller has to fill in the report's Machine, and its Run's Command, Started and Seconds. A
// wrong output is not an error: the report has it. Errors are those of a backend or of ctx. If ctx is done, Run returns
// ctx's error and a report of what was timed until then, whose Run is marked as partial.
//
// Run does not wait for a call of a driver that takes longer than the time: such a call continues after Run has
// returned.
func (b Bench) Run(ctx context.Context) (Report, error) {
	w := &running{Bench: b, rand: rand.New(rand.NewPCG(b.Seed, 2)), started: time.Now(), cases: map[string]*prepared{}}
	for i := range b.Subjects {
		s := &measuredSubject{Subject: &b.Subjects[i]}
		if s.FMA != nil {
			s.gauge, s.energy = machine.NewGauge(s.FMA, s.Info.Threads), machine.NewMeter()
		}
		w.subjects = append(w.subjects, s)
	}
	if w.Until.IsZero() {
		w.Until = w.started.Add(time.Duration(w.Settings.Limit * 1e9))
	}
	limited, cancel := context.WithDeadline(ctx, w.Until)
	defer cancel()
	w.ctx = limited
	err := w.job.run(limited, w.work)
	switch {
	case ctx.Err() != nil:
		partial := fmt.Sprintf("interrupted after %s s", statistics.Digits(time.Since(w.started).Seconds()))
		return w.report(partial), ctx.Err()
	case err != nil && limited.Err() == nil:
		return Report{}, err
	}
	return w.report(""), nil
}

func (w *running) work() error {
	for _, step := range []func() error{w.measureRoofs, w.try, w.rounds} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// tries is the largest share of the time that goes to trying cases. In the rest of the time they are timed.
const tries = 0.5

// try prepares each case and estimates how long it takes on every subject. It notes which cases take too long, or are
// not supported by the subject. It ends when its share of the time is up, after the first case at the earliest; the
// report names the cases that were not tried.
func (w *running) try() error {
	src, dst := w.Suite.Memory()
	w.images, w.outputs = make([]float32, int(src/4)), make([]float32, int(dst/4))
	until := time.Now().Add(time.Duration(tries * float64(time.Until(w.Until))))
	for at, c := range w.Suite.Cases {
		late := func() bool { return at > 0 && time.Now().After(until) } // the first case may take all of the time
		if late() {
			return nil
		}
		p, err := w.prepare(c)
		if err != nil {
			return about("case "+c.Name, err)
		}
		w.note(func() { w.cases[c.Name] = p })
		for _, s := range w.subjects {
			if w.ctx.Err() != nil || late() {
				return w.ctx.Err()
			}
			if err := w.tryOn(p, s); err != nil {
				return err
			}
			w.step(w.Steps(), 0)
		}
	}
	return nil
}

// tryOn tries a case on a subject, and adds the entry: with an estimate, or with why the case is not timed.
func (w *running) tryOn(p *prepared, s *measuredSubject) error {
	e := &entry{prepared: p, subject: s}
	err := e.scout(w.ctx)
	switch {
	case errors.Is(err, conv.ErrUnsupported):
		e.missing = err.Error()
	case err != nil || w.ctx.Err() != nil:
		return w.failed(e.name(), err)
	case e.estimate > w.Settings.Longest:
		e.missing = fmt.Sprintf("one run would take about %s s, and %s s are allowed",
			statistics.Digits(e.estimate), statistics.Digits(w.Settings.Longest))
	}
	w.note(func() { w.entries, p.entries = append(w.entries, e), append(p.entries, e) })
	return nil
}

// step counts a step and reports progress. total is the number of all steps. each is how long a further step takes; 0
// means unknown.
func (w *running) step(total int, each time.Duration) {
	w.done = min(w.done+1, total)
	left := time.Until(w.Until)
	if each > 0 && w.done < total {
		left = min(left, each*time.Duration(total-w.done))
	}
	w.note(func() {
		if w.Progress != nil {
			w.Progress(w.done, total, max(left, 0))
		}
	})
}

// rounds works in rounds. In each it times, in random order, every entry that needs another round and for which there
// is time. It ends when no entry was timed in a round.
func (w *running) rounds() error {
	total := len(w.entries)
	for _, e := range w.entries {
		if e.missing == "" {
			total += w.Settings.Rounds
		}
	}
	begun, count := time.Now(), 0
	for round := 0; ; round++ {
		wanting, before := w.wanting(round), count
		for _, i := range w.rand.Perm(len(wanting)) {
			if w.ctx.Err() != nil {
				return w.ctx.Err()
			}
			if time.Until(w.Until).Seconds() <= wanting[i].took {
				continue // a shorter one may fit
			}
			if err := w.time(wanting[i], round); err != nil {
				return err
			}
			count++
			w.step(total, time.Since(begun)/time.Duration(count))
		}
		if count == before {
			return nil
		}
		if err := w.measureRoofs(); err != nil {
			return err
		}
	}
}

// wanting lists the entries that need a block in this round: in the first Settings.Rounds rounds all, then those with
// too few samples, too few seconds or too wide an interval. It leaves out those that are missing or wrong.
func (w *running) wanting(round int) (list []*entry) {
	for _, e := range w.entries {
		if e.missing != "" || e.wrong != "" {
			continue
		}
		count, seconds := e.count()
		if round < w.Settings.Rounds || count < w.Settings.Samples || seconds < w.Settings.Seconds ||
			statistics.NewInterval(e.samples(PhaseTotal), w.Seed).Noise() > w.Settings.Noise {
			list = append(list, e)
		}
	}
	return list
}

func (w *running) time(e *entry, round int) error {
	s := w.Settings
	start := time.Now()
	m, wrong, err := e.block(w.ctx, (s.Samples+s.Rounds-1)/s.Rounds, s.Seconds/float64(s.Rounds))
	if err != nil {
		return w.failed(e.name(), err)
	}
	m.round = round
	w.note(func() {
		e.blocks, e.wrong, e.took = append(e.blocks, m), wrong, time.Since(start).Seconds()
	})
	return nil
}

// failed returns the error of what, such as a case, or that of the context if it is done.
func (w *running) failed(what string, err error) error {
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	return about(what, err)
}

// about adds to an error what it is about, such as a case.
func about(what string, err error) error {
	return &fault.Error{Package: "bench", Argument: what, Err: err}
}
