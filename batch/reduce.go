package batch

import "gpuconv/conv"

// Reduction makes a few numbers of the outputs of each image, soon after these are computed: while they are in a cache,
// if Images is small. Only the few numbers of a portion are in memory, and reach the sink.
type Reduction struct {
	Shape  conv.Shape // of the numbers of an image, [1, …]
	Images int        // how many images are convolved at a time; less than 1 means a portion
	// Run, if not nil, takes the place of the plan's Run, for plans that make numbers on a device: it makes dst, and
	// those outputs that Make looks at. With a [Painting] the images are stripes, and src has only room for pixels: Run
	// then returns how many images the plan was not sure of. Without a Painting, stripes is nil.
	Run func(first int, src *conv.Tensor, stripes *conv.Stripes, outputs, dst *conv.Tensor) (unsure int, err error)
	// Make makes the numbers dst of the outputs of images first … first+dst.N−1, whose pixels are src. It must not keep
	// the tensors. It is called on one goroutine, which is not that of the sink.
	Make func(first int, src, outputs, dst *conv.Tensor) error
}

// reducer is a reduction at work.
type reducer struct {
	*Reduction
	outputs *conv.Tensor // of the images that are convolved at a time
}

// newReducer allocates what the job's reduction needs. It returns nil if there is none.
func (j Job) newReducer() (*reducer, error) {
	if j.Reduce == nil {
		return nil, nil
	}
	shape, err := j.Problem.Dst()
	if err != nil {
		return nil, err
	}
	images := shape.N()
	if j.Reduce.Images > 0 {
		images = min(images, j.Reduce.Images)
	}
	outputs, err := conv.NewTensor(shape.WithN(images))
	return &reducer{j.Reduce, outputs}, err
}

// run convolves a portion, some images at a time, and makes the numbers that reach the sink.
func (r *reducer) run(j Job, c portion, stats *Stats) error {
	for lo := 0; lo < c.src.Shape.N(); lo += r.outputs.Shape.N() {
		hi := min(lo+r.outputs.Shape.N(), c.src.Shape.N())
		src, dst, outputs := c.src.Images(lo, hi), c.dst.Images(lo, hi), r.outputs.Images(0, hi-lo)
		if err := timed(&stats.Convolve, func() error { return r.convolve(j, c, lo, hi, stats) }); err != nil {
			return err
		}
		if err := timed(&stats.Reduce, func() error { return r.Make(c.first+lo, src, outputs, dst) }); err != nil {
			return err
		}
	}
	return nil
}

// convolve computes what Make looks at of the images lo … hi−1 of a portion, and perhaps their numbers.
func (r *reducer) convolve(j Job, c portion, lo, hi int, stats *Stats) error {
	outputs := r.outputs.Images(0, hi-lo)
	if r.Run == nil {
		return j.run(outputs, c, lo, hi, stats)
	}
	var stripes *conv.Stripes
	if j.Painting != nil {
		stripes = c.stripes.Images(lo, hi)
	}
	unsure, err := r.Run(c.first+lo, c.src.Images(lo, hi), stripes, outputs, c.dst.Images(lo, hi))
	stats.Unsure += unsure
	return err
}
