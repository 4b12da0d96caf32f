//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"os"
	"sync"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Device is an open OpenGL device. It is a [conv.Backend], [conv.Explainer], [conv.Checker], [conv.Chooser],
// [conv.Forecaster] and [conv.Cutter]. Several goroutines may call its methods.
type Device struct {
	thread  *thread
	options Options
	info    Info
	profile recipe.Profile

	// Only the thread uses these.
	programs map[recipe.Key]*program
	requests int // how many programs plans have asked for
	binaries binaries
	seam     seam
	lost     error // what every call returns once the context is lost
}

// Open opens the first device that matches options.Device and has an OpenGL 4.3 core context. If options.Device is
// [Numbered], Open tries only the EGL device with that number. Otherwise it tries each EGL device that is not software,
// then the surfaceless platform, the default display and the software devices. The software devices come first if
// options.Device is [Software]. With [Task] it tries only the EGL device that the environment gives this process, which
// must be hardware. Open closes a device that is not of the wanted kind. It skips each [Place] in options.Without. With
// [GLFW] it tries only the device of the display. If no device opens, the error wraps [ErrNoDevice] and says why each
// one failed.
func Open(options Options) (*Device, error) { return open(options, func(*Device) {}) }

// open does what Open does. Before it returns, it calls change on the device's thread. Tests use change to replace
// parts of the profile or of the seam, the functions that call OpenGL.
func open(options Options, change func(*Device)) (*Device, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	candidates, err := options.candidates()
	if err != nil {
		return nil, options.Device.failed(err)
	}
	chosen := ""
	if options.Device, chosen, err = options.Device.settle(candidates, os.LookupEnv); err != nil {
		return nil, options.Device.failed(err)
	}
	var reasons []error
	for _, c := range options.Device.order(candidates) {
		if p, ok := options.without(c.name); ok {
			reasons = append(reasons, p)
			continue
		}
		device, err := openCandidate(c, options, change)
		if err == nil {
			device.info.Task = chosen
			return device, nil
		}
		reasons = append(reasons, err)
	}
	return nil, noDevice(options.Device, chosen, candidates, reasons)
}

// openCandidate opens c on a new thread. If the device does not match options.Device, it closes the device and returns
// an error.
func openCandidate(c candidate, options Options, change func(*Device)) (*Device, error) {
	d := &Device{options: options, programs: map[recipe.Key]*program{}}
	var held current
	d.thread = startThread(func() {
		if held != nil {
			held.Close() // nobody is left to hear of an error
		}
	})
	err := d.thread.do(func() error {
		opened, err := c.open()
		if err != nil {
			return err
		}
		held = opened
		if err := loadFunctions(opened); err != nil {
			return err
		}
		d.look(c)
		change(d)
		return d.glError("reading the device's limits")
	})
	if err == nil {
		err = options.Device.answeredBy(d.info)
	}
	if err != nil {
		d.thread.close()
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return d, nil
}

// functions loads the OpenGL function pointers once, since go-gl keeps them in globals. All contexts, also those of
// windows, can use the same pointers: the functions of GLVND (the library that dispatches OpenGL to several drivers)
// call the driver whose context is current on the thread, and without GLVND there is only one driver.
var functions struct {
	once sync.Once
	err  error
}

func loadFunctions(opened current) error {
	functions.once.Do(func() { functions.err = gl.InitWithProcAddrFunc(opened.ProcAddress) })
	return functions.err
}

// Info says what the device is.
func (d *Device) Info() Info { return d.info }

// Close waits for the call in progress. Then it closes the device and all its plans. Closing twice is harmless.
func (d *Device) Close() error {
	d.thread.close()
	return nil
}

var (
	_ conv.Backend   = (*Device)(nil)
	_ conv.Explainer = (*Device)(nil)
	_ conv.Checker   = (*Device)(nil)
	_ conv.Chooser   = (*Device)(nil)
)
