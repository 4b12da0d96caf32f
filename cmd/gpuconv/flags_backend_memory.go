package main

import (
	"gpuconv/conv"
	"gpuconv/machine"
)

// explained is the memory that describing a plan takes, as a multiple of the weights: places of taps, and panels.
const explained = 5

// planExtra returns how many bytes a plan of the CPU engine takes beyond counted + aside. counted is what was counted
// for it already, and the constant aside is room for small plans. planExtra asks the engine, since some algorithms keep
// weights in forms that are many times as large. images is the number of all images. It is 0 if flags ask for another
// backend, and for weights so large that even describing a plan would not fit: they are refused for what was counted.
// Mistakes in the flags or the problem are refused later, when the backend is opened and the plan is made.
func (f *backendFlags) planExtra(images int, p conv.Problem, counted float64) float64 {
	if f.backend != "cpu" && !f.free() {
		return 0
	}
	if machine.CheckMemory("describing a plan", explained*p.Weight.Bytes()) != nil {
		return 0
	}
	c, err := f.engine(f.algorithm, "")
	if err != nil {
		return 0
	}
	engine, ok := conv.Expecting(c.Backend, images).(conv.Explainer)
	if !ok {
		return 0
	}
	d, err := engine.Explain(p)
	if err != nil {
		return 0
	}
	return max(0, float64(d.Memory)-counted-aside)
}
