//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/gpu/internal/egl"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// DieOnCrash gives the signals of a crash, such as SIGABRT, their default action for the rest of the process. Call it
// in a child process that runs a shader which may crash the driver: without it Go's stacks hide the driver's last
// words.
func DieOnCrash() { _ = egl.DieOnCrash() }

// Own is a shader of the caller's own, linked on a device. Its methods may be called by several goroutines.
type Own struct {
	device   *Device
	name     string
	handle   uint32
	local    [3]int
	uniforms map[string]ownUniform // by name, and by location in decimal digits
}

// ownUniform is a uniform that the compiler has kept.
type ownUniform struct {
	location int32
	kind     uint32 // OpenGL's type
}

// Own compiles and links a shader. The error wraps a [conv.SourceError] if it does not compile or link.
func (d *Device) Own(s OwnShader) (*Own, error) {
	o := &Own{device: d, name: s.Name}
	err := d.do(func() (err error) {
		if o.handle, err = d.linkOwn(s); err != nil {
			return err
		}
		var size [3]int32
		gl.GetProgramiv(o.handle, gl.COMPUTE_WORK_GROUP_SIZE, &size[0])
		o.local = [3]int{int(size[0]), int(size[1]), int(size[2])}
		o.uniforms = activeUniforms(o.handle)
		if err = d.glError("reading the uniforms of " + s.Name); err != nil {
			gl.DeleteProgram(o.handle)
		}
		return err
	})
	return o, err
}

// linkOwn compiles and links a shader. After an error nothing is left.
func (d *Device) linkOwn(s OwnShader) (uint32, error) {
	shader := gl.CreateShader(gl.COMPUTE_SHADER)
	defer gl.DeleteShader(shader)
	if err := d.loadOwn(shader, s); err != nil {
		return 0, err
	}
	var status int32
	if gl.GetShaderiv(shader, gl.COMPILE_STATUS, &status); status == gl.FALSE {
		return 0, &fault.Error{Package: "gpu", Err: s.mistake(shaderLog(shader))}
	}
	handle := gl.CreateProgram()
	gl.AttachShader(handle, shader)
	gl.LinkProgram(handle)
	if gl.GetProgramiv(handle, gl.LINK_STATUS, &status); status == gl.FALSE {
		log := programLog(handle)
		gl.DeleteProgram(handle)
		return 0, &fault.Error{Package: "gpu", Err: &conv.SourceError{Shader: s.Name, Log: "it does not link: " + log}}
	}
	if err := d.glError("compiling " + s.Name); err != nil {
		gl.DeleteProgram(handle)
		return 0, err
	}
	return handle, nil
}

// loadOwn gives a shader to the compiler.
func (d *Device) loadOwn(shader uint32, s OwnShader) error {
	if s.SPIRV == nil {
		text, free := gl.Strs(s.text() + "\x00")
		gl.ShaderSource(shader, 1, text, nil)
		free()
		gl.CompileShader(shader)
		return nil
	}
	if !hasExtension("GL_ARB_gl_spirv") {
		return &fault.Error{Package: "gpu", Argument: s.Name, Rule: "the driver takes no SPIR-V: " +
			"it has no GL_ARB_gl_spirv, want GLSL", Err: conv.ErrUnsupported}
	}
	gl.ShaderBinary(1, &shader, gl.SHADER_BINARY_FORMAT_SPIR_V_ARB, gl.Ptr(s.SPIRV), int32(len(s.SPIRV)))
	if err := d.glError("loading the SPIR-V of " + s.Name); err != nil {
		return err
	}
	var indices, values []uint32
	for index, value := range s.Constants {
		indices, values = append(indices, index), append(values, value)
	}
	var at, of *uint32
	if len(indices) > 0 {
		at, of = &indices[0], &values[0]
	}
	gl.SpecializeShaderARB(shader, gl.Str("main\x00"), uint32(len(indices)), at, of)
	return d.glError("specializing the SPIR-V of " + s.Name)
}

