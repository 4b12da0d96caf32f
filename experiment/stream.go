package experiment

import (
	"cmp"
	"context"
	"slices"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/parallel"
	"gpuconv/npy"
	"gpuconv/whole"
)

// Stream convolves images with a plan and writes the results into a file.
type Stream struct {
	Images  batch.Source
	Problem conv.Problem // of Plan; Src is the shape of a portion of the images, see [batch.Portion]
	Plan    conv.Plan
	Summary Summary // nil: whole maps are written
	// Look, if not nil, is called with images, from number first on, and their maps: with each portion, or part of one,
	// after it is written; or, if there is a Summary, with parts of a portion, before its numbers are written. It must
	// not keep the tensors.
	Look func(first int, src, dst *conv.Tensor) error
	// wants says what Look needs of maps if a device can make the Summary; nil: all of them.
	wants    func(first int, maps conv.Shape) (single, whole []int)
	Progress func(done int)  // as in [Job]
	Format   npy.Format      // of the file; for chunks of Zarr see chunked
	painting *batch.Painting // nil if the host draws the images; otherwise Look gets no pixels
	atOnce   int             // how many images are written, and then looked at, at a time; 0: a portion
	// meanwhile, if not nil, is called when all is written, while the disk completes the file.
	meanwhile func() error
}

// Written says how long a stream took, and how many of its outputs are NaN or infinite. With a Summary it says the same
// of the outputs from which the summary was made, and of the numbers of the summary.
type Written struct {
	batch.Stats
	NotFinite NotFinite
	Numbers   NotFinite // with a Summary
	Overflown int       // how many finite numbers of the file became infinite in float16
	onDevice  bool      // the plan's device made the numbers of the Summary
}

// Write convolves all images in their order and writes the results into file, in s.Format. Their shape is [N, channels,
// rows, columns], or what [Summary.Of] returns. It commits file, or discards it after an error. It returns as soon as
// ctx is done; the portion that is then being computed continues in the background, see [batch.Await].
func (s Stream) Write(ctx context.Context, file *whole.File) (Written, error) {
	dst, err := s.Problem.Dst()
	if err != nil {
		_ = file.Discard()
		return Written{}, err
	}
	var written Written
	n := s.Images.Shape().N()
	format := chunked(s.Format, s.Problem, n)
	job := batch.Job{Source: awaitedSource{s.Images, ctx}, Problem: s.Problem, Plan: awaitedPlan{s.Plan, ctx}}
	job.Progress, job.Painting = s.Progress, s.painting
	look := func(first int, src, maps *conv.Tensor) error {
		if s.Look == nil {
			return nil
		}
		return s.Look(first, src, maps)
	}
	if s.Summary != nil {
		if dst, err = s.Summary.Of(dst); err != nil {
			_ = file.Discard()
			return Written{}, err
		}
		by, err := s.Summary.onDevice(s.Plan, s.Problem, s.painting)
		if err != nil {
			_ = file.Discard()
			return Written{}, err
		}
		defer by.close(ctx)
		if written.onDevice = by != nil && (s.wants != nil || s.Look == nil); written.onDevice {
			job.Reduce = by.reduction(ctx, dst, &written.NotFinite, s.wants, look)
		} else {
			job.Reduce = s.Summary.reduction(dst, s.Problem, s.Plan, &written.NotFinite, look)
		}
	}
	err = fill(ctx, file, format, dst.WithN(n), s.meanwhile, func(w *npy.Writer) (err error) {
		job.Sink = func(first int, src, dst *conv.Tensor) error {
			if s.Summary != nil {
				return put(w, dst, &written.Numbers)
			}
			return inParts(s.atOnce, first, src, dst, func(_ int, _, dst *conv.Tensor) error {
				return put(w, dst, &written.NotFinite)
			}, look)
		}
		written.Stats, err = job.Run(ctx)
		written.Overflown = w.Overflown()
		return err
	})
	return written, err
}

