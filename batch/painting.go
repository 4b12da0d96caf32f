package batch

import "gpuconv/conv"

// Painting lets the plan of a [Job] make the images. The host then has no pixels of them, except of those that it draws
// because the plan is not sure of them.
type Painting struct {
	Plan conv.Painter
	// Stripes returns images first … first+n−1. It is called in place of Source.Draw.
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
	src := c.src.Images(lo, hi)
	if j.Painting == nil {
		return j.Plan.Run(dst, src)
	}
	unsure, err := j.Painting.Plan.RunStripes(dst, c.stripes.Images(lo, hi))
	if err != nil {
		return err
	}
	stats.Unsure += len(unsure)
	return j.Painting.Redraw(c.first+lo, src, unsure, func(lo, hi int) error {
		return j.Plan.Run(dst.Images(lo, hi), src.Images(lo, hi))
	})
}

// Redraw draws into src those of its images that the plan is not sure of, which are in ascending order, and calls run
// with each range lo … hi−1 of them. Image 0 of src is number first.
func (p *Painting) Redraw(first int, src *conv.Tensor, unsure []int, run func(lo, hi int) error) error {
	for at := 0; at < len(unsure); {
		end := at + 1
		for end < len(unsure) && unsure[end] == unsure[end-1]+1 {
			end++
		}
		lo, hi := unsure[at], unsure[end-1]+1
		if err := p.Draw(src.Images(lo, hi), first+lo); err != nil {
			return err
		}
		if err := run(lo, hi); err != nil {
			return err
		}
		at = end
	}
	return nil
}
