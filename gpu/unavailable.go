//go:build !cgo || nogl

package gpu

import (
	"gpuconv/conv"
)

// Device cannot be opened in this build.
type Device struct{}

// Open returns an error: that this build has no GLFW if GLFW is asked for, else [ErrUnavailable].
func Open(options Options) (*Device, error) {
	if options.Provider == GLFW {
		return nil, options.Device.failed(errNoGLFW)
	}
	return nil, options.Device.failed(ErrUnavailable)
}

// Providers returns none.
func Providers() []Provider { return nil }

// Devices returns the error of Open.
func Devices(p Provider) ([]Info, error) {
	_, err := Open(Options{Provider: p})
	return nil, err
}

// Probe returns the error of Open.
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

// Check reports [ErrUnavailable].
func (*Device) Check(conv.Problem) error { return errorf("%w", ErrUnavailable) }

// Choices reports [ErrUnavailable].
func (*Device) Choices(conv.Problem) ([]conv.Choice, error) {
	return nil, errorf("%w", ErrUnavailable)
}

// PlanChoice reports [ErrUnavailable].
func (*Device) PlanChoice(conv.Choice, conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) {
	return nil, errorf("%w", ErrUnavailable)
}

// Info returns the zero value.
func (*Device) Info() Info { return Info{} }

// Close does nothing.
func (*Device) Close() error { return nil }

// DieOnCrash does nothing.
func DieOnCrash() {}

// Own is a shader of the caller's own. There is none in this build.
type Own struct{}

// Own reports [ErrUnavailable].
func (*Device) Own(OwnShader) (*Own, error) { return nil, errorf("%w", ErrUnavailable) }

// Local returns the zero value.
func (*Own) Local() [3]int { return [3]int{} }

// Close does nothing.
func (*Own) Close() {}

// Prepare reports [ErrUnavailable].
func (*Own) Prepare(OwnJob) (*OwnPlan, error) { return nil, errorf("%w", ErrUnavailable) }

// OwnPlan is a prepared job. There is none in this build.
type OwnPlan struct{}

// Run reports [ErrUnavailable].
func (*OwnPlan) Run(dst, src []float32) error { return errorf("%w", ErrUnavailable) }

// Timings returns the zero value.
func (*OwnPlan) Timings() conv.Timings { return conv.Timings{} }

// Close does nothing.
func (*OwnPlan) Close() {}
