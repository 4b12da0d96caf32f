package guest

import (
	"encoding/gob"
	"io"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/gpu"
)

// serve is what a child does: it opens the device that the first message names, and answers one message after the other
// until in ends.
func serve(in io.Reader, out io.Writer) {
	from, to := gob.NewDecoder(in), gob.NewEncoder(out)
	var s setup
	if from.Decode(&s) != nil {
		return
	}
	h := host{plans: map[int]conv.Plan{}}
	err := fault.Guard(func() error { return h.open(s) })
	reply := failedIf(err)
	reply.Info = h.info
	for to.Encode(reply) == nil && err == nil {
		var q request
		if from.Decode(&q) != nil {
			return
		}
		var a answer
		if err := fault.Guard(func() (err error) { a, err = h.answer(q); return err }); err != nil {
			a = failed(err)
		}
		reply = a
	}
}

func failedIf(err error) answer {
	if err == nil {
		return answer{}
	}
	return failed(err)
}

// host is the state of a child.
type host struct {
	backend *Backend
	info    gpu.Info
	plans   map[int]conv.Plan
	made    map[int]conv.Problem
}

func (h *host) open(s setup) error {
	i, err := ParseInterface(s.Interface)
	if err != nil {
		return err
	}
	options, err := s.options()
	if err != nil {
		return err
	}
	device, err := gpu.Open(options)
	if err != nil {
		return err
	}
	h.backend, h.info = Open(device, Shader{s.Name, s.Text, i}, true), device.Info()
	h.made = map[int]conv.Problem{}
	return nil
}

func (h *host) answer(q request) (answer, error) {
	switch q.What {
	case makes:
		made, err := h.backend.Plan(q.Problem, &conv.Tensor{Shape: q.Problem.Weight, Data: q.Weight}, q.Bias)
		if err != nil {
			return answer{}, err
		}
		h.plans[q.Plan], h.made[q.Plan] = made, q.Problem
	case runs:
		return h.run(q)
	case closes:
		made := h.plans[q.Plan]
		delete(h.plans, q.Plan)
		delete(h.made, q.Plan)
		return answer{}, made.Close()
	}
	return answer{}, nil
}

func (h *host) run(q request) (answer, error) {
	p := h.made[q.Plan]
	p.Src[0] = q.Images
	shape, err := p.Dst()
	if err != nil {
		return answer{}, err
	}
	to, err := conv.NewTensor(shape)
	if err != nil {
		return answer{}, err
	}
	err = h.plans[q.Plan].Run(to, &conv.Tensor{Shape: p.Src, Data: q.Src})
	return answer{Dst: to.Data}, err
}
