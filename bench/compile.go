package bench

import (
	"context"
	"errors"
	"strings"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Compiling times how long a GPU takes to compile its programs: the time of Plan and a first run of one image, on a
// device that has just been opened.
type Compiling struct {
	Suite   Suite
	Backend BackendInfo // what Open opens
	// Cache is the state of the driver's cache of shaders, CacheCold or CacheWarm. The caller must bring the cache into
	// this state before Run.
	Cache string
	Limit time.Duration // how long Run may take
	// Open opens a device, and returns it with a function that closes it. The device must be a [conv.Explainer].
	Open func() (b conv.Backend, done func() error, err error)
}

// compileRounds is how many rounds Run makes if they fit into the limit.
const compileRounds = 3

// Run times the cases in up to compileRounds rounds, until the time is up. It returns at most about a second after
// that. Cases that compile the same shaders are timed once a round, and share the result. A case that the device
// refuses has no result. The report's Missing names those for which the time was up. If ctx is done, Run returns ctx's
// error and a report of what was timed until then.
func (c Compiling) Run(ctx context.Context) (Report, error) {
	w := compiler{Compiling: c, programs: map[string]*compiled{}, of: make([]*compiled, len(c.Suite.Cases))}
	limited, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	if err := w.job.run(limited, func() error { return w.work(limited) }); err != nil && limited.Err() == nil {
		return Report{}, err
	}
	return w.report(), ctx.Err()
}

type compiler struct {
	Compiling
	job
	programs map[string]*compiled // by algorithm and shaders
	of       []*compiled          // by case; nil for a case that was not timed
}

// compiled says how long it took to compile the shaders that one or more cases share.
type compiled struct {
	algorithm string    // "" for a case that the device refuses
	seconds   []float64 // one sample for each round
}

// work times, in each round, every case that is not refused and not timed in this round yet.
func (w *compiler) work(ctx context.Context) error {
	for round := range compileRounds {
		for i, c := range w.Suite.Cases {
			if err := ctx.Err(); err != nil {
				return err
			}
			if of := w.of[i]; of != nil && (of.algorithm == "" || len(of.seconds) > round) {
				continue
			}
			if err := w.time(i, c.Problem, round); err != nil {
				return about("compiling case "+c.Name, err)
			}
		}
	}
	return nil
}

// time times case i on a new device, unless its shaders were timed in this round.
func (w *compiler) time(i int, p conv.Problem, round int) error {
	b, done, err := w.Open()
	if err != nil {
		return err
	}
	defer done()
	explainer, ok := b.(conv.Explainer)
	if !ok {
		return errors.New("its backend is not a conv.Explainer")
	}
	d, err := explainer.Explain(p)
	if err != nil {
		w.note(func() { w.of[i] = &compiled{} }) // Bench reports why
		return nil
	}
	programs := d.Algorithm + strings.Join(d.Sources, "")
	known := w.programs[programs]
	if known == nil {
		known = &compiled{algorithm: d.Algorithm}
		w.programs[programs] = known
	}
	if len(known.seconds) <= round {
		took, err := compile(b, p)
		if err != nil {
			return err
		}
		w.note(func() { known.seconds = append(known.seconds, took) })
	}
	w.note(func() { w.of[i] = known })
	return nil
}

func (w *compiler) report() Report {
	r := Report{Schema: Schema, Run: Run{Suite: w.Suite.Name}, Backends: []BackendInfo{w.Backend}, Results: []Result{},
		Missing: []Missing{}}
	for i, c := range w.Suite.Cases {
		r.Cases = append(r.Cases, w.Suite.describe(c))
		switch of := w.of[i]; {
		case of == nil:
			r.Missing = append(r.Missing, notCompiled(c.Name, w.Backend, w.Cache))
		case of.algorithm != "":
			x := Result{Suite: w.Suite.Name, Case: c.Name, Backend: w.Backend.Backend, Threads: w.Backend.Threads,
				Device: w.Backend.Device, Algorithm: of.algorithm, N: c.Problem.Src.N(), Phase: PhaseCompile,
				Cache: w.Cache, Correct: true}
			if x.summarise([][]float64{digits(of.seconds)}, 1) {
				r.Results = append(r.Results, x)
			}
		}
	}
	return r
}

// notCompiled says that the time was up before compiling was timed.
func notCompiled(name string, b BackendInfo, cache string) Missing {
	return Missing{Case: name, Backend: b.Backend, Threads: b.Threads, Phase: PhaseCompile,
		Why: "compiling with a " + cache + " cache was not timed, the time was up"}
}

// MissCompiling notes, for each case that was timed on a GPU, that the time was up before compiling was timed with this
// cache.
func (r *Report) MissCompiling(cache string) {
	for _, x := range r.Results {
		if b, _ := r.backendOf(x); b.Backend == "gpu" && x.Phase == PhaseTotal {
			r.Missing = append(r.Missing, notCompiled(x.Case, b, cache))
		}
	}
}

// compile returns how many seconds it takes b to plan p and to run one image.
func compile(b conv.Backend, p conv.Problem) (float64, error) {
	one := p
	one.Src = p.Src.WithN(1)
	c, err := compare.Random("compile", one)
	if err != nil {
		return 0, err
	}
	shape, _ := one.Dst() // Random has accepted it
	dst, err := conv.NewTensor(shape)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	plan, err := b.Plan(p, c.Weight, c.Bias)
	if err != nil {
		return 0, err
	}
	defer plan.Close()
	err = plan.Run(dst, c.Src)
	return time.Since(start).Seconds(), err
}

// AddCompiling adds the results of a report of [Compiling], each before the other results of its case and backend. It
// leaves out results of backends that r does not have.
func (r *Report) AddCompiling(other Report) {
	r.Missing = append(r.Missing, other.Missing...)
	r.Results = poolAll(*r, []Report{*r, other})
}
