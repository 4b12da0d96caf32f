//go:build cgo && !nogl

package gpu

import (
	"errors"
	"time"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Plan prepares p on the device. It compiles the shaders that the device does not have yet, uploads the weights, and
// allocates the buffers that every run uses. weight has the shape p.Weight; bias has one value per filter, or is nil
// without p.Bias. Plan copies both. The plan is also a [conv.Describer], [conv.Compiler], [conv.Timer], [conv.Phaser]
// and [conv.Submitter].
//
// A wrong problem, weight or bias gives a [conv.ShapeError]. The error wraps [conv.ErrUnsupported] if the device cannot
// compute p, [conv.ErrLost] if its driver has reset it, and [conv.ErrClosed] after the device's Close.
func (d *Device) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	return asking{d, d.profile}.Plan(p, weight, bias)
}

// build makes the plan of a blueprint.
func (d *Device) build(b recipe.Blueprint, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	made := &plan{Blueprint: b, device: d}
	if err := d.do(func() error { return made.allocate(weight.Data, bias) }); err != nil {
		made.Close() // releases what allocate made; do also fails if the device is lost after allocate
		return nil, err
	}
	return made, nil
}

// Explain implements [conv.Explainer]: it says how Plan would compute p. It compiles and allocates nothing.
func (d *Device) Explain(p conv.Problem) (conv.Description, error) {
	return asking{d, d.profile}.Explain(p)
}

// plan is a blueprint with its programs and buffers on the device.
type plan struct {
	recipe.Blueprint
	device *Device
	queue  queue

	// Only the device's thread uses these.
	programs []*program // one for each stage of the recipe
	pooling  *program   // nil if the recipe's stages write the outputs themselves
	painting *program   // nil before Paints, or if the plan does not make images
	weight   buffer
	bias     buffer
	sums     buffer    // what the recipe's stages write and pooling reads
	scratch  []buffer  // one for each Scratch of the recipe
	staging  []float32 // holds the bands of a chunk on the host, unless mapped memory does
	textures [2]uint32 // of src and of what the stages write, if the recipe uses textures
	packed   packed    // what Guard expects in weight and bias
	flights  []flight
	turn     int       // which flight is launched next
	air      []*flight // the flights in the air, oldest first
	stepwise bool      // the plan waits for the end of each phase
	trying   bool      // each program is dispatched with one work-group only
	compiled conv.Compiled
	closed   bool
	timings  conv.Timings

	measurings []*measuring
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

// link gets the plan's programs from the device, which compiles those that it lacks.
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

// try dispatches one work-group of each program, on memory that holds no images yet. Some drivers compile a program
// only when it is first dispatched, and llvmpipe compiles it again for textures of another size. After try they compile
// nothing during a run.
func (p *plan) try() error {
	defer p.compiling(time.Now())
	p.trying = true
	p.dispatch(p.flights[0].src, p.flights[0].dst, p.Description.Chunk)
	p.trying = false
	gl.Finish()
	return p.device.glError("trying programs")
}

// compiling adds the time since start to the time that compiling took.
func (p *plan) compiling(start time.Time) {
	p.compiled.Took += time.Since(start)
	p.compiled.Kept = p.device.keeps()
}

// passes returns the dispatches of a stage for the given number of pieces. While trying, it returns the first dispatch
// alone, with one work-group.
func (p *plan) passes(s recipe.Stage, pieces int) []recipe.Pass {
	all := s.Passes(pieces)
	if p.trying && len(all) > 0 {
		all = all[:1]
		all[0].Groups = [3]int{1, 1, 1}
	}
	return all
}

// attach lets shaders read two buffers as buffer textures: src, and written, which has what earlier passes wrote. It
// does nothing if the recipe uses no textures.
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

// release gives the programs back and deletes what else the plan holds on the device.
func (p *plan) release() {
	for _, used := range p.programs {
		p.device.giveBack(used)
	}
	if p.pooling != nil {
		p.device.giveBack(p.pooling)
	}
	if p.painting != nil {
		p.device.giveBack(p.painting)
	}
	if p.textures[0] != 0 {
		gl.DeleteTextures(2, &p.textures[0])
	}
	p.textures = [2]uint32{}
	for i := range p.flights {
		p.flights[i].release()
	}
	p.air = nil
	for _, m := range p.measurings {
		m.release()
	}
	p.weight.delete()
	p.bias.delete()
	for i := range p.scratch {
		p.scratch[i].delete()
	}
	p.sums.delete()
}

// dispatch runs the plan's programs on the first pieces in src, as many as pieces says. A piece is an image, or a band
// of one.
func (p *plan) dispatch(src, dst buffer, pieces int) {
	sums := dst
	if p.pooling != nil {
		sums = p.sums
	}
	for binding, b := range []buffer{
		recipe.BindSrc: src, recipe.BindWeight: p.weight, recipe.BindBias: p.bias, recipe.BindDst: dst,
		recipe.BindImages: src} {
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

// bind binds the buffer that a stage reads or writes: one of the plan's scratch buffers, or own for recipe.OwnPlace.
func (p *plan) bind(binding uint32, at recipe.Place, own buffer) {
	if i, ok := at.Scratch(); ok {
		own = p.scratch[i]
	}
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, binding, own.handle)
}

// Close releases the plan's buffers, and its programs and textures. Submitted batches that are not done fail with
// [conv.ErrClosed].
func (p *plan) Close() error {
	return p.closing("closing a plan", &p.closed, p.release)
}

// closing sets closed and calls release on the device's thread, unless closed is set. what is for errors.
func (p *plan) closing(what string, closed *bool, release func()) error {
	err := p.device.thread.do(func() error {
		if *closed {
			return nil
		}
		*closed = true
		release()
		return p.device.watch(p.device.glError(what))
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
	p.device.thread.do(func() error { // after the device's Close they are 0
		t = p.timings
		return nil
	})
	return t
}

var (
	_ conv.Compiler  = (*plan)(nil)
	_ conv.Describer = (*plan)(nil)
	_ conv.Painter   = (*plan)(nil)
	_ conv.Phaser    = (*plan)(nil)
	_ conv.Submitter = (*plan)(nil)
	_ conv.Timer     = (*plan)(nil)
)
