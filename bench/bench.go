package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/statistics"
)

// Bench times the cases of a suite on subjects, as the doc of the package describes.
type Bench struct {
	Suite    Suite
	Subjects []Subject
	Judge    conv.Backend // computes the true outputs; its plans must be of type [conv.Oracle]
	Settings Settings
	Seed     uint64                // of the order of cases, and of the random tensors
	Progress func(done, total int) // called after each block of the first Settings.Rounds; may be nil
}

// DefaultSettings returns the defaults: at least 10 rounds, and at least 10 samples and half a second of each case on
// each backend. Rounds go on until confidence intervals are within ±1 % or limit has passed. longest is how long a
// single run may take.
func DefaultSettings(limit, longest time.Duration) Settings {
	return Settings{Samples: 10, Seconds: 0.5, Rounds: 10, Noise: 0.01, Limit: limit.Seconds(),
		Longest: longest.Seconds()}
}

// Blocks returns how many blocks the first Settings.Rounds rounds have at most.
func (b Bench) Blocks() int { return b.Settings.Rounds * len(b.Suite.Cases) * len(b.Subjects) }

// running is the state of Bench.Run.
type running struct {
	Bench
	ctx     context.Context
	rand    *rand.Rand
	started time.Time
	energy  meter
	gauges  map[*Subject]*gauge
	roofs   map[*Subject]*Roof
	entries []*entry
	cases   []*prepared
}

// Run times all cases on all subjects. The caller has to fill in the report's Machine, and its Run's Command, Started
// and Seconds. A wrong output is not an error: the report has it. Errors are those of a backend or of ctx.
func (b Bench) Run(ctx context.Context) (Report, error) {
	w := &running{Bench: b, ctx: ctx, rand: rand.New(rand.NewPCG(b.Seed, 2)), started: time.Now(), energy: newMeter(),
		gauges: map[*Subject]*gauge{}, roofs: map[*Subject]*Roof{}}
	for _, step := range []func() error{w.prepare, w.measureRoofs, w.scout, w.rounds, w.measureRoofs} {
		if err := step(); err != nil {
			return Report{}, err
		}
	}
	return w.report(), nil
}

// prepare makes the random tensors of all cases, and lets the judge compute their outputs. All cases share the memory
// of images and outputs, which is as large as the largest case needs.
func (w *running) prepare() error {
	var most [2]int // elements of src and dst
	for _, c := range w.Suite.Cases {
		dst, err := c.Problem.Dst()
		if err != nil {
			return about("case "+c.Name, err)
		}
		for i, s := range []conv.Shape{c.Problem.Src, dst} {
			n, err := s.Len()
			if err != nil {
				return about("case "+c.Name, err)
			}
			most[i] = max(most[i], n)
		}
	}
	src, dst := make([]float32, most[0]), make([]float32, most[1])
	w.fill(src)
	fillWith(dst, float32(math.NaN()))
	for _, c := range w.Suite.Cases {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		p := &prepared{Case: c, src: within(src, c.Problem.Src)}
		shape, _ := c.Problem.Dst()
		p.dst = within(dst, shape)
		var err error
		if p.weight, err = conv.NewTensor(c.Problem.Weight); err != nil {
			return err
		}
		w.fill(p.weight.Data)
		if p.check, err = newCheck(w.Judge, c, p.src, p.weight, w.rand); err != nil {
			return about("case "+c.Name, err)
		}
		w.cases = append(w.cases, p)
	}
	return nil
}

// fill fills values with random numbers from −1 to 1.
func (w *running) fill(values []float32) {
	for i := range values {
		values[i] = 2*w.rand.Float32() - 1
	}
}

func within(pool []float32, shape conv.Shape) *conv.Tensor {
	n, _ := shape.Len() // the pool was made for it
	return &conv.Tensor{Shape: shape, Data: pool[:n:n]}
}

// roofTime is how long each roof is measured, before and after the rounds.
const roofTime = 300 * time.Millisecond

// measureRoofs keeps the highest rates that each subject has reached.
func (w *running) measureRoofs() error {
	for i := range w.Subjects {
		s := &w.Subjects[i]
		if s.Roof == nil {
			continue
		}
		if err := w.ctx.Err(); err != nil {
			return err
		}
		err := s.withThreads(func() error {
			flops, bytes, err := s.Roof(roofTime)
			if err != nil {
				return about("roof of "+s.Info.Label(), err)
			}
			if w.roofs[s] == nil {
				w.roofs[s] = &Roof{}
			}
			w.roofs[s].GFLOPS, w.roofs[s].GBPS = max(w.roofs[s].GFLOPS, flops/1e9), max(w.roofs[s].GBPS, bytes/1e9)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// scout estimates how long every case takes on every subject. It leaves out cases that would take too long, or that the
// subject does not support, and notes why.
func (w *running) scout() error {
	for i := range w.Subjects {
		s := &w.Subjects[i]
		w.gauges[s] = s.newGauge()
		for _, p := range w.cases {
			if err := w.ctx.Err(); err != nil {
				return err
			}
			e := &entry{prepared: p, subject: s}
			w.entries = append(w.entries, e)
			err := e.scout()
			switch {
			case errors.Is(err, conv.ErrUnsupported):
				e.missing = err.Error()
			case err != nil:
				return about(fmt.Sprintf("case %s on %s", p.Name, s.Info.Label()), err)
			case e.estimate > w.Settings.Longest:
				e.missing = fmt.Sprintf("one run would take about %s s, and %s s are allowed",
					statistics.Digits(e.estimate), statistics.Digits(w.Settings.Longest))
			}
		}
	}
	return nil
}

// rounds times every entry once in each round, in random order. It ends when all have their samples and a narrow
// confidence interval, or when the time is up, but not before the first round is complete.
func (w *running) rounds() error {
	total := 0
	for _, e := range w.entries {
		if e.missing == "" {
			total += w.Settings.Rounds
		}
	}
	done := 0
	for round := 0; ; round++ {
		wanting := w.wanting(round)
		if len(wanting) == 0 {
			return nil
		}
		for _, i := range w.rand.Perm(len(wanting)) {
			if round > 0 && w.late() { // the first round is never cut short
				return nil
			}
			if err := w.time(wanting[i], round); err != nil {
				return err
			}
			if done++; w.Progress != nil && done <= total {
				w.Progress(done, total)
			}
		}
	}
}

func (w *running) late() bool { return time.Since(w.started).Seconds() > w.Settings.Limit }

// wanting lists the entries that need another round.
func (w *running) wanting(round int) (list []*entry) {
	for _, e := range w.entries {
		if e.missing != "" || e.wrong != "" {
			continue
		}
		count, seconds := e.count()
		short := count < w.Settings.Samples || seconds < w.Settings.Seconds
		if round < w.Settings.Rounds || short ||
			statistics.NewInterval(e.samples(wholeRun), w.Seed).Noise() > w.Settings.Noise {
			list = append(list, e)
		}
	}
	return list
}

func wholeRun(m measured) []float64 { return m.total }

// time times one block of an entry.
func (w *running) time(e *entry, round int) error {
	s := w.Settings
	count := (s.Samples + s.Rounds - 1) / s.Rounds
	if err := e.block(w.ctx, round, count, s.Seconds/float64(s.Rounds), w.energy, w.gauges[e.subject]); err != nil {
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		return about(fmt.Sprintf("case %s on %s", e.Name, e.subject.Info.Label()), err)
	}
	return nil
}

// about adds to an error what it is about.
func about(what string, err error) error {
	return &fault.Error{Package: "bench", Argument: what, Err: err}
}
