package calls

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/machine"
)

// plan is an open plan with its problem.
type plan struct {
	conv.Plan
	turn    sync.Mutex // of Run and Close
	device  *device
	backend string // gpu, cpu or reference; cpu also if the GPU could not compute the problem
	note    string // why the backend is not the device's
	problem conv.Problem
	dst     conv.Shape
}

// Run and Close take turns, whatever the backend: so nothing is written after Close has returned.
func (p *plan) Run(dst, src *conv.Tensor) error {
	p.turn.Lock()
	defer p.turn.Unlock()
	return p.Plan.Run(dst, src)
}

// Close waits for the run in progress.
func (p *plan) Close() error {
	p.turn.Lock()
	defer p.turn.Unlock()
	return p.Plan.Close()
}

// Output returns the shape of a problem's output.
func Output(p conv.Problem) (conv.Shape, error) { return p.Dst() }

// Plan prepares p on a device. weight is in memory of the caller, and so is bias, which may be nil. Both are copied. If
// the caller left the choice of the backend, the CPU engine computes what the GPU cannot.
func (t *Table) Plan(on Handle, p conv.Problem, weight, bias unsafe.Pointer) (Handle, error) {
	d, err := find[*device](t, on)
	if err != nil {
		return 0, err
	}
	made := &plan{device: d, backend: d.info.Backend}
	w, b, err := parameters(&p, weight, bias)
	if err != nil {
		return 0, err
	}
	made.problem = p
	if made.dst, err = p.Dst(); err != nil {
		return 0, err
	}
	if err := d.checkPlan(p); err != nil {
		return 0, err
	}
	made.Plan, err = d.Plan(p, w, b)
	if d.auto && errors.Is(err, conv.ErrUnsupported) {
		made.backend, made.note = "cpu", err.Error()
		made.Plan, err = cpu.Engine{}.Plan(p, w, b)
	}
	if err != nil {
		return 0, err
	}
	return t.addPlan(on, made)
}

// checkPlan returns an error if a plan of the CPU engine would not fit in memory: it may keep weights in a form that is
// many times as large. What is wrong with p is left to Plan.
func (d *device) checkPlan(p conv.Problem) error {
	engine, ok := d.Backend.(conv.Explainer)
	if !ok || d.info.Backend != "cpu" {
		return nil
	}
	about, err := engine.Explain(p)
	if err != nil {
		return nil
	}
	if err := machine.CheckMemory("a plan of "+about.Algorithm, float64(about.Memory)); err != nil {
		return memoryError{err}
	}
	return nil
}

// parameters returns the weights and biases of p, and sets p.Bias.
func parameters(p *conv.Problem, weight, bias unsafe.Pointer) (*conv.Tensor, []float32, error) {
	p.Bias = bias != nil
	if _, err := p.Dst(); err != nil {
		return nil, nil, err
	}
	// A plan keeps the weights in another order, and may transform them, which takes up to 36 values for 9 weights.
	if err := machine.CheckMemory("a plan", 5*p.Weight.Bytes()); err != nil {
		return nil, nil, memoryError{err}
	}
	w, err := tensor("weight", weight, p.Weight)
	if err != nil || bias == nil {
		return w, nil, err
	}
	b, err := floats("bias", bias, p.Weight.N())
	return w, b, err
}

// Run computes images of src into dst.
func (t *Table) Run(h Handle, dst, src unsafe.Pointer, images int64) error {
	p, err := find[*plan](t, h)
	if err != nil {
		return err
	}
	to, from, err := p.tensors(dst, src, images)
	if err != nil {
		return err
	}
	return p.Run(to, from)
}

// tensors returns the caller's memory of a batch as tensors.
func (p *plan) tensors(dst, src unsafe.Pointer, images int64) (to, from *conv.Tensor, err error) {
	if images < 0 || images > int64(p.problem.Src.N()) {
		return nil, nil, &conv.ShapeError{Arg: "images", Value: fmt.Sprint(images),
			Rule: fmt.Sprintf("want 0 to %d, for which the plan was made", p.problem.Src.N())}
	}
	if from, err = tensor("src", src, p.problem.Src.WithN(int(images))); err != nil {
		return nil, nil, err
	}
	if to, err = tensor("dst", dst, p.dst.WithN(int(images))); err != nil {
		return nil, nil, err
	}
	return to, from, apart(to.Data, from.Data)
}

// Close closes whatever h names. With a device it closes the device's plans. A submitted batch has to be waited for
// instead.
func (t *Table) Close(h Handle) error {
	if _, err := find[*submitted](t, h); err == nil {
		return misused(h, "pending batch", "want gpuconv_wait, which closes it, perhaps after gpuconv_cancel")
	}
	removed, err := t.remove(h)
	if err != nil {
		return err
	}
	for _, x := range removed {
		err = errors.Join(err, closeOne(x))
	}
	return err
}

func closeOne(x any) error {
	switch x := x.(type) {
	case *plan:
		return x.Close()
	case *device:
		if x.close != nil {
			return x.close()
		}
	}
	return nil
}