// text returns what is compiled: the shader with its defines after the line of #version.
func (s OwnShader) text() string {
	lines := strings.SplitAfter(s.GLSL, "\n")
	var b strings.Builder
	for i, line := range lines {
		b.WriteString(line)
		if !strings.HasPrefix(strings.TrimSpace(line), "#version") || len(s.Defines) == 0 {
			continue
		}
		for _, d := range s.Defines {
			fmt.Fprintf(&b, "#define %s %s\n", d.Name, d.Value)
		}
		fmt.Fprintf(&b, "#line %d\n", i+2)
	}
	return b.String()
}

// ownPlace is how compilers name a line of the only source string. Mesa writes 0:12(5), glslang 0:12, NVIDIA 0(12).
var ownPlace = regexp.MustCompile(`\b0[:(](\d+)`)

// mistake returns the error for a message of the compiler.
func (s OwnShader) mistake(log string) *conv.SourceError {
	named := strings.ReplaceAll(fault.Printable(s.Name), "$", "$$") // $$ in a replacement is a $
	e := &conv.SourceError{Shader: s.Name, Log: ownPlace.ReplaceAllString(log, named+":$1")}
	found := ownPlace.FindStringSubmatch(log)
	if found == nil {
		return e
	}
	lines := strings.Split(s.GLSL, "\n")
	if n, err := strconv.Atoi(found[1]); err == nil && n >= 1 && n <= len(lines) {
		e.File, e.Line, e.Text = s.Name, n, strings.TrimSpace(lines[n-1])
	}
	return e
}

// activeUniforms lists the uniforms that the compiler has kept.
func activeUniforms(program uint32) map[string]ownUniform {
	all := map[string]ownUniform{}
	var count int32
	gl.GetProgramiv(program, gl.ACTIVE_UNIFORMS, &count)
	for i := range uint32(count) {
		var size, length int32
		var kind uint32
		name := make([]byte, 256)
		gl.GetActiveUniform(program, i, int32(len(name)), &length, &size, &kind, &name[0])
		text := string(name[:length])
		properties := []uint32{gl.LOCATION, gl.TYPE}
		var values [2]int32
		gl.GetProgramResourceiv(program, gl.UNIFORM, i, 2, &properties[0], 2, nil, &values[0])
		if values[0] < 0 {
			continue // in a block
		}
		u := ownUniform{values[0], uint32(values[1])}
		all[strconv.Itoa(int(u.location))] = u
		if text != "" { // SPIR-V may have no names
			all[text] = u
		}
	}
	return all
}

// Local returns the size of a work-group.
func (o *Own) Local() [3]int { return o.local }

// Close deletes the program.
func (o *Own) Close() {
	_ = o.device.thread.do(func() error { gl.DeleteProgram(o.handle); return nil })
}

// OwnPlan is a prepared [OwnJob]. Its methods may be called by several goroutines, which take turns.
type OwnPlan struct {
	own     *Own
	job     OwnJob
	groups  [3]int
	buffers []uint32
	timings conv.Timings
}

