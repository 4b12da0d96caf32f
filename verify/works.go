package verify

import (
	"fmt"
	"sync"

	"gpuconv/compare"
	"gpuconv/conv"
)

// workHasher is implemented by backends that can tell their work apart. Two of them with the same driver compute the
// same bits for a problem if Work returns the same text for it.
type workHasher interface {
	Work(p conv.Problem) (string, error)
}

// works has the outcomes of one case with the tiles of several classes of devices. Often two classes cut the case
// alike. Then it is computed for the first of them only.
type works struct {
	mu  sync.Mutex
	all map[string]*work
}

// work is what one backend did in the case.
type work struct {
	done    sync.Once
	tiles   string                  // the class that did it
	outcome compare.Outcome         // of all checks
	parts   map[conv.Problem]string // the work of each problem that the checks made plans of
}

// run tests a backend of a subject. If a backend of another class has passed or failed the same checks with the same
// work, run returns its outcome and its class.
func (w *works) run(t *compare.Trial, s Subject, b conv.Backend, o compare.Options) (compare.Outcome, string) {
	maker, ok := b.(workHasher)
	if !ok || s.Tiles == "" {
		return t.Run(b, o), ""
	}
	strict := !o.Asked && tolerated(b, t.Case.Problem) // otherwise the checks are the same, asked or not
	first := w.of(fmt.Sprintln(s.Name, s.Algorithm, s.Device, s.Driver, strict, workOf(maker, t.Case.Problem)))
	first.done.Do(func() {
		log := &logged{Backend: b, maker: maker, parts: map[conv.Problem]string{}}
		first.tiles, first.outcome, first.parts = s.Tiles, t.Run(log, o), log.parts
	})
	if first.tiles == s.Tiles {
		return first.outcome, ""
	}
	for p, part := range first.parts { // relations derive problems from that of the case
		if workOf(maker, p) != part {
			return t.Run(b, o), ""
		}
	}
	return first.outcome, first.tiles
}

// tolerated reports whether checks depend on [compare.Options].Asked, or nobody knows that.
func tolerated(b conv.Backend, p conv.Problem) bool {
	explainer, ok := b.(conv.Explainer)
	if !ok {
		return true
	}
	d, err := explainer.Explain(p)
	return err != nil || d.Tolerance > 0 || d.Bound > conv.MaxBound
}

func (w *works) of(key string) *work {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[string]*work{}
	}
	if w.all[key] == nil {
		w.all[key] = &work{}
	}
	return w.all[key]
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
