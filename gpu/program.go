//go:build cgo && !nogl

package gpu

import (
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// program is a linked compute program in the cache of a device.
type program struct {
	handle    uint32
	locations map[string]int32
	plans     int // how many plans use it
	used      int // Device.requests when a plan last asked for it
}

// mostPrograms is how many unused programs a device keeps. On llvmpipe an unrolled program takes about a megabyte, and
// gpuconv verify makes thousands.
const mostPrograms = 64

// program returns the program of a key. It loads or compiles the program at the first request. The caller must give it
// back with giveBack. Call both on the device's thread.
func (d *Device) program(key recipe.Key) (*program, error) {
	p, ok := d.programs[key]
	if !ok {
		var err error
		if p, err = d.compile(key); err != nil {
			return nil, err
		}
		d.programs[key] = p
	}
	d.requests++
	p.plans, p.used = p.plans+1, d.requests
	return p, nil
}

// giveBack ends a plan's use of a program. If too many programs are unused, it deletes the one that was requested
// longest ago.
func (d *Device) giveBack(p *program) {
	p.plans--
	var oldest recipe.Key
	idle := 0
	for key, other := range d.programs {
		if other.plans > 0 {
			continue
		}
		if idle++; idle == 1 || other.used < d.programs[oldest].used {
			oldest = key
		}
	}
	if idle > mostPrograms {
		gl.DeleteProgram(d.programs[oldest].handle)
		delete(d.programs, oldest)
	}
}

// Check implements [conv.Checker].
func (d *Device) Check(p conv.Problem) error {
	if _, err := p.Dst(); err != nil {
		return err
	}
	b, err := asking{d, d.profile}.blueprint(p)
	if err != nil {
		return err
	}
	return d.do(func() error {
		for _, s := range b.Stages() {
			made, err := d.program(s.Program)
			if err != nil {
				return err
			}
			d.giveBack(made)
		}
		return nil
	})
}

// compile returns a new program of a key, loaded or compiled.
func (d *Device) compile(key recipe.Key) (*program, error) {
	source, err := key.Source(d.seam.edit)
	if err != nil {
		return nil, err
	}
	handle, err := d.linked(key, source)
	if err != nil {
		return nil, err
	}
	return &program{handle: handle, locations: map[string]int32{}}, nil
}

// dispatch runs one pass, on the buffers that are bound.
func (p *program) dispatch(work recipe.Pass) {
	gl.UseProgram(p.handle)
	for _, u := range work.Uniforms {
		gl.Uniform1i(p.location(u.Name), int32(u.Value))
	}
	gl.DispatchCompute(uint32(work.Groups[0]), uint32(work.Groups[1]), uint32(work.Groups[2]))
	gl.MemoryBarrier(gl.SHADER_STORAGE_BARRIER_BIT | gl.TEXTURE_FETCH_BARRIER_BIT | gl.BUFFER_UPDATE_BARRIER_BIT)
}

// location returns the location of a uniform: −1, which OpenGL ignores, if the compiler dropped it.
func (p *program) location(name string) int32 {
	if at, ok := p.locations[name]; ok {
		return at
	}
	at := gl.GetUniformLocation(p.handle, gl.Str(name+"\x00"))
	p.locations[name] = at
	return at
}
