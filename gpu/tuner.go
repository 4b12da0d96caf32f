package gpu

import "gpuconv/conv"

// Measured is a choice that was measured to be the fastest.
type Measured struct {
	conv.Choice
	ShaderHash string // conv.Description.ShaderHash of what was measured
	Why        string // for conv.Description.Tuned
}

// Tuner knows what was measured. Tuned returns what was fastest for p on a device, nil
// if nothing was measured, and an error if what was stored is of no use.
type Tuner interface {
	Tuned(device Info, p conv.Problem) (*Measured, error)
}
