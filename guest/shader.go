package guest

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"gpuconv/conv"
	"gpuconv/gpu"
)

// Shader is a shader with its interface.
type Shader struct {
	Name      string // of its file
	Text      []byte // GLSL, or a module of SPIR-V
	Interface *Interface
}

// spirv is how a module of SPIR-V begins, in the byte order of the machines that gpuconv runs on.
var spirv = []byte{0x03, 0x02, 0x23, 0x07}

// binary reports whether the shader is SPIR-V.
func (s Shader) binary() bool { return bytes.HasPrefix(s.Text, spirv) }

// Backend is a shader on an open device. It is a [conv.Backend] and [conv.Explainer]. Each of its plans is a
// [conv.Describer] and [conv.Timer]. Several goroutines may use it.
type Backend struct {
	device *gpu.Device
	shader Shader
	guard  bool

	mutex    sync.Mutex
	programs map[string]*gpu.Own // by their defines and constants
}

// Open opens a shader on a device. With guard, plans report what the shader writes outside its output.
func Open(device *gpu.Device, shader Shader, guard bool) *Backend {
	return &Backend{device: device, shader: shader, guard: guard, programs: map[string]*gpu.Own{}}
}

// Explain implements [conv.Explainer].
func (b *Backend) Explain(p conv.Problem) (conv.Description, error) { return b.shader.Explain(p) }

// Explain implements [conv.Explainer]: it says how the shader would compute a problem. It needs no device.
func (s Shader) Explain(p conv.Problem) (conv.Description, error) {
	if _, err := p.Dst(); err != nil {
		return conv.Description{}, err
	}
	if err := s.Interface.Refuses(p); err != nil {
		return conv.Description{}, err
	}
	return conv.Description{Algorithm: s.Name, Tolerance: s.Interface.Tolerance, Chunk: max(1, p.Src.N())}, nil
}

// Plan implements [conv.Backend].
func (b *Backend) Plan(p conv.Problem, w *conv.Tensor, biases []float32) (conv.Plan, error) {
	if err := p.CheckPlan(w, biases); err != nil {
		return nil, err
	}
	description, err := b.Explain(p)
	if err != nil {
		return nil, err
	}
	p.Spec = p.WithDefaults()
	program, err := b.program(p)
	if err != nil {
		return nil, err
	}
	made := &plan{p: p, shader: b.shader, description: description}
	if made.dst, err = p.Dst(); err != nil {
		return nil, err
	}
	made.job = b.shader.job(p, made.dst, w, biases)
	made.job.Guard = b.guard
	values := numbers(p, program.Local())
	for _, u := range b.shader.Interface.uniforms {
		numbers, err := u.values(values)
		if err != nil {
			return nil, in("uniforms", err)
		}
		made.job.Uniforms = append(made.job.Uniforms, gpu.OwnUniform{Name: u.name, Values: numbers})
	}
	made.own, err = program.Prepare(made.job)
	return made, err
}

// job says how the shader is called for a problem, except for the values of its uniforms.
func (s Shader) job(p conv.Problem, dstShape conv.Shape, w *conv.Tensor, biases []float32) gpu.OwnJob {
	i := s.Interface
	exact := bytes.Contains(s.Text, []byte(".length()"))
	floats := [4]int{i.buffers[src].layout.floats(p.Src), 0, p.Weight[0], i.buffers[dst].layout.floats(dstShape)}
	if biases == nil {
		biases = make([]float32, p.Weight[0])
	}
	packed := i.buffers[weight].layout.pack(w.Data, p.Weight)
	floats[weight] = len(packed)
	job := gpu.OwnJob{Fixed: [][]float32{packed}}
	if i.buffers[bias].binding >= 0 {
		job.Fixed = append(job.Fixed, append([]float32(nil), biases...))
	}
	for at, b := range i.buffers {
		if b.binding >= 0 {
			job.Buffers = append(job.Buffers, gpu.OwnBuffer{What: bufferNames[at], Binding: b.binding,
				Floats: floats[at], Exact: b.exact || exact})
		}
	}
	job.Groups = func(local [3]int) (groups [3]int, err error) {
		values := numbers(p, local)
		for axis, f := range i.groups {
			if groups[axis], err = f.count(values, 1); err != nil {
				return groups, in("groups."+string("xyz"[axis]), err)
			}
		}
		return groups, nil
	}
	return job
}

// program returns the program for a problem. Problems with the same defines and constants share one.
func (b *Backend) program(p conv.Problem) (*gpu.Own, error) {
	own := gpu.OwnShader{Name: b.shader.Name, GLSL: string(b.shader.Text)}
	if b.shader.binary() {
		own.GLSL, own.SPIRV, own.Constants = "", b.shader.Text, map[uint32]uint32{}
	}
	values := numbers(p, [3]int{1, 1, 1})
	for _, d := range b.shader.Interface.defines {
		numbers, err := d.values(values)
		if err != nil {
			return nil, in("defines", err)
		}
		own.Defines = append(own.Defines, gpu.OwnValue{Name: d.name, Value: literal(numbers)})
	}
	for _, c := range b.shader.Interface.constants {
		n, err := c.formulas[0].count(values, 0)
		index, _ := strconv.ParseUint(c.name, 10, 32) // checked by ParseInterface
		if err != nil {
			return nil, in("constants."+c.name, err)
		}
		if own.Constants != nil {
			own.Constants[uint32(index)] = uint32(n)
		}
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	key := fmt.Sprint(own.Defines, own.Constants)
	if program, ok := b.programs[key]; ok {
		return program, nil
	}
	program, err := b.device.Own(own)
	if err != nil {
		return nil, err
	}
	b.programs[key] = program
	return program, nil
}

// literal writes numbers as a literal of GLSL.
func literal(numbers []float64) string {
	var all []string
	for _, n := range numbers {
		text := strconv.FormatFloat(n, 'g', -1, 64)
		if n == math.Trunc(n) && math.Abs(n) < 1<<31 {
			text = strconv.Itoa(int(n))
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// plan is a prepared convolution.
type plan struct {
	p           conv.Problem
	dst         conv.Shape
	shader      Shader
	description conv.Description
	job         gpu.OwnJob
	own         *gpu.OwnPlan
}

// Run implements [conv.Plan]. A batch that is smaller than the plan's is filled up with zeros.
func (r *plan) Run(to, from *conv.Tensor) error {
	if err := r.p.CheckRun(to, from); err != nil {
		return err
	}
	i := r.shader.Interface
	whole := from.Data
	if from.Shape.N() < r.p.Src.N() {
		whole = make([]float32, r.p.Src[0]*r.p.Src[1]*r.p.Src[2]*r.p.Src[3])
		copy(whole, from.Data)
	}
	if len(whole) == 0 {
		return nil
	}
	packed := make([]float32, i.buffers[dst].layout.floats(r.dst))
	if err := r.own.Run(packed, i.buffers[src].layout.pack(whole, r.p.Src)); err != nil {
		return err
	}
	// The images after the batch are not unpacked.
	i.buffers[dst].layout.each(r.dst, func(at, place int) {
		if at < len(to.Data) {
			to.Data[at] = packed[place]
		}
	})
	return nil
}

// Close implements [conv.Plan].
func (r *plan) Close() error { r.own.Close(); return nil }

// Describe implements [conv.Describer].
func (r *plan) Describe() conv.Description { return r.description }

// Timings implements [conv.Timer].
func (r *plan) Timings() conv.Timings { return r.own.Timings() }
