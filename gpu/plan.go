//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"time"

	"gpuconv/conv"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Plan compiles the shader for p, unless the device has it already, uploads the
// packed weights and allocates the buffers that every run uses. The plan also is
// a [conv.Describer] and a [conv.Timer].
func (d *Device) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if err := p.CheckPlan(weight, bias); err != nil {
		return nil, err
	}
	b, err := newBlueprint(p, d.limits, d.options.Algorithm)
	if err != nil {
		return nil, err
	}
	return d.build(b, weight, bias)
}

// build makes the plan of a blueprint.
func (d *Device) build(b blueprint, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	made := &plan{blueprint: b, device: d}
	if err := d.do(func() error { return made.allocate(weight.Data, bias) }); err != nil {
		made.Close() // the device may have been lost after the last allocation
		return nil, err
	}
	return made, nil
}

// Explain implements [conv.Explainer].
func (d *Device) Explain(p conv.Problem) (conv.Description, error) {
	if _, err := p.Dst(); err != nil {
		return conv.Description{}, err
	}
	b, err := newBlueprint(p, d.limits, d.options.Algorithm)
	return b.description, err
}

type plan struct {
	blueprint
	device *Device

	// Touched on the device's thread only.
	programs []*program // of the recipe's stages
	pooling  *program   // nil where nothing follows the sums
	buffers  [4]buffer  // by binding: src, weight, bias, dst
	textures [2]uint32  // of src and of what the stages write, where the recipe has them
	sums     buffer     // between the recipe's stages and pooling
	scratch  []buffer   // of the recipe
	packed   packed     // for Guard
	closed   bool
	timings  conv.Timings
}

const (
	bindSrc = iota
	bindWeight
	bindBias
	bindDst
	bindImages // src again, for stages that read something else at bindSrc
)

// allocate makes what the plan holds on the device. After an error it is for the
// caller to release what there is.
func (p *plan) allocate(weight, bias []float32) (err error) {
	for _, s := range p.recipe.stages {
		made, err := p.device.program(s.program)
		if err != nil {
			return err
		}
		p.programs = append(p.programs, made)
	}
	if p.pools() {
		if p.pooling, err = p.device.program(p.pool.program); err != nil {
			return err
		}
	}
	weight, bias = p.recipe.pack(weight, bias)
	images := p.description.Chunk
	src, sums, dst := imageBytes(p.problem)
	if p.pooling == nil {
		sums = 0
	}
	guard := 0
	if p.device.options.Guard {
		guard = guardBytes
		p.packed = packed{weight, bias}
	}
	p.scratch = make([]buffer, len(p.recipe.scratch))
	for i, s := range p.recipe.scratch {
		if p.scratch[i], err = p.device.newBuffer(s.what, images*s.imageBytes+guard, nil, gl.DYNAMIC_COPY); err != nil {
			return err
		}
	}
	for _, b := range []struct {
		made  *buffer
		what  string
		bytes int
		data  []float32
		usage uint32
	}{
		{&p.buffers[bindSrc], "src", images * src, nil, gl.STREAM_DRAW},
		{&p.buffers[bindWeight], "weight", 4 * len(weight), weight, gl.STATIC_DRAW},
		{&p.buffers[bindBias], "bias", 4 * len(bias), bias, gl.STATIC_DRAW},
		{&p.sums, "sums", images*sums + min(guard, sums), nil, gl.DYNAMIC_COPY},
		{&p.buffers[bindDst], "dst", images*dst + guard, nil, gl.STREAM_READ},
	} {
		if b.bytes == 0 {
			continue // there is no such buffer
		}
		if *b.made, err = p.device.newBuffer(b.what, b.bytes, b.data, b.usage); err != nil {
			return err
		}
	}
	return p.makeTextures()
}

// makeTextures lets the shader read src, and what it wrote, as buffer textures.
func (p *plan) makeTextures() error {
	format := uint32(gl.R32F)
	switch p.recipe.textures {
	case noTexels:
		return nil
	case vectorTexels:
		format = gl.RGBA32F
	}
	written := p.buffers[bindDst]
	if p.pooling != nil {
		written = p.sums
	}
	gl.GenTextures(2, &p.textures[0])
	for i, b := range []buffer{p.buffers[bindSrc], written} {
		gl.BindTexture(gl.TEXTURE_BUFFER, p.textures[i])
		gl.TexBuffer(gl.TEXTURE_BUFFER, format, b.handle)
	}
	return p.device.glError("making textures of src and dst")
}

