package gpu

import (
	"fmt"
	"os"
	"strconv"

	"gpuconv/fault"
)

// Selector says which device to open. The zero value is [Any].
type Selector struct {
	kind  selectorKind
	index int // of numberedDevice; of taskDevice once it is settled
}

type selectorKind int

const (
	anyDevice selectorKind = iota
	hardwareDevice
	softwareDevice
	numberedDevice
	taskDevice
)

// Any takes the first device that works, hardware before software.
func Any() Selector { return Selector{} }

// Hardware takes the first device that works and is not a software renderer.
func Hardware() Selector { return Selector{kind: hardwareDevice} }

// Software takes the first software renderer that works.
func Software() Selector { return Selector{kind: softwareDevice} }

// Numbered takes the EGL device of this number; the first is 0. [Devices] returns the numbers as [Info].Index.
func Numbered(index int) Selector { return Selector{kind: numberedDevice, index: index} }

// Task takes the GPU that a scheduler gave this process. The environment says which one it is: CUDA_VISIBLE_DEVICES,
// for NVIDIA, and ROCR_VISIBLE_DEVICES, for AMD, list GPUs by number or UUID. Slurm sets them. If they list several,
// SLURM_LOCALID, the number of the task on its node, counts through them, round and round.
//
// If EGL lists no such GPU, or it does not open, the error of Open wraps [ErrNoDevice]: neither the GPU of another task
// nor a software renderer takes its place. [Info].Task says what was chosen, and why. Without these variables
// [Options.Validate] returns an error.
func Task() Selector { return Selector{kind: taskDevice} }

// ParseSelector reads any, gpu, software, task or the number of an EGL device.
func ParseSelector(s string) (Selector, error) {
	for _, word := range []Selector{Any(), Hardware(), Software(), Task()} {
		if s == word.String() {
			return word, nil
		}
	}
	index, err := strconv.Atoi(s)
	if err != nil || index < 0 {
		return Selector{}, &fault.Error{Package: "gpu", Argument: "device", Value: strconv.Quote(s),
			Rule: "want any, gpu, software, task or the number of a device"}
	}
	return Numbered(index), nil
}

// String returns any, gpu, software, task or the number, as ParseSelector reads them.
func (s Selector) String() string {
	switch s.kind {
	case hardwareDevice:
		return "gpu"
	case softwareDevice:
		return "software"
	case numberedDevice:
		return strconv.Itoa(s.index)
	case taskDevice:
		return "task"
	}
	return "any"
}

// validate returns an error if p cannot choose a device by s.
func (s Selector) validate(p Provider) error {
	rule := ""
	switch {
	case s.kind != numberedDevice && s.kind != taskDevice:
	case s.index < 0:
		rule = "want a number of at least 0"
	case p.resolve() == GLFW:
		rule = "GLFW's window is on the device of its display, EGL numbers devices: want any, gpu or software"
	case s.kind == taskDevice:
		_, rule = environment(os.LookupEnv)
	}
	if rule == "" {
		return nil
	}
	return &fault.Error{Package: "gpu", Argument: "device", Value: s.String(), Rule: rule}
}

// answeredBy returns an error if the open device i does not match s.
func (s Selector) answeredBy(i Info) error {
	switch {
	case (s.kind == hardwareDevice || s.kind == taskDevice) && i.Software:
		return fmt.Errorf("%s is a software renderer", i.Renderer)
	case s.kind == softwareDevice && !i.Software:
		return fmt.Errorf("%s is not a software renderer", i.Renderer)
	}
	return nil
}

// failed wraps err, the reason why no device was opened, and adds which device was asked for.
func (s Selector) failed(err error) error {
	return &fault.Error{Package: "gpu", Argument: "device", Value: s.String(), Err: err}
}
