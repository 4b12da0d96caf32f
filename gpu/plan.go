//go:build cgo && !nogl

package gpu

import (
	"errors"
	"time"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Plan prepares p on the device: it compiles the shaders, unless the device has them already, packs and uploads the
// weights, and allocates the buffers that every run uses. weight has the shape p.Weight; bias has one value per filter,
// or is nil without p.Bias. Both are copied. The plan also is a [conv.Describer], a [conv.Timer], a [conv.Phaser] and a
// [conv.Submitter].
//
// A wrong problem, weight or bias is a [conv.ShapeError]. The error wraps [conv.ErrUnsupported] if the device cannot
// compute p, [conv.ErrLost] if its driver has reset it, and [conv.ErrClosed] after Close.
func (d *Device) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	return asking{d, d.profile}.Plan(p, weight, bias)
}

// build makes the plan of a blueprint.
func (d *Device) build(b recipe.Blueprint, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	made := &plan{Blueprint: b, device: d}
	if err := d.do(func() error { return made.allocate(weight.Data, bias) }); err != nil {
		made.Close() // the device may have been lost after the last allocation
		return nil, err
	}
	return made, nil
}

// Explain implements [conv.Explainer]: it says how Plan would compute p. It compiles and allocates nothing.
func (d *Device) Explain(p conv.Problem) (conv.Description, error) {
	return asking{d, d.profile}.Explain(p)
}

// plan is a blueprint with what it needs on the device.
type plan struct {
	recipe.Blueprint
	device *Device
	queue  queue

	// Touched on the device's thread only.
	programs []*program // of the recipe's stages
	pooling  *program   // nil where the recipe's stages make the outputs
	weight   buffer
	bias     buffer
	sums     buffer    // between the recipe's stages and pooling
	scratch  []buffer  // of the recipe
	staging  []float32 // where bands of a chunk are put together and taken apart, if that is not in mapped memory
	textures [2]uint32 // of src and of what the stages write, where the recipe uses textures
	packed   packed    // for Guard
	flights  []flight
	turn     int       // the flight that is launched next
	air      []*flight // those in the air, oldest first
	stepwise bool      // each phase is waited for
	trying   bool      // programs are dispatched for the first time, one work-group each
	compiled conv.Compiled
	closed   bool
	timings  conv.Timings
}