func (p *plan) release() {
	for _, used := range p.programs {
		p.device.giveBack(used)
	}
	if p.pooling != nil {
		p.device.giveBack(p.pooling)
	}
	if p.textures[0] != 0 {
		gl.DeleteTextures(2, &p.textures[0])
	}
	p.textures = [2]uint32{}
	for i := range p.buffers {
		p.buffers[i].delete()
	}
	for i := range p.scratch {
		p.scratch[i].delete()
	}
	p.sums.delete()
}

// Run implements [conv.Plan]. Batches beyond the plan's chunk are computed one
// chunk after the other.
func (p *plan) Run(dst, src *conv.Tensor) error {
	if err := p.problem.CheckRun(dst, src); err != nil {
		return err
	}
	return p.device.do(func() error {
		if p.closed {
			return fmt.Errorf("gpu: plan: %w", conv.ErrClosed)
		}
		for lo := 0; lo < src.Shape.N(); lo += p.description.Chunk {
			hi := min(lo+p.description.Chunk, src.Shape.N())
			if err := p.runChunk(dst.Images(lo, hi), src.Images(lo, hi)); err != nil {
				return err
			}
		}
		return nil
	})
}

// runChunk uploads, dispatches and reads back at most a chunk of images. It waits
// for each phase so that the timings are true.
func (p *plan) runChunk(dst, src *conv.Tensor) error {
	start := time.Now()
	gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, p.buffers[bindSrc].handle)
	gl.BufferSubData(gl.SHADER_STORAGE_BUFFER, 0, 4*len(src.Data), gl.Ptr(src.Data))
	if p.device.options.Guard {
		p.fillDst()
	}
	gl.Finish()
	if err := p.device.glError(fmt.Sprintf("uploading %d images", src.Shape.N())); err != nil {
		return err
	}
	uploaded := time.Now()
	p.dispatch(src.Shape.N())
	gl.Finish()
	if err := p.device.glError(fmt.Sprintf("computing %d images with %s", src.Shape.N(), p.description.Algorithm)); err != nil {
		return err
	}
	computed := time.Now()
	if err := p.checkGuard(src); err != nil {
		return err
	}
	gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, p.buffers[bindDst].handle)
	gl.GetBufferSubData(gl.SHADER_STORAGE_BUFFER, 0, 4*len(dst.Data), gl.Ptr(dst.Data))
	if err := p.device.glError(fmt.Sprintf("reading %d images back", src.Shape.N())); err != nil {
		return err
	}
	p.timings.Upload += uploaded.Sub(start)
	p.timings.Kernel += computed.Sub(uploaded)
	p.timings.Readback += time.Since(computed)
	return nil
}

// dispatch runs the programs on the images that were uploaded.
func (p *plan) dispatch(images int) {
	for binding, b := range p.buffers {
		gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, uint32(binding), b.handle)
	}
	sums := p.buffers[bindDst]
	if p.pooling != nil {
		sums = p.sums
	}
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, bindImages, p.buffers[bindSrc].handle)
	for i, texture := range p.textures {
		gl.ActiveTexture(gl.TEXTURE0 + uint32(i))
		gl.BindTexture(gl.TEXTURE_BUFFER, texture)
	}
	for i, s := range p.recipe.stages {
		p.bind(bindSrc, s.reads, p.buffers[bindSrc])
		p.bind(bindDst, s.writes, sums)
		for _, work := range s.passes(images) {
			if p.recipe.uniformWeight {
				gl.BindBufferRange(gl.UNIFORM_BUFFER, 0, p.buffers[bindWeight].handle, work.weightFirst, work.weightBytes)
			}
			p.programs[i].dispatch(work)
		}
	}
	if p.pooling == nil {
		return
	}
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, bindSrc, p.sums.handle)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, bindDst, p.buffers[bindDst].handle)
	for _, work := range p.pool.passes(images) {
		p.pooling.dispatch(work)
	}
}

// bind binds a place, or what the plan itself has there.
func (p *plan) bind(binding uint32, at place, own buffer) {
	if at != ownPlace {
		own = p.scratch[at-1]
	}
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, binding, own.handle)
}

// Close releases the plan's buffers.
func (p *plan) Close() error {
	err := p.device.thread.do(func() error {
		if !p.closed {
			p.closed = true
			p.release()
			return p.device.watch(p.device.glError("closing a plan"))
		}
		return nil
	})
	if errors.Is(err, conv.ErrClosed) || errors.Is(err, conv.ErrLost) {
		return nil // the buffers ended with the device
	}
	return err
}

// Describe implements [conv.Describer].
func (p *plan) Describe() conv.Description { return p.description }

// Timings implements [conv.Timer].
func (p *plan) Timings() (t conv.Timings) {
	p.device.thread.do(func() error { // after the device's Close there is nothing to tell
		t = p.timings
		return nil
	})
	return t
}
