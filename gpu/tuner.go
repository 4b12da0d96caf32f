package gpu

import "gpuconv/conv"

// Measured is the choice that was measured to be the fastest for a problem on a device.
type Measured struct {
	conv.Choice
	ShaderHash string // conv.Description.ShaderHash of what was measured
	Why        string // for conv.Description.Tuned
}

// Tuner looks up what was measured. Tuned returns the fastest choice for p on a device, nil if nothing was measured,
// and an error if the stored measurement cannot be used. After an error the device computes p in the usual way, and the
// plan's [conv.Description] has a warning.
type Tuner interface {
	Tuned(device Info, p conv.Problem) (*Measured, error)
}
