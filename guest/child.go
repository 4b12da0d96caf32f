package guest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/gpu"
)

// variable is the environment variable that makes a process a child.
const variable = "GPUCONV_GUEST"

// Options say how [Start] runs a shader.
type Options struct {
	Device gpu.Options // only Device, Provider and Without are used
	// Limit is how long a child may take to open the device, to prepare a problem or to compute a batch.
	Limit time.Duration
}

// Isolated is a shader that a child process runs. It is a [conv.Backend] and [conv.Explainer]. Several goroutines may
// use it; they take turns.
//
// If the child dies or does not answer in time, its plans report that, and the next plan starts another child. After
// three children have ended in this way, or did not start, Plan and Run report an error that wraps [conv.ErrLost].
type Isolated struct {
	shader Shader
	limit  time.Duration
	setup  setup

	mutex  sync.Mutex
	info   gpu.Info
	child  *child
	plans  int // how many plans the children have made, and the number of the newest
	deaths int
	lost   error
}

// mostDeaths is how many children may die. Otherwise a shader that hangs would take the whole time limit for each case.
const mostDeaths = 3

// gaveUp is the error of every call after too many deaths.
type gaveUp string

func (g gaveUp) Error() string { return string(g) }
func (g gaveUp) Unwrap() error { return conv.ErrLost }

// setup is the first message to a child: what it opens.
type setup struct {
	Name, Interface  string
	Text             []byte
	Device, Provider string
	Without          []gpu.Place
}

// options returns the options of the device.
func (s setup) options() (o gpu.Options, err error) {
	o.Without = s.Without
	if o.Device, err = gpu.ParseSelector(s.Device); err == nil {
		o.Provider, err = gpu.ParseProvider(s.Provider)
	}
	return o, err
}

// request is a further message: a plan to make, to run or to close.
type request struct {
	What    what
	Plan    int
	Problem conv.Problem // of a plan to make
	Weight  []float32
	Bias    []float32
	Src     []float32 // of a batch to compute
	Images  int
}

type what int

const (
	makes what = iota
	runs
	closes
)

// answer is what a child answers: an output, or an error.
type answer struct {
	Dst  []float32
	Info gpu.Info // of the device, in the first answer

	Err         string
	Source      *conv.SourceError // the error, if it is of this type
	Unsupported bool              // the error wraps conv.ErrUnsupported
	ended       bool              // the child died or does not answer
}

// err returns the error of an answer.
func (a answer) err() error {
	switch {
	case a.Source != nil:
		return &fault.Error{Package: "guest", Err: a.Source}
	case a.Unsupported:
		return refusal(a.Err)
	case a.Err != "":
		return &fault.Error{Package: "guest", Err: errors.New(a.Err)}
	}
	return nil
}

// failed returns the answer for an error.
func failed(err error) answer {
	a := answer{Err: fault.Plain(err), Unsupported: errors.Is(err, conv.ErrUnsupported)}
	errors.As(err, &a.Source)
	return a
}

// Start starts a child that opens a device for a shader. text is the content of the shader's interface file. The error
// says why the device cannot be opened. The child ends with Close or with this process.
func Start(ctx context.Context, shader Shader, text string, o Options) (*Isolated, error) {
	s := &Isolated{shader: shader, limit: o.Limit,
		setup: setup{Name: shader.Name, Interface: text, Text: shader.Text, Device: o.Device.Device.String(),
			Provider: o.Device.Provider.String(), Without: o.Device.Without}}
	return s, s.start(ctx)
}

// start starts a child.
func (s *Isolated) start(ctx context.Context) (err error) {
	if s.child, err = startChild(); err != nil {
		return &fault.Error{Package: "guest", Argument: "child process", Err: err}
	}
	a := s.child.ask(ctx, s.setup, s.limit)
	if s.info = a.Info; a.err() != nil {
		s.child.end()
		s.child = nil
	}
	return a.err()
}

// Info says what the device is.
func (s *Isolated) Info() gpu.Info { return s.info }

// Explain implements [conv.Explainer].
func (s *Isolated) Explain(p conv.Problem) (conv.Description, error) { return s.shader.Explain(p) }

// Plan implements [conv.Backend].
func (s *Isolated) Plan(p conv.Problem, w *conv.Tensor, biases []float32) (conv.Plan, error) {
	if err := p.CheckPlan(w, biases); err != nil {
		return nil, err
	}
	description, err := s.Explain(p)
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.child == nil && s.lost == nil {
		if err := s.start(context.Background()); err != nil {
			return nil, s.died(err)
		}
	}
	s.plans++
	made := &isolatedPlan{of: s, child: s.child, number: s.plans, p: p, description: description}
	if _, err := made.ask(request{What: makes, Problem: p, Weight: w.Data, Bias: biases}); err != nil {
		return nil, err
	}
	return made, nil
}

// Close ends the child.
func (s *Isolated) Close() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.lost = conv.ErrClosed
	if s.child != nil {
		s.child.end()
		s.child = nil
	}
	return nil
}

// isolatedPlan is a plan in a child.
type isolatedPlan struct {
	of          *Isolated
	child       *child // that made it
	number      int
	p           conv.Problem
	description conv.Description
	closed      bool
}

// ask sends a request about the plan to its child. The caller holds the mutex.
func (r *isolatedPlan) ask(q request) (answer, error) {
	s := r.of
	switch {
	case r.closed:
		return answer{}, &fault.Error{Package: "guest", Err: conv.ErrClosed}
	case s.lost != nil:
		return answer{}, &fault.Error{Package: "guest", Err: s.lost}
	case s.child == nil || s.child != r.child:
		return answer{}, &fault.Error{Package: "guest", Rule: "the child process with this plan has ended"}
	}
	q.Plan = r.number
	a := s.child.ask(context.Background(), q, s.limit)
	if !a.ended {
		return a, a.err()
	}
	s.child = nil
	return a, s.died(a.err())
}

// died counts a child that has ended, or did not start. It returns err, or after too many the error that every call
// returns from then on.
func (s *Isolated) died(err error) error {
	if s.deaths++; s.deaths < mostDeaths {
		return err
	}
	s.lost = gaveUp(fmt.Sprintf("%s; that was child process %d, no other is started", fault.Plain(err), s.deaths))
	return &fault.Error{Package: "guest", Err: s.lost}
}

// Run implements [conv.Plan].
func (r *isolatedPlan) Run(to, from *conv.Tensor) error {
	if err := r.p.CheckRun(to, from); err != nil {
		return err
	}
	r.of.mutex.Lock()
	defer r.of.mutex.Unlock()
	a, err := r.ask(request{What: runs, Src: from.Data, Images: from.Shape.N()})
	if err == nil && len(a.Dst) != len(to.Data) {
		err = fault.New("guest", "answer", len(a.Dst), "want %d numbers", len(to.Data))
	}
	copy(to.Data, a.Dst)
	return err
}

// Close implements [conv.Plan].
func (r *isolatedPlan) Close() (err error) {
	r.of.mutex.Lock()
	defer r.of.mutex.Unlock()
	if !r.closed && r.of.lost == nil && r.of.child == r.child {
		_, err = r.ask(request{What: closes})
	}
	r.closed = true // whether the child is there or not
	return err
}

// Describe implements [conv.Describer].
func (r *isolatedPlan) Describe() conv.Description { return r.description }

var (
	_ conv.Backend   = (*Backend)(nil)
	_ conv.Explainer = (*Backend)(nil)
	_ conv.Backend   = (*Isolated)(nil)
	_ conv.Explainer = (*Isolated)(nil)
)
