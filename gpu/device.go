//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"slices"
	"sync"

	"gpuconv/conv"
	"gpuconv/gpu/internal/egl"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Device is an open device. It is a [conv.Backend]. Its methods may be called
// from several goroutines.
type Device struct {
	thread  *thread
	options Options
	info    Info
	limits  Limits

	// Touched on the thread only.
	programs map[programKey]*program
	requests int // for programs
	seam     seam
	lost     error // what everything is answered once the context is lost
}

// Open opens the first device that answers options.Device: a number tries that
// EGL device alone; otherwise each EGL device that is not software, then the
// surfaceless platform, the default display and the software devices are tried
// until an OpenGL 4.3 core context comes up that is of the wanted kind. The
// error wraps [ErrNoDevice] and says why each was passed over.
func Open(options Options) (*Device, error) {
	candidates, err := egl.Candidates()
	if err != nil {
		return nil, fmt.Errorf("gpu: device %v: %w: %w", options.Device, ErrNoDevice, err)
	}
	var reasons []error
	for _, c := range options.Device.order(candidates) {
		device, err := openCandidate(c, options)
		if err == nil {
			return device, nil
		}
		reasons = append(reasons, err)
	}
	return nil, noDevice(options.Device, candidates, reasons)
}

// order drops the candidates that cannot answer s and tries software first where
// that is wanted.
func (s Selector) order(candidates []egl.Candidate) []egl.Candidate {
	var first, rest []egl.Candidate
	for _, c := range candidates {
		switch {
		case s.kind == numberedDevice && c.Index != s.index, s.kind == hardwareDevice && c.Software:
		case s.kind == softwareDevice && c.Software:
			first = append(first, c)
		default:
			rest = append(rest, c)
		}
	}
	return append(first, rest...)
}

// noDevice joins the reasons into one line.
func noDevice(s Selector, candidates []egl.Candidate, reasons []error) error {
	text := ""
	for _, r := range reasons {
		text += "; " + r.Error()
	}
	if text == "" {
		last := -1
		for _, c := range candidates {
			last = max(last, c.Index)
		}
		text = fmt.Sprintf("; EGL numbers its devices from 0 to %d", last)
		if last < 0 {
			text = "; EGL lists none by number"
		}
	}
	return fmt.Errorf("gpu: device %v: %w%s", s, ErrNoDevice, text)
}

// openCandidate opens c on a thread of its own and gives it up again if it is
// not of the wanted kind.
func openCandidate(c egl.Candidate, options Options) (*Device, error) {
	d := &Device{options: options, programs: map[programKey]*program{}}
	var context *egl.Context
	d.thread = startThread(func() {
		if context != nil {
			context.Close() // nobody is left to hear of an error
		}
	})
	err := d.thread.do(func() (err error) {
		if context, err = c.Open(); err != nil {
			return err
		}
		if err := loadFunctions(context); err != nil {
			return err
		}
		d.seam = openGL()
		d.info = readInfo(c)
		d.limits = readLimits(d.info)
		if options.Unrolled > 0 {
			d.limits.Unrolled = options.Unrolled
		}
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
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return d, nil
}

// functions guards the OpenGL function pointers, which go-gl keeps in globals.
// libEGL gives every context the same ones.
var functions struct {
	once sync.Once
	err  error
}

func loadFunctions(context *egl.Context) error {
	functions.once.Do(func() { functions.err = gl.InitWithProcAddrFunc(context.ProcAddress) })
	return functions.err
}

// Devices opens and closes each EGL device in turn and returns those on which an
// OpenGL 4.3 context comes up, with their limits. Where EGL cannot list devices
// it returns what opens without choosing one.
func Devices() ([]Info, []Limits, error) {
	candidates, err := egl.Candidates()
	if err != nil {
		return nil, nil, fmt.Errorf("gpu: %w", err)
	}
	numbered := slices.DeleteFunc(slices.Clone(candidates), func(c egl.Candidate) bool { return c.Index < 0 })
	infos, limits := look(numbered)
	if len(infos) == 0 {
		infos, limits = look(candidates)
	}
	return infos, limits, nil
}

// look opens and closes candidates and keeps what those say that open.
func look(candidates []egl.Candidate) (infos []Info, limits []Limits) {
	for _, c := range candidates {
		if d, err := openCandidate(c, Options{}); err == nil {
			infos, limits = append(infos, d.info), append(limits, d.limits)
			d.thread.close()
		}
	}
	return infos, limits
}

// Info names the device.
func (d *Device) Info() Info { return d.info }

// Limits returns the bounds of the device's context.
func (d *Device) Limits() Limits { return d.limits }

// Close ends the device after the call in progress. Plans that are still open end
// with it. Closing twice is harmless.
func (d *Device) Close() error {
	d.thread.close()
	return nil
}

func readInfo(c egl.Candidate) Info {
	renderer := gl.GoStr(gl.GetString(gl.RENDERER))
	return Info{
		Name: c.Name, Index: c.Index, Vendor: gl.GoStr(gl.GetString(gl.VENDOR)),
		Renderer: renderer, Version: gl.GoStr(gl.GetString(gl.VERSION)),
		Software: c.Software || isSoftware(renderer),
	}
}

func readLimits(info Info) Limits {
	l := Limits{
		Software:             info.Software,
		NVIDIA:               isNVIDIA(info.Vendor),
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
	switch {
	case l.NVIDIA:
		l.Busy = 2 * 132 // two for each multiprocessor of an H100
	case !l.Software:
		l.Busy = 2 * 64
	}
	l.transfers = hardwareTransfers(canMap())
	if l.Software {
		l.transfers = softwareTransfers(hasExtension("GL_AMD_pinned_memory"))
		l.LoopIterations = SoftwareLoopLimit
		l.Unrolled = softMACs
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
)
