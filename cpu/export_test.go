package cpu

import "gpuconv/conv"

// Eager returns e with all workers awake for however little, so that small problems are cut, too.
func (e Engine) Eager() Engine {
	e.eager = true
	return e
}

// Awake returns how many workers of e's plan a run of so many images wakes.
func Awake(plan conv.Plan, images int) int { return plan.(*enginePlan).awake(images) }
