package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"gpuconv/conv"
)

// Compile times how long a GPU takes to make its programs: Plan, and a first run of one image, each time on a device
// that open has just opened. The caller decides whether the driver finds programs in a cache, and names that state:
// CacheCold or CacheWarm. Cases that compile the same shaders are timed once and share the figures. Compile makes 3
// rounds, or fewer if they take longer than limit, but one at least.
func Compile(ctx context.Context, suite Suite, info BackendInfo, cache string, limit time.Duration,
	open func() (b conv.Backend, done func() error, err error)) (Report, error) {
	r := Report{Schema: Schema, Run: Run{Suite: suite.Name}, Backends: []BackendInfo{info}, Results: []Result{},
		Missing: []Missing{}}
	for _, c := range suite.Cases {
		r.Cases = append(r.Cases, suite.describe(c))
	}
	programs := map[string]*compiled{} // by their shaders
	of := make([]*compiled, len(suite.Cases))
	for round, start := 0, time.Now(); round < 3 && (round == 0 || time.Since(start) < limit); round++ {
		for i, c := range suite.Cases {
			if err := ctx.Err(); err != nil {
				return Report{}, err
			}
			if of[i] != nil && of[i].round == round || round > 0 && of[i] == nil {
				continue
			}
			if err := compileOnce(c, round, programs, &of[i], open); err != nil {
				return Report{}, about("compiling case "+c.Name, err)
			}
		}
	}
	for i, c := range suite.Cases {
		if of[i] == nil {
			continue
		}
		result := Result{Suite: suite.Name, Case: c.Name, Backend: info.Backend, Threads: info.Threads,
			Device:    info.Device,
			Algorithm: of[i].algorithm, N: c.Problem.Src.N(), Phase: PhaseCompile, Cache: cache, Correct: true}
		if result.summarise([][]float64{digits(of[i].seconds)}, 1) {
			r.Results = append(r.Results, result)
		}
	}
	return r, nil
}

// compiled is what compiling some shaders took.
type compiled struct {
	algorithm string
	round     int // the last
	seconds   []float64
}

// compileOnce times a case, unless its shaders were timed in this round. A case that the device refuses gets no entry.
func compileOnce(c Case, round int, programs map[string]*compiled, of **compiled,
	open func() (conv.Backend, func() error, error)) error {
	b, done, err := open()
	if err != nil {
		return err
	}
	defer done()
	explainer, ok := b.(conv.Explainer)
	if !ok {
		return errors.New("its backend is no conv.Explainer")
	}
	d, err := explainer.Explain(c.Problem)
	if err != nil {
		return nil // timing it says why
	}
	key := d.Algorithm + strings.Join(d.Sources, "")
	if programs[key] == nil {
		programs[key] = &compiled{algorithm: d.Algorithm, round: -1}
	}
	*of = programs[key]
	if (*of).round == round {
		return nil
	}
	took, err := compile(b, c.Problem)
	if err != nil {
		return err
	}
	(*of).seconds, (*of).round = append((*of).seconds, took), round
	return nil
}

// compile plans and runs one image of random numbers.
func compile(b conv.Backend, p conv.Problem) (float64, error) {
	one := p.Src.WithN(1)
	shape, err := p.Dst()
	if err != nil {
		return 0, err
	}
	var tensors [3]*conv.Tensor
	r := rand.New(rand.NewPCG(1, 3))
	for i, s := range []conv.Shape{one, shape.WithN(1), p.Weight} {
		if tensors[i], err = conv.NewTensor(s); err != nil {
			return 0, err
		}
		for j := range tensors[i].Data {
			tensors[i].Data[j] = r.Float32()
		}
	}
	start := time.Now()
	plan, err := b.Plan(p, tensors[2], nil)
	if err != nil {
		return 0, err
	}
	defer plan.Close()
	err = plan.Run(tensors[1], tensors[0])
	return time.Since(start).Seconds(), err
}

// AddCompiling adds the results of a report of [Compile], each before the others of its
// case and backend.
func (r *Report) AddCompiling(other Report) {
	for _, x := range other.Results {
		at := len(r.Results)
		for i, mine := range r.Results {
			if mine.Case == x.Case && mine.Backend == x.Backend && mine.Phase != PhaseCompile {
				at = i
				break
			}
		}
		if _, known := r.BackendOf(x); known {
			r.Results = slices.Insert(r.Results, at, x)
		}
	}
}