// allocate makes all that the plan holds on the device. After an error the caller releases what was made.
func (p *plan) allocate(weight, bias []float32) (err error) {
	if err := p.link(); err != nil {
		return err
	}
	weight, bias = p.Recipe.Pack(weight, bias)
	p.staging = make([]float32, p.Staged)
	_, sums, _ := p.Recipe.StoredBytes(p.Piece)
	guard := p.guardBytes()
	if guard > 0 {
		p.packed = packed{weight, bias}
	}
	sums = p.Description.Chunk*sums + min(guard, sums)
	p.scratch = make([]buffer, len(p.Recipe.Scratch))
	for i, s := range p.Recipe.Scratch {
		if p.scratch[i], err = p.device.newBuffer(s.What, p.Description.Chunk*s.ImageBytes+guard, nil,
			deviceMemory); err != nil {
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
		{&p.weight, "weight", 4 * len(weight), weight, gl.STATIC_DRAW},
		{&p.bias, "bias", 4 * len(bias), bias, gl.STATIC_DRAW},
		{&p.sums, "sums", sums, nil, deviceMemory},
	} {
		if b.bytes == 0 {
			continue // this plan has no such buffer
		}
		if *b.made, err = p.device.newBuffer(b.what, b.bytes, b.data, b.usage); err != nil {
			return err
		}
	}
	p.flights = make([]flight, p.Transfers.Sets())
	for i := range p.flights {
		if err := p.newFlight(&p.flights[i]); err != nil {
			return err
		}
	}
	if p.Recipe.Textures != recipe.NoTexels {
		gl.GenTextures(2, &p.textures[0])
	}
	if err := p.device.glError("making textures"); err != nil {
		return err
	}
	return p.try()
}

// link makes the plan's programs.
func (p *plan) link() (err error) {
	defer p.compiling(time.Now())
	for _, s := range p.Recipe.Stages {
		made, err := p.device.program(s.Program)
		if err != nil {
			return err
		}
		p.programs = append(p.programs, made)
	}
	if p.PoolsApart() {
		p.pooling, err = p.device.program(p.Pool.Program)
	}
	return err
}

// try dispatches one work-group of each program, on memory that holds no images yet. Drivers that compile a program
// when it is first dispatched, and anew for textures of another size, as llvmpipe does, then compile nothing in a run.
func (p *plan) try() error {
	defer p.compiling(time.Now())
	p.trying = true
	p.dispatch(p.flights[0].src, p.flights[0].dst, p.Description.Chunk)
	p.trying = false
	gl.Finish()
	return p.device.glError("trying programs")
}

// compiling counts the time since start as compiling.
func (p *plan) compiling(start time.Time) {
	p.compiled.Took += time.Since(start)
	p.compiled.Kept = p.device.keeps()
}

// passes returns the dispatches of a stage.
func (p *plan) passes(s recipe.Stage, pieces int) []recipe.Pass {
	all := s.Passes(pieces)
	if p.trying && len(all) > 0 {
		all = all[:1]
		all[0].Groups = [3]int{1, 1, 1}
	}
	return all
}

// attach lets the shader read src, and what it wrote before, as buffer textures.
func (p *plan) attach(src, written buffer) {
	format := uint32(gl.R32F)
	switch p.Recipe.Textures {
	case recipe.NoTexels:
		return
	case recipe.VectorTexels:
		format = gl.RGBA32F
	}
	for i, b := range []buffer{src, written} {
		gl.ActiveTexture(gl.TEXTURE0 + uint32(i))
		gl.BindTexture(gl.TEXTURE_BUFFER, p.textures[i])
		gl.TexBuffer(gl.TEXTURE_BUFFER, format, b.handle)
	}
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
	for i := range p.flights {
		p.flights[i].release()
	}
	p.air = nil
	p.weight.delete()
	p.bias.delete()
	for i := range p.scratch {
		p.scratch[i].delete()
	}
	p.sums.delete()
}

// dispatch runs the programs on so many images, or bands of images, in src.
func (p *plan) dispatch(src, dst buffer, pieces int) {
	sums := dst
	if p.pooling != nil {
		sums = p.sums
	}
	for binding, b := range []buffer{
		recipe.BindSrc: src, recipe.BindWeight: p.weight, recipe.BindBias: p.bias, recipe.BindDst: dst, recipe.BindImages: src,
	} {
		gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, uint32(binding), b.handle)
	}
	p.attach(src, sums)
	for i, s := range p.Recipe.Stages {
		p.bind(recipe.BindSrc, s.Reads, src)
		p.bind(recipe.BindDst, s.Writes, sums)
		for _, work := range p.passes(s, pieces) {
			if p.Recipe.UniformWeight {
				gl.BindBufferRange(gl.UNIFORM_BUFFER, 0, p.weight.handle, work.WeightFirst, work.WeightBytes)
			}
			p.programs[i].dispatch(work)
		}
	}
	if p.pooling == nil {
		return
	}
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, recipe.BindSrc, p.sums.handle)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, recipe.BindDst, dst.handle)
	for _, work := range p.passes(p.Pool, pieces) {
		p.pooling.dispatch(work)
	}
}

// bind binds the buffer of a place: scratch, or own for the plan's own buffer.
func (p *plan) bind(binding uint32, at recipe.Place, own buffer) {
	if i, ok := at.Scratch(); ok {
		own = p.scratch[i]
	}
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, binding, own.handle)
}

// Close releases the plan's buffers. Submitted batches that are not done end with [conv.ErrClosed].
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
func (p *plan) Describe() conv.Description { return p.Description }

// Compiled implements [conv.Compiler].
func (p *plan) Compiled() conv.Compiled { return p.compiled }

// Timings implements [conv.Timer].
func (p *plan) Timings() (t conv.Timings) {
	p.device.thread.do(func() error { // after the device's Close there are none
		t = p.timings
		return nil
	})
	return t
}

var (
	_ conv.Compiler  = (*plan)(nil)
	_ conv.Describer = (*plan)(nil)
	_ conv.Phaser    = (*plan)(nil)
	_ conv.Submitter = (*plan)(nil)
	_ conv.Timer     = (*plan)(nil)
)