// put counts outputs and writes them.
func put(w interface{ Write([]float32) error }, outputs *conv.Tensor, counted *NotFinite) error {
	for piece := range slices.Chunk(outputs.Data, pieceOfOutputs) {
		counted.count(piece)
		if err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// inParts calls put, and then look, with some images of a portion at a time and their outputs. While look looks at a
// part, put already puts the next one. If atOnce is 0, a part is all of the images.
func inParts(atOnce, first int, src, dst *conv.Tensor, put, look batch.Sink) error {
	n := src.Shape.N()
	if atOnce <= 0 {
		atOnce = max(1, n)
	}
	looking := parallel.Start(func() error { return nil })
	for lo := 0; lo < n; lo += atOnce {
		hi := min(lo+atOnce, n)
		src, dst, first := src.Images(lo, hi), dst.Images(lo, hi), first+lo
		err := fault.Guard(func() error { return put(first, src, dst) }) // look must end first, also after a panic
		if looked := <-looking; looked != nil {
			return looked
		}
		if err != nil {
			return err
		}
		looking = parallel.Start(func() error { return look(first, src, dst) })
	}
	return <-looking
}

// Draw draws all images, a portion at a time, and writes them into file as .npy: float32 [N, channels, rows, columns].
// It commits file, or discards it after an error. It returns as soon as ctx is done.
func Draw(ctx context.Context, images batch.Source, file *whole.File) error {
	all := images.Shape()
	portion, err := conv.NewTensor(all.WithN(batch.PortionOf(all)))
	if err != nil {
		_ = file.Discard()
		return err
	}
	return fill(ctx, file, npy.Format{}, all, nil, func(w *npy.Writer) error {
		for first := 0; first < all.N(); first += portion.Shape.N() {
			part := portion.Images(0, min(portion.Shape.N(), all.N()-first))
			if err := batch.Await(ctx, func() error { return images.Draw(part, first) }); err != nil {
				return err
			}
			if err := w.Write(part.Data); err != nil {
				return err
			}
		}
		return nil
	})
}

// chunked returns f for n images in portions of p's size. A chunk of Zarr has about a portion, so that the last chunk
// has little filling. The small portions of a small job make no difference to it: with --resume its file is the same.
func chunked(f npy.Format, p conv.Problem, n int) npy.Format {
	portion := p.Src.N()
	p.Src = p.Src.WithN(n)
	if usual, err := batch.Portion(p); err == nil && portion == usual.Src.N() {
		if chunk, err := batch.Chunk(p); err == nil {
			portion = chunk.Src.N()
		}
	}
	portions := (n + portion - 1) / portion
	f.Chunk, f.Axes = (n+portions-1)/max(1, portions), axes
	return f
}

// axes are the names of the axes of activations, for xarray.
var axes = []string{"image", "channel", "row", "column"}

// arrayName is the name of the array, in the name of its file and as a key.
const arrayName = "activations"

// fill opens file in a format and calls write to fill it. It commits file, or discards it after an error. Meanwhile it
// calls meanwhile, if that is not nil.
func fill(ctx context.Context, file *whole.File, format npy.Format, shape conv.Shape, meanwhile func() error,
	write func(w *npy.Writer) error) error {
	w, err := format.NewWriter(file, arrayName, shape[:]...)
	if err != nil {
		return err
	}
	defer w.Abort() // after Close it does nothing
	if err := write(w); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return both(w.Close, meanwhile)
}

// both runs two functions at the same time. If both fail, it returns the first one's error. The second may be nil.
func both(first, second func() error) error {
	if second == nil {
		return first()
	}
	done := parallel.Start(second)
	err := fault.Guard(first)
	return cmp.Or(err, <-done)
}

// awaitedSource is a source whose Draw returns as soon as ctx is done, see [batch.Await].
type awaitedSource struct {
	batch.Source
	ctx context.Context
}

func (s awaitedSource) Draw(dst *conv.Tensor, first int) error {
	return batch.Await(s.ctx, func() error { return s.Source.Draw(dst, first) })
}

// awaitedPlan is a plan whose Run returns as soon as ctx is done, see [batch.Await].
type awaitedPlan struct {
	conv.Plan
	ctx context.Context
}

func (p awaitedPlan) Run(dst, src *conv.Tensor) error {
	return batch.Await(p.ctx, func() error { return p.Plan.Run(dst, src) })
}
