//go:build cgo && !nogl

package gpu

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// part is the pieces lo to hi−1 of a job, which are computed together. A piece is an image, or a band of rows of an
// image; pieces are numbered through all images of the job.
type part struct {
	job    *job
	lo, hi int
	lent   bool // the device writes to the caller's memory: there is nothing to read back
}

// count says in words how many images or bands a part has, for errors.
func (p *plan) count(given part) string {
	if p.Bands.Cut() {
		return fmt.Sprintf("%d bands of images", given.hi-given.lo)
	}
	return fmt.Sprintf("%d images", given.hi-given.lo)
}

// pixels and outputs return how many floats a part's inputs and outputs take on the device.
func (p *plan) pixels(given part) int {
	src, _, _ := recipe.ImageBytes(p.Piece)
	return (given.hi - given.lo) * src / 4
}

func (p *plan) outputs(given part) int {
	_, _, dst := recipe.ImageBytes(p.Piece)
	return (given.hi - given.lo) * dst / 4
}

// ownPixels and ownOutputs return a part's inputs and outputs in the caller's memory. They return nil for bands, which
// are not contiguous there.
func (p *plan) ownPixels(given part) []float32 { return p.own(given.job.src, given) }

func (p *plan) ownOutputs(given part) []float32 { return p.own(given.job.dst, given) }

func (p *plan) own(t *conv.Tensor, given part) []float32 {
	if p.Bands.Cut() {
		return nil
	}
	return t.Images(given.lo, given.hi).Data
}

// gather copies a part's pixels to `to`, in the order in which the device reads them. It draws those that the device
// makes itself.
func (p *plan) gather(to []float32, given part) {
	if s := given.job.stripes; s != nil {
		size := s.Shape.H() * s.Shape.W()
		for n := given.lo; n < given.hi; n++ {
			s.Paint(to[(n-given.lo)*size:][:size], n)
		}
		return
	}
	if own := p.ownPixels(given); own != nil {
		spread(to, own)
		return
	}
	p.Bands.Gather(to, given.job.src, given.lo, given.hi, spread)
}

// scatter copies a part's outputs, in the order in which the device wrote them, to the caller's memory.
func (p *plan) scatter(given part, from []float32) {
	if own := p.ownOutputs(given); own != nil {
		spread(own, from)
		return
	}
	p.Bands.Scatter(given.job.dst, from, given.lo, given.hi, spread)
}
