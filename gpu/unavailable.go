//go:build !cgo || nogl

package gpu

import (
	"gpuconv/conv"
)

// Device cannot be opened in this build.
type Device struct{}

// Open reports [ErrUnavailable], or that there is no GLFW if that is asked for.
func Open(options Options) (*Device, error) {
	if options.Provider == GLFW {
		return nil, options.Device.failed(errNoGLFW)
	}
	return nil, options.Device.failed(ErrUnavailable)
}

// Providers returns none.
func Providers() []Provider { return nil }

// Devices reports what Open does.
func Devices(p Provider) ([]Info, error) {
	_, err := Open(Options{Provider: p})
	return nil, err
}

// Probe reports what Open does.
func Probe(o Options, _ bool, _ func(Step)) error {
	_, err := Open(o)
	return err
}

// VendorFolders returns none.
func VendorFolders() []string { return nil }

// Plan reports [ErrUnavailable].
func (*Device) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) {
	return nil, errorf("%w", ErrUnavailable)
}

// Explain reports [ErrUnavailable].
func (*Device) Explain(conv.Problem) (conv.Description, error) {
	return conv.Description{}, errorf("%w", ErrUnavailable)
}

// Choices reports [ErrUnavailable].
func (*Device) Choices(conv.Problem) ([]conv.Choice, error) {
	return nil, errorf("%w", ErrUnavailable)
}

// PlanChoice reports [ErrUnavailable].
func (*Device) PlanChoice(conv.Choice, conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) {
	return nil, errorf("%w", ErrUnavailable)
}

// Info returns nothing.
func (*Device) Info() Info { return Info{} }

// Close does nothing.
func (*Device) Close() error { return nil }
