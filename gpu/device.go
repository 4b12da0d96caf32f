//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"slices"
	"sync"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Device is an open OpenGL device. It is a [conv.Backend], a [conv.Explainer] and a [conv.Chooser]. Several goroutines
// may call its methods.
type Device struct {
	thread  *thread
	options Options
	info    Info
	profile recipe.Profile

	// Touched on the thread only.
	programs map[recipe.Key]*program
	requests int // for programs
	binaries binaries
	seam     seam
	lost     error // the answer to everything once the context is lost
}

// Open opens the first device that answers options.Device and has an OpenGL 4.3 core context. A number tries that EGL
// device alone. Otherwise Open tries each EGL device that is not software, then the surfaceless platform, the default
// display and the software devices. With [GLFW] it tries the one device that a window is on. If none answers, the error
// wraps [ErrNoDevice] and says why each was passed over.
func Open(options Options) (*Device, error) { return open(options, func(*Device) {}) }

// open is Open for tests: they change the device's profile or seam, on its thread, before anybody else has it.
func open(options Options, change func(*Device)) (*Device, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	candidates, err := options.Provider.candidates()
	if err != nil {
		return nil, options.Device.failed(err)
	}
	var reasons []error
	for _, c := range options.Device.order(candidates) {
		device, err := openCandidate(c, options, change)
		if err == nil {
			return device, nil
		}
		reasons = append(reasons, err)
	}
	return nil, noDevice(options.Device, candidates, reasons)
}

// openCandidate opens c on a thread of its own. If c is not of the wanted kind it closes it and returns an error.
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
		d.seam = openGL()
		d.info = readInfo(c)
		d.profile = readProfile(d.info)
		d.info.Limits = Limits(d.profile.Limits)
		d.binaries = newBinaries(options.Programs, d.info)
		if options.Unrolled > 0 {
			d.profile.Unrolled = options.Unrolled
		}
		change(d)
		return d.glError("reading the device's limits")
	})
	if err == nil && options.Device.kind == hardwareDevice && d.info.Software {
		err = fmt.Errorf("%s is a software renderer", d.info.Renderer)
	}
	if err == nil && options.Device.kind == softwareDevice && !d.info.Software {
		err = fmt.Errorf("%s is not a software renderer", d.info.Renderer)
	}
	if err != nil {
		d.thread.close()
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return d, nil
}

// functions guards the OpenGL function pointers, which go-gl keeps in globals. libEGL gives every context the same
// ones, and windows get them too: with GLVND they call what is current on the thread, and without it there is one
// driver.
var functions struct {
	once sync.Once
	err  error
}

func loadFunctions(opened current) error {
	functions.once.Do(func() { functions.err = gl.InitWithProcAddrFunc(opened.ProcAddress) })
	return functions.err
}

// Devices opens and closes each device in turn that the provider lists by number, and returns those on which an OpenGL
// 4.3 context comes up. Where devices are not listed it returns what opens without choosing one. Where none opens, the
// error wraps [ErrNoDevice].
func Devices(p Provider) ([]Info, error) {
	candidates, err := p.candidates()
	if err != nil {
		return nil, Any().failed(err)
	}
	numbered := slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool { return c.index < 0 })
	found, reasons := look(numbered)
	if len(found) == 0 {
		found, reasons = look(candidates)
	}
	if len(found) == 0 {
		return nil, noDevice(Any(), candidates, reasons)
	}
	return found, nil
}

// look opens and closes candidates. It returns those that open, and why others do not.
func look(candidates []candidate) (found []Info, reasons []error) {
	for _, c := range candidates {
		d, err := openCandidate(c, Options{}, func(*Device) {})
		if err != nil {
			reasons = append(reasons, err)
			continue
		}
		found = append(found, d.info)
		d.thread.close()
	}
	return found, reasons
}

// Info says what the device is.
func (d *Device) Info() Info { return d.info }

// Close ends the device after the call in progress, and with it all plans that are still open. Closing twice is
// harmless.
func (d *Device) Close() error {
	d.thread.close()
	return nil
}

func readInfo(c candidate) Info {
	renderer := gl.GoStr(gl.GetString(gl.RENDERER))
	return Info{
		Name: c.name, Index: c.index, Vendor: gl.GoStr(gl.GetString(gl.VENDOR)),
		Renderer: renderer, Version: gl.GoStr(gl.GetString(gl.VERSION)),
		Software: c.software || isSoftware(renderer),
	}
}

// readProfile says what plans are to know of the device whose context is current.
func readProfile(info Info) recipe.Profile {
	class := recipe.Other
	switch {
	case info.Software:
		class = recipe.Software
	case isNVIDIA(info.Vendor):
		class = recipe.NVIDIA
	}
	return recipe.NewProfile(class, readLimits(), canMap(), hasExtension("GL_AMD_pinned_memory"))
}

func readLimits() recipe.Limits {
	l := recipe.Limits{
		StorageBlock:         getInt(gl.MAX_SHADER_STORAGE_BLOCK_SIZE),
		UniformBlock:         getInt(gl.MAX_UNIFORM_BLOCK_SIZE),
		UniformAlignment:     getInt(gl.UNIFORM_BUFFER_OFFSET_ALIGNMENT),
		TextureBuffer:        getInt(gl.MAX_TEXTURE_BUFFER_SIZE),
		SharedMemory:         getInt(gl.MAX_COMPUTE_SHARED_MEMORY_SIZE),
		WorkGroupInvocations: getInt(gl.MAX_COMPUTE_WORK_GROUP_INVOCATIONS),
	}
	for axis := range 3 {
		l.WorkGroups[axis] = getIndexed(gl.MAX_COMPUTE_WORK_GROUP_COUNT, axis)
		l.WorkGroupSize[axis] = getIndexed(gl.MAX_COMPUTE_WORK_GROUP_SIZE, axis)
	}
	return l
}

func getInt(name uint32) int {
	var value int64
	gl.GetInteger64v(name, &value)
	return int(min(value, 1<<62))
}

func getIndexed(name uint32, index int) int {
	var value int32
	gl.GetIntegeri_v(name, uint32(index), &value)
	return int(value)
}

var (
	_ conv.Backend   = (*Device)(nil)
	_ conv.Explainer = (*Device)(nil)
	_ conv.Chooser   = (*Device)(nil)
)
