//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"math"
	"time"
	"unsafe"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// easel holds what a flight needs for images that the plan makes: a few bytes go to the device in place of pixels.
type easel struct {
	angles buffer
	unsure buffer  // a word for each image: not 0 if a pixel of it is not sure
	marks  mapping // on the mapped route: unsure is copied to it
}

func (e *easel) delete() {
	e.angles.delete()
	e.unsure.delete()
	e.marks.delete()
}

// Paints implements [conv.Painter]: it compiles the program that makes images, and allocates buffers for the angles of
// a chunk. After an error the plan works as before.
func (p *plan) Paints() error {
	if p.NoGratings != nil {
		return p.NoGratings
	}
	return p.device.do(func() (err error) {
		switch {
		case p.closed:
			return closedPlan()
		case p.painting != nil:
			return nil
		}
		if p.painting, err = p.device.program(p.Gratings.Program); err == nil {
			if err = p.easels(); err == nil {
				return nil
			}
			p.device.giveBack(p.painting)
		}
		p.painting = nil
		for i := range p.flights {
			p.flights[i].easel.delete()
		}
		return err
	})
}

// easels allocates what each flight needs for making images, and tries the program as [plan.try] does.
func (p *plan) easels() (err error) {
	defer p.compiling(time.Now())
	chunk := p.Description.Chunk
	angles := 4 * chunk * conv.StripeAngles(p.Problem.Src)
	for i := range p.flights {
		e := &p.flights[i].easel
		if e.angles, err = p.device.newBuffer("angles", angles, nil, deviceMemory); err != nil {
			return err
		}
		if e.unsure, err = p.device.newBuffer("unsure images", 4*chunk, nil, deviceMemory); err != nil {
			return err
		}
		if p.Transfers.Route == recipe.Mapped {
			e.marks, err = p.device.newMapping("marks", 4*chunk, gl.MAP_READ_BIT, gl.CLIENT_STORAGE_BIT)
			if err != nil {
				return err
			}
		}
	}
	p.trying = true
	p.drawStripes(&p.flights[0], &conv.Stripes{}, chunk)
	p.trying = false
	gl.Finish()
	return p.device.glError("trying programs")
}

// RunStripes implements [conv.Painter].
func (p *plan) RunStripes(dst *conv.Tensor, images *conv.Stripes) (unsure []int, err error) {
	if err := p.Problem.CheckStripes(dst, images); err != nil {
		return nil, err
	}
	j := &job{dst: dst, stripes: images, pieces: images.Shape.N()}
	p.queue.add(j)
	err = p.finish(j)
	return j.unsure, err
}

// paint tells the device to make the images of a part in the flight's src.
func (p *plan) paint(f *flight, given part) error {
	if p.painting == nil {
		return errorf("making %s: call Paints first", p.count(given))
	}
	images := given.job.stripes.Images(given.lo, given.hi)
	n := images.Shape.N()
	gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, f.easel.angles.handle)
	gl.BufferSubData(gl.SHADER_STORAGE_BUFFER, 0, 4*len(images.Angles), unsafe.Pointer(&images.Angles[0]))
	f.easel.unsure.fill(0)
	if p.device.options.Guard {
		f.src.fill(srcFill)
	}
	p.drawStripes(f, images, n)
	if f.easel.marks.handle != 0 {
		p.device.seam.copyBuffer(f.easel.unsure.handle, f.easel.marks.handle, 4*n)
	}
	return p.device.glError(fmt.Sprintf("making %s", p.count(given)))
}

// drawStripes runs the program that makes images, from the angles that are on the device.
func (p *plan) drawStripes(f *flight, images *conv.Stripes, n int) {
	for binding, b := range map[uint32]buffer{
		recipe.BindAngles: f.easel.angles, recipe.BindUnsure: f.easel.unsure, recipe.BindDst: f.src} {
		gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, binding, b.handle)
	}
	for _, work := range p.passes(p.Gratings, n) {
		work.Uniforms = append(work.Uniforms, recipe.Uniform{Name: "light", Value: bits(images.Light)},
			recipe.Uniform{Name: "dark", Value: bits(images.Dark)})
		p.painting.dispatch(work)
	}
}

// bits returns the bits of a number as an int of 32 bits.
func bits(v float32) int { return int(int32(math.Float32bits(v))) }

// unsure returns the images of a part that has arrived which have a pixel that is not sure.
func (p *plan) unsure(f *flight, given part) (images []int) {
	n := given.hi - given.lo
	var marks []float32
	if f.easel.marks.handle != 0 {
		marks = f.easel.marks.floats()[:n]
	} else {
		marks = f.easel.unsure.read(0, n)
	}
	for i, v := range marks {
		if math.Float32bits(v) != 0 {
			images = append(images, given.lo+i)
		}
	}
	return images
}