// Prepare allocates the buffers of a job, and checks its uniforms.
func (o *Own) Prepare(job OwnJob) (*OwnPlan, error) {
	p := &OwnPlan{own: o, job: job}
	var err error
	if p.groups, err = job.Groups(o.local); err != nil {
		return nil, err
	}
	for _, u := range job.Uniforms {
		if _, array := o.uniforms[u.Name+"[0]"]; array {
			return nil, &fault.Error{Package: "gpu", Argument: "uniform " + u.Name, Value: fmt.Sprint(u.Values),
				Rule: "the shader's is an array, want a vector such as ivec2"}
		}
		if kept, ok := o.uniforms[u.Name]; ok && componentsOf(kept.kind) != len(u.Values) {
			return nil, &fault.Error{Package: "gpu", Argument: "uniform " + u.Name, Value: fmt.Sprint(u.Values),
				Rule: fmt.Sprintf("the shader's has %d numbers", componentsOf(kept.kind))}
		}
	}
	err = o.device.do(func() error {
		for i, b := range job.Buffers {
			if err := o.device.takes(b); err != nil {
				return err
			}
			made, err := o.device.newBuffer(b.What, 4*(wordsBefore+b.Floats+wordsAfter), nil, deviceMemory)
			if err != nil {
				return err
			}
			p.buffers = append(p.buffers, made.handle)
			p.fill(i)
			if i > 0 && i < len(job.Buffers)-1 {
				p.upload(i, job.Fixed[i-1])
			}
		}
		return o.device.glError("filling buffers")
	})
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// takes returns an error if a shader on the device cannot have a buffer: its size or its binding is too large.
func (d *Device) takes(b OwnBuffer) error {
	bytes, most := 4*b.Floats, d.profile.Limits.Block()
	bindings := getInt(gl.MAX_SHADER_STORAGE_BUFFER_BINDINGS)
	switch {
	case bytes > most:
		return &fault.Error{Package: "gpu", Argument: "bytes of " + b.What, Value: fmt.Sprint(bytes),
			Rule: fmt.Sprintf("storage blocks of this device have at most %d", most), Err: conv.ErrUnsupported}
	case b.Binding >= bindings:
		return &fault.Error{Package: "gpu", Argument: "binding of " + b.What, Value: fmt.Sprint(b.Binding),
			Rule: fmt.Sprintf("this device has bindings from 0 to %d", bindings-1)}
	}
	return nil
}

// fill fills a whole buffer with one word. The word for dst is not that for the other buffers.
func (p *OwnPlan) fill(i int) {
	word := sumsFill
	if i == len(p.buffers)-1 && i == len(p.job.Buffers)-1 {
		word = dstFill
	}
	buffer{handle: p.buffers[i]}.fill(word)
}

func (p *OwnPlan) upload(i int, data []float32) {
	if len(data) > 0 {
		gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, p.buffers[i])
		gl.BufferSubData(gl.SHADER_STORAGE_BUFFER, 4*wordsBefore, 4*len(data), gl.Ptr(data))
	}
}

// Run writes src to the first buffer, runs the shader, and reads dst from the last buffer. With Guard, the error says
// what the shader wrote elsewhere.
func (p *OwnPlan) Run(dst, src []float32) error {
	o, last := p.own, len(p.buffers)-1
	return o.device.do(func() error {
		if p.buffers == nil {
			return errorf("%w", conv.ErrClosed)
		}
		began := time.Now()
		p.upload(0, src)
		if p.job.Guard {
			p.fill(last)
		}
		uploaded := time.Now()
		p.dispatch()
		gl.Finish()
		computed := time.Now()
		if err := o.device.glError("running " + o.name); err != nil {
			return err
		}
		copy(dst, buffer{handle: p.buffers[last]}.read(4*wordsBefore, len(dst)))
		p.timings.Upload += uploaded.Sub(began)
		p.timings.Kernel += computed.Sub(uploaded)
		p.timings.Readback += time.Since(computed)
		if p.job.Guard {
			return p.check(src)
		}
		return o.device.glError("reading dst")
	})
}

// dispatch sets the uniforms, binds the buffers and runs the shader.
func (p *OwnPlan) dispatch() {
	gl.UseProgram(p.own.handle)
	for _, u := range p.job.Uniforms {
		if kept, ok := p.own.uniforms[u.Name]; ok {
			kept.set(u.Values)
		}
	}
	for i, b := range p.job.Buffers {
		bound := max(1, b.Floats)
		if !b.Exact {
			bound = max(1, min(b.Floats+wordsAfter, p.own.device.profile.Limits.Block()/4))
		}
		gl.BindBufferRange(gl.SHADER_STORAGE_BUFFER, uint32(b.Binding), p.buffers[i], 4*wordsBefore, 4*bound)
	}
	gl.DispatchCompute(uint32(p.groups[0]), uint32(p.groups[1]), uint32(p.groups[2]))
	gl.MemoryBarrier(gl.ALL_BARRIER_BITS)
}

