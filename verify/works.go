package verify

import (
	"fmt"
	"sync"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
)

// workHasher is implemented by backends that can tell their work apart. Two of them with the same driver compute the
// same bits for a problem if Work returns the same text for it.
type workHasher interface {
	Work(p conv.Problem) (string, error)
}

// works has the outcomes of one case. Often two classes of devices cut the case alike. Then it is computed for the
// first of them only, in the order of the subjects, whichever worker comes first.
type works struct {
	c     Case
	by    []Subject
	keys  []func() string // for each subject, a text that tells its work apart; "" if it has none
	works []work
}

// work is what one subject did in the case.
type work struct {
	once    sync.Once
	ended   any // the panic that ended it
	outcome compare.Outcome
	seconds float64
	parts   map[conv.Problem]string // the work of each problem that the checks made plans of
}

// newWorks returns works without outcomes. refused says which subjects refuse the case.
func newWorks(c Case, by []Subject, refused []error) *works {
	w := &works{c: c, by: by, keys: make([]func() string, len(by)), works: make([]work, len(by))}
	for i, s := range by {
		w.keys[i] = sync.OnceValue(func() string {
			b := s.twin(c, 0)
			maker, ok := b.(workHasher)
			if !ok || s.Tiles == "" || refused[i] != nil {
				return ""
			}
			strict := !s.asked(c.Problem) && tolerated(b, c.Problem) // otherwise the checks are the same, asked or not
			return fmt.Sprintln(s.Name, s.Algorithm, s.Device, s.Driver, strict, workOf(maker, c.Problem))
		})
	}
	return w
}

// first returns the first subject with the work of subject i: i, or one before it that has another class.
func (w *works) first(i int) int {
	for j := range i {
		if w.keys[i]() != "" && w.keys[j]() == w.keys[i]() && w.by[j].Tiles != w.by[i].Tiles {
			return j
		}
	}
	return i
}

// run tests subject i, with the twin of a worker. If a subject of another class passes or fails the same checks with
// the same work, run returns its outcome and its class.
func (w *works) run(t *compare.Trial, i, worker int, o compare.Options) (out compare.Outcome, seconds float64,
	as string) {
	first := w.first(i)
	done := w.do(t, first, worker, o)
	if first == i {
		return done.outcome, done.seconds, ""
	}
	maker := w.by[i].twin(w.c, worker).(workHasher)
	for p, part := range done.parts { // relations derive problems from that of the case
		if workOf(maker, p) != part {
			done = w.do(t, i, worker, o)
			return done.outcome, done.seconds, ""
		}
	}
	return done.outcome, 0, w.by[first].Tiles
}

// do returns the work of subject i, which is done once.
func (w *works) do(t *compare.Trial, i, worker int, o compare.Options) *work {
	one, b := &w.works[i], w.by[i].twin(w.c, worker)
	one.once.Do(func() {
		defer func() {
			if one.ended = recover(); one.ended != nil {
				panic(one.ended)
			}
		}()
		if w.keys[i]() != "" {
			one.parts = map[conv.Problem]string{}
			b = &logged{Backend: b, maker: b.(workHasher), parts: one.parts}
		}
		began := time.Now()
		one.outcome = t.Run(b, o)
		one.seconds = time.Since(began).Seconds()
	})
	if one.ended != nil { // on another worker
		panic(one.ended)
	}
	return one
}

// tolerated reports whether checks depend on [compare.Options].Asked. It returns true also if that is not known.
func tolerated(b conv.Backend, p conv.Problem) bool {
	explainer, ok := b.(conv.Explainer)
	if !ok {
		return true
	}
	d, err := explainer.Explain(p)
	return err != nil || d.Tolerance > 0 || d.Bound > conv.MaxBound
}

// workOf returns a text for a backend's work on a problem. An error is such a text, too.
func workOf(b workHasher, p conv.Problem) string {
	work, err := b.Work(p)
	if err != nil {
		return err.Error()
	}
	return work
}

// logged is a backend that notes its work.
type logged struct {
	conv.Backend
	maker workHasher
	parts map[conv.Problem]string
}

// Plan implements [conv.Backend].
func (l *logged) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if _, ok := l.parts[p]; !ok {
		l.parts[p] = workOf(l.maker, p)
	}
	return l.Backend.Plan(p, weight, bias)
}
