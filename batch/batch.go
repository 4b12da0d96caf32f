// Package batch streams images through a prepared convolution. While one portion of the images is drawn, the portion
// before it is convolved and the one before that is written. So memory holds at most three portions, however many
// images there are. To draw means to compute the images, or to read them from a file.
//
// [Portion] chooses how many images go at a time, [Job] runs the stream, [Spread] is a sample of the images.
package batch

import (
	"context"
	"fmt"
	"time"

	"gpuconv/conv"
	"gpuconv/internal/parallel"
)

// Source is a set of images that are drawn when they are needed, such as a [gpuconv/stimuli.Set].
type Source interface {
	Shape() conv.Shape                      // [N, C, H, W]
	Draw(dst *conv.Tensor, first int) error // draws images first … first+dst.N−1 into dst
}

// Sink receives a portion of the images, src, and their outputs, dst. The portion begins with image number first.
// Portions come in order, from one goroutine. A sink must not keep the tensors: later portions use the same memory.
type Sink func(first int, src, dst *conv.Tensor) error

// Job streams a set of images through a plan.
type Job struct {
	Source  Source
	Problem conv.Problem // that Plan computes; Src has the images' shape, and N images are a portion
	Plan    conv.Plan
	Sink    Sink
	// Painting, if not nil, lets the plan make the images. The pixels that Sink and Reduce get are then undefined.
	Painting *Painting
	// Reduce, if not nil, makes what the sink receives in place of the plan's outputs.
	Reduce *Reduction
	// Parts, if not nil, are the images to take, in ascending order. No portion has images of two parts.
	Parts []Part
	// Progress, if not nil, is called after each portion with the number of images that are done.
	Progress func(done int)
}

// Part is a range of images.
type Part struct{ First, N int }

// parts returns the ranges of images to take.
func (j Job) parts() []Part {
	if j.Parts == nil {
		return []Part{{0, j.Source.Shape().N()}}
	}
	return j.Parts
}

// images returns how many images the job takes.
func (j Job) images() (n int) {
	for _, p := range j.parts() {
		n += p.N
	}
	return n
}

// Stats says how long a job took. The phases overlap.
type Stats struct {
	Images                int
	Wall                  time.Duration // from the first image drawn to the last one written
	Draw, Convolve, Write time.Duration // time in Source.Draw, Plan.Run and Sink
	Reduce                time.Duration // time in Reduction.Make, after each Plan.Run
	Unsure                int           // images that the host drew after the plan was not sure of a pixel
	Waits                 Waits
}

// Waits says how long each phase waited for the others. The phase that waited least bounds the speed of the job.
type Waits struct{ Draw, Convolve, Write time.Duration }

// inMemory is how many portions exist at once: one is drawn, one convolved, one written.
const inMemory = 3

// portion is a part of the images, src, and their outputs, dst.
type portion struct {
	first    int
	src, dst *conv.Tensor
	stripes  *conv.Stripes // with Painting, in the place of src
}

// Run streams all images and returns the first error. When ctx is done, it stops once the portions under way are
// finished. After an error the sink may have received some of the images.
func (j Job) Run(ctx context.Context) (Stats, error) {
	free, err := j.allocate()
	if err != nil {
		return Stats{}, err
	}
	start := time.Now()
	stats := Stats{Images: j.images()}
	drawn, convolved := make(chan portion), make(chan portion)
	group, ctx := parallel.WithContext(ctx)
	group.Go(func() error { defer close(drawn); return j.draw(ctx, free, drawn, &stats) })
	group.Go(func() error { defer close(convolved); return j.convolve(ctx, drawn, convolved, &stats) })
	group.Go(func() error { return j.write(ctx, convolved, free, &stats) })
	err = group.Wait()
	stats.Wall = time.Since(start)
	return stats, err
}