// check returns an error if the shader wrote outside dst.
func (p *OwnPlan) check(src []float32) error {
	contents := append(append([][]float32{src}, p.job.Fixed...), nil)
	for i, b := range p.job.Buffers {
		found, word := buffer{handle: p.buffers[i]}.read(0, wordsBefore+b.Floats+wordsAfter), sumsFill
		inside := contents[i]
		if i == len(p.buffers)-1 {
			word, inside = dstFill, found[wordsBefore:wordsBefore+b.Floats]
		}
		for at, got := range found {
			where := at - wordsBefore
			want := word
			if where >= 0 && where < len(inside) {
				want = math.Float32bits(inside[where])
			}
			if math.Float32bits(got) != want {
				return errorf("%s wrote %v %s", p.own.name, got, b.place(where))
			}
		}
	}
	return p.own.device.glError("reading guards back")
}

// place names an element of a buffer, or one outside of it.
func (b OwnBuffer) place(at int) string {
	switch {
	case at < 0:
		return fmt.Sprintf("%d elements before %s", -at, b.What)
	case at >= b.Floats:
		return fmt.Sprintf("into element %d of %s, which has %d", at, b.What, b.Floats)
	}
	return fmt.Sprintf("into element %d of %s, which is an input", at, b.What)
}

// Timings returns the times of all runs so far.
func (p *OwnPlan) Timings() (t conv.Timings) {
	_ = p.own.device.thread.do(func() error { t = p.timings; return nil })
	return t
}

// Close deletes the buffers. Closing twice is harmless.
func (p *OwnPlan) Close() {
	_ = p.own.device.thread.do(func() error {
		if len(p.buffers) > 0 {
			gl.DeleteBuffers(int32(len(p.buffers)), &p.buffers[0])
		}
		p.buffers = nil
		return nil
	})
}

// componentsOf returns how many numbers a uniform of a type has; 0 for types that are not numbers or vectors of them.
func componentsOf(kind uint32) int {
	switch kind {
	case gl.INT, gl.UNSIGNED_INT, gl.FLOAT, gl.BOOL:
		return 1
	case gl.INT_VEC2, gl.UNSIGNED_INT_VEC2, gl.FLOAT_VEC2, gl.BOOL_VEC2:
		return 2
	case gl.INT_VEC3, gl.UNSIGNED_INT_VEC3, gl.FLOAT_VEC3, gl.BOOL_VEC3:
		return 3
	case gl.INT_VEC4, gl.UNSIGNED_INT_VEC4, gl.FLOAT_VEC4, gl.BOOL_VEC4:
		return 4
	}
	return 0
}

// set sets a uniform of the program in use.
func (u ownUniform) set(values []float64) {
	n := int32(len(values))
	switch u.kind {
	case gl.FLOAT, gl.FLOAT_VEC2, gl.FLOAT_VEC3, gl.FLOAT_VEC4:
		v := converted[float32](values)
		[]func(int32, int32, *float32){gl.Uniform1fv, gl.Uniform2fv, gl.Uniform3fv, gl.Uniform4fv}[n-1](
			u.location, 1, &v[0])
	case gl.UNSIGNED_INT, gl.UNSIGNED_INT_VEC2, gl.UNSIGNED_INT_VEC3, gl.UNSIGNED_INT_VEC4:
		v := converted[uint32](values)
		[]func(int32, int32, *uint32){gl.Uniform1uiv, gl.Uniform2uiv, gl.Uniform3uiv, gl.Uniform4uiv}[n-1](
			u.location, 1, &v[0])
	default:
		v := converted[int32](values)
		[]func(int32, int32, *int32){gl.Uniform1iv, gl.Uniform2iv, gl.Uniform3iv, gl.Uniform4iv}[n-1](
			u.location, 1, &v[0])
	}
}

func converted[T float32 | int32 | uint32](values []float64) []T {
	all := make([]T, len(values))
	for i, v := range values {
		all[i] = T(v)
	}
	return all
}
