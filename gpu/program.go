//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// program is a linked compute program of the device's cache.
type program struct {
	handle    uint32
	locations map[string]int32
	plans     int // that have it
	used      int // when a plan last asked for it, counted in requests
}

// mostPrograms is how many programs a device keeps that no plan has. One that is unrolled
// takes llvmpipe about a megabyte, and gpuconv verify makes thousands.
const mostPrograms = 64

// program returns the program of a key, loaded or compiled at its first use, for a plan that
// gives it back. It runs on the thread.
func (d *Device) program(key programKey) (*program, error) {
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

// giveBack takes a program from a plan, and deletes the one that was not asked for for
// longest if there are too many.
func (d *Device) giveBack(p *program) {
	p.plans--
	var oldest programKey
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

func (d *Device) compile(key programKey) (*program, error) {
	source, err := key.source(d.seam.edit)
	if err != nil {
		return nil, err
	}
	handle, err := d.linked(key.shader, source)
	if err != nil {
		return nil, err
	}
	return &program{handle: handle, locations: map[string]int32{}}, nil
}

// link compiles and links a shader. What fails leaves nothing behind.
func (d *Device) link(name, source string) (uint32, error) {
	shader := gl.CreateShader(gl.COMPUTE_SHADER)
	defer gl.DeleteShader(shader)
	text, free := gl.Strs(source + "\x00")
	gl.ShaderSource(shader, 1, text, nil)
	free()
	gl.CompileShader(shader)
	var status int32
	if gl.GetShaderiv(shader, gl.COMPILE_STATUS, &status); status == gl.FALSE {
		return 0, fmt.Errorf("gpu: shader %s does not compile: %s", name, shaderLog(shader))
	}
	handle := gl.CreateProgram()
	if d.binaries.folder != nil {
		gl.ProgramParameteri(handle, gl.PROGRAM_BINARY_RETRIEVABLE_HINT, gl.TRUE)
	}
	gl.AttachShader(handle, shader)
	gl.LinkProgram(handle)
	if gl.GetProgramiv(handle, gl.LINK_STATUS, &status); status == gl.FALSE {
		log := programLog(handle)
		gl.DeleteProgram(handle)
		return 0, fmt.Errorf("gpu: shader %s does not link: %s", name, log)
	}
	if err := d.glError("compiling shader " + name); err != nil {
		gl.DeleteProgram(handle)
		return 0, err
	}
	return handle, nil
}

func shaderLog(shader uint32) string {
	var length int32
	gl.GetShaderiv(shader, gl.INFO_LOG_LENGTH, &length)
	log := make([]byte, length+1)
	gl.GetShaderInfoLog(shader, int32(len(log)), nil, &log[0])
	return oneLine(log)
}

func programLog(handle uint32) string {
	var length int32
	gl.GetProgramiv(handle, gl.INFO_LOG_LENGTH, &length)
	log := make([]byte, length+1)
	gl.GetProgramInfoLog(handle, int32(len(log)), nil, &log[0])
	return oneLine(log)
}

// mostLog is how much of a driver's log an error shows: unrolled shaders repeat a
// mistake hundreds of times.
const mostLog = 400

// oneLine makes one line of a driver's log.
func oneLine(log []byte) string {
	text := strings.Join(strings.Fields(strings.TrimRight(string(log), "\x00")), " ")
	if len(text) > mostLog {
		text = text[:mostLog] + " …"
	}
	return text
}

// dispatch runs one pass of p over the buffers that are bound.
func (p *program) dispatch(work pass) {
	gl.UseProgram(p.handle)
	for _, u := range work.uniforms {
		gl.Uniform1i(p.location(u.name), int32(u.value))
	}
	gl.DispatchCompute(uint32(work.groups[0]), uint32(work.groups[1]), uint32(work.groups[2]))
	gl.MemoryBarrier(gl.SHADER_STORAGE_BARRIER_BIT | gl.TEXTURE_FETCH_BARRIER_BIT | gl.BUFFER_UPDATE_BARRIER_BIT)
}

// location is −1, which OpenGL ignores, for a uniform that the compiler dropped.
func (p *program) location(name string) int32 {
	if at, ok := p.locations[name]; ok {
		return at
	}
	at := gl.GetUniformLocation(p.handle, gl.Str(name+"\x00"))
	p.locations[name] = at
	return at
}

// buffer is a storage buffer of a plan.
type buffer struct {
	handle uint32
	bytes  int
}

// deviceMemory is the usage of what shaders read and write again and again. It is a hint, but drivers place buffers by it:
// Mesa's radeonsi puts GL_STREAM_DRAW and all READs into the host's memory, where each load and store of a shader crosses
// PCI Express (buffer_usage and si_init_resource_fields), and its d3d12 GL_DYNAMIC_COPY too. What is read back passes
// through mappings, or through what the driver copies by itself.
const deviceMemory = gl.STATIC_COPY

// newBuffer allocates bytes of storage, holding data or undefined. It reports
// what for it was wanted if there is not enough memory.
func (d *Device) newBuffer(what string, bytes int, data []float32, usage uint32) (buffer, error) {
	b := buffer{bytes: bytes}
	gl.GenBuffers(1, &b.handle)
	gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, b.handle)
	var from unsafe.Pointer
	if len(data) > 0 {
		from = gl.Ptr(data)
	}
	d.seam.bufferData(gl.SHADER_STORAGE_BUFFER, bytes, from, usage)
	if err := d.glError(fmt.Sprintf("allocating %d bytes for %s", bytes, what)); err != nil {
		b.delete()
		return buffer{}, err
	}
	return b, nil
}

func (b *buffer) delete() {
	if b.handle != 0 {
		gl.DeleteBuffers(1, &b.handle)
	}
	b.handle = 0
}