// allocate makes the portions that circulate through the job.
func (j Job) allocate() (chan portion, error) {
	all, size := j.Source.Shape(), j.Problem.Src
	if all.Image() != size.Image() {
		return nil, fmt.Errorf("batch: images of %v: want %v, the plan's", all.Image(), size.Image())
	}
	shape, err := j.Problem.Dst()
	if err != nil {
		return nil, err
	}
	if j.Reduce != nil {
		shape = j.Reduce.Shape.WithN(shape.N())
	}
	free := make(chan portion, inMemory)
	for range min(inMemory, (j.images()+size.N()-1)/max(size.N(), 1)+len(j.parts())-1) {
		src, err := conv.NewTensor(size)
		if err != nil {
			return nil, err
		}
		dst, err := conv.NewTensor(shape)
		if err != nil {
			return nil, err
		}
		free <- portion{src: src, dst: dst}
	}
	return free, nil
}

func (j Job) draw(ctx context.Context, free <-chan portion, drawn chan<- portion, stats *Stats) error {
	for _, p := range j.parts() {
		if err := j.drawPart(ctx, p, free, drawn, stats); err != nil {
			return err
		}
	}
	return nil
}

func (j Job) drawPart(ctx context.Context, p Part, free <-chan portion, drawn chan<- portion, stats *Stats) error {
	end, size := p.First+p.N, j.Problem.Src.N()
	for first := p.First; first < end; first += size {
		c, err := receive(ctx, free, &stats.Waits.Draw)
		if err != nil {
			return err
		}
		n := min(size, end-first)
		c.first, c.src, c.dst = first, resize(c.src, n), resize(c.dst, n)
		if err := timed(&stats.Draw, func() error { return j.drawOn(&c) }); err != nil {
			return err
		}
		if err := send(ctx, drawn, c, &stats.Waits.Draw); err != nil {
			return err
		}
	}
	return nil
}

func (j Job) convolve(ctx context.Context, drawn <-chan portion, convolved chan<- portion, stats *Stats) error {
	reducer, err := j.newReducer()
	if err != nil {
		return err
	}
	for c, ok := next(drawn, &stats.Waits.Convolve); ok; c, ok = next(drawn, &stats.Waits.Convolve) {
		if reducer != nil {
			err = reducer.run(j, c, stats)
		} else {
			err = timed(&stats.Convolve, func() error { return j.run(c.dst, c, 0, c.src.Shape.N(), stats) })
		}
		if err != nil {
			return err
		}
		if err := send(ctx, convolved, c, &stats.Waits.Convolve); err != nil {
			return err
		}
	}
	return nil
}

func (j Job) write(ctx context.Context, convolved <-chan portion, free chan<- portion, stats *Stats) error {
	done := 0
	for c, ok := next(convolved, &stats.Waits.Write); ok; c, ok = next(convolved, &stats.Waits.Write) {
		if err := timed(&stats.Write, func() error { return j.Sink(c.first, c.src, c.dst) }); err != nil {
			return err
		}
		done += c.src.Shape.N()
		if j.Progress != nil {
			j.Progress(done)
		}
		if err := send(ctx, free, c, &stats.Waits.Write); err != nil {
			return err
		}
	}
	if done < j.images() { // drawing stopped early: if ctx stopped it, say so
		return ctx.Err()
	}
	return nil
}

// resize returns t with a batch of n images, in the same memory. t was allocated for at least as many.
func resize(t *conv.Tensor, n int) *conv.Tensor {
	shape := t.Shape.WithN(n)
	size := shape[1] * shape[2] * shape[3]
	return &conv.Tensor{Shape: shape, Data: t.Data[: n*size : cap(t.Data)]}
}

func timed(spent *time.Duration, f func() error) error {
	start := time.Now()
	err := f()
	*spent += time.Since(start)
	return err
}

func send(ctx context.Context, to chan<- portion, c portion, waited *time.Duration) error {
	return timed(waited, func() error {
		select {
		case to <- c:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

func receive(ctx context.Context, from <-chan portion, waited *time.Duration) (c portion, err error) {
	err = timed(waited, func() error {
		select {
		case c = <-from:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return c, err
}

// next receives from a channel; ok is false if it is closed.
func next(from <-chan portion, waited *time.Duration) (c portion, ok bool) {
	_ = timed(waited, func() error { c, ok = <-from; return nil })
	return c, ok
}
