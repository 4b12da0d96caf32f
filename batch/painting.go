package batch

import "gpuconv/conv"

// Painting lets the plan of a [Job] make the images. The host then has no pixels of them, except of those that it draws
// because the plan is not sure of them.
type Painting struct {
	Plan conv.Painter
	// Stripes returns images first … first+n−1. It is called in the place of Source.Draw.
	Stripes func(first, n int) (*conv.Stripes, error)
	// Draw draws images, from number first on, that the plan is not sure of.
	Draw func(dst *conv.Tensor, first int) error
}

// drawOn draws the images of a portion, or prepares what the plan makes them of.
func (j Job) drawOn(c *portion) (err error) {
	if j.Painting == nil {
		return j.Source.Draw(c.src, c.first)
	}
	c.stripes, err = j.Painting.Stripes(c.first, c.src.Shape.N())
	return err
}

// run convolves the images lo … hi−1 of a portion.
func (j Job) run(dst *conv.Tensor, c portion, lo, hi int, stats *Stats) error {
	if j.Painting == nil {
		return j.Plan.Run(dst, c.src.Images(lo, hi))
	}
	unsure, err := j.Painting.Plan.RunStripes(dst, c.stripes.Images(lo, hi))
	for at := 0; at < len(unsure) && err == nil; {
		end := at + 1
		for end < len(unsure) && unsure[end] == unsure[end-1]+1 {
			end++
		}
		first, n := unsure[at], end-at
		src := c.src.Images(lo+first, lo+first+n)
		if err = j.Painting.Draw(src, c.first+lo+first); err == nil {
			err = j.Plan.Run(dst.Images(first, first+n), src)
		}
		stats.Unsure += n
		at = end
	}
	return err
}
