// Package batch streams images that need not exist at once through a prepared
// convolution: a chunk is drawn while the one before it is convolved and the one
// before that is written, so that memory holds a few chunks however many images
// there are.
package batch

import (
	"context"
	"fmt"
	"time"

	"gpuconv/conv"

	"golang.org/x/sync/errgroup"
)

// Source is a set of images, drawn when they are needed. stimuli.Set is one.
type Source interface {
	Shape() conv.Shape                      // [N, C, H, W]
	Draw(dst *conv.Tensor, first int) error // images first … first+dst.N−1
}

// Sink takes the images from first on and what became of them. It is called with
// consecutive chunks, from one goroutine, and keeps neither tensor.
type Sink func(first int, src, dst *conv.Tensor) error

// Job is one set of images through one plan.
type Job struct {
	Source  Source
	Problem conv.Problem // of Plan; its Src has the images' shape and a chunk as N
	Plan    conv.Plan
	Sink    Sink
	// Progress, if not nil, is called after each chunk with the number of images
	// that are done.
	Progress func(done int)
}

// Stats says how long a job took. The phases overlap.
type Stats struct {
	Images                int
	Wall                  time.Duration
	Draw, Convolve, Write time.Duration // in Source.Draw, Plan.Run and Sink
}

// chunks is how many chunks are in memory: one drawn, one convolved, one written.
const chunks = 3

type chunk struct {
	first    int
	src, dst *conv.Tensor
}

// Run streams all images. It stops after the chunk in hand when ctx is done, and
// returns the first error. What the sink has taken by then stays taken.
func (j Job) Run(ctx context.Context) (Stats, error) {
	free, err := j.allocate()
	if err != nil {
		return Stats{}, err
	}
	start := time.Now()
	stats := Stats{Images: j.Source.Shape().N()}
	drawn, convolved := make(chan chunk), make(chan chunk)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { defer close(drawn); return j.draw(ctx, free, drawn, &stats.Draw) })
	group.Go(func() error { defer close(convolved); return j.convolve(ctx, drawn, convolved, &stats.Convolve) })
	group.Go(func() error { return j.write(ctx, convolved, free, &stats.Write) })
	err = group.Wait()
	stats.Wall = time.Since(start)
	return stats, err
}

// allocate makes the chunks that circulate through the job.
func (j Job) allocate() (chan chunk, error) {
	all, size := j.Source.Shape(), j.Problem.Src
	if all.Image() != size.Image() {
		return nil, fmt.Errorf("batch: images of %v: want %v, the plan's", all.Image(), size.Image())
	}
	shape, err := j.Problem.Dst()
	if err != nil {
		return nil, err
	}
	free := make(chan chunk, chunks)
	for range min(chunks, (all.N()+size.N()-1)/max(size.N(), 1)) {
		src, err := conv.NewTensor(size)
		if err != nil {
			return nil, err
		}
		dst, err := conv.NewTensor(shape)
		if err != nil {
			return nil, err
		}
		free <- chunk{src: src, dst: dst}
	}
	return free, nil
}

func (j Job) draw(ctx context.Context, free <-chan chunk, drawn chan<- chunk, spent *time.Duration) error {
	total, size := j.Source.Shape().N(), j.Problem.Src.N()
	for first := 0; first < total; first += size {
		c, err := receive(ctx, free)
		if err != nil {
			return err
		}
		n := min(size, total-first)
		c.first, c.src, c.dst = first, resize(c.src, n), resize(c.dst, n)
		if err := timed(spent, func() error { return j.Source.Draw(c.src, first) }); err != nil {
			return err
		}
		if err := send(ctx, drawn, c); err != nil {
			return err
		}
	}
	return nil
}

func (j Job) convolve(ctx context.Context, drawn <-chan chunk, convolved chan<- chunk, spent *time.Duration) error {
	for c := range drawn {
		if err := timed(spent, func() error { return j.Plan.Run(c.dst, c.src) }); err != nil {
			return err
		}
		if err := send(ctx, convolved, c); err != nil {
			return err
		}
	}
	return nil
}

func (j Job) write(ctx context.Context, convolved <-chan chunk, free chan<- chunk, spent *time.Duration) error {
	done := 0
	for c := range convolved {
		if err := timed(spent, func() error { return j.Sink(c.first, c.src, c.dst) }); err != nil {
			return err
		}
		done += c.src.Shape.N()
		if j.Progress != nil {
			j.Progress(done)
		}
		if err := send(ctx, free, c); err != nil {
			return err
		}
	}
	if done < j.Source.Shape().N() { // drawing stopped early: say why, if nobody else does
		return ctx.Err()
	}
	return nil
}

// resize returns t with a batch of n, no more than it was made with.
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

func send(ctx context.Context, to chan<- chunk, c chunk) error {
	select {
	case to <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func receive(ctx context.Context, from <-chan chunk) (chunk, error) {
	select {
	case c := <-from:
		return c, nil
	case <-ctx.Done():
		return chunk{}, ctx.Err()
	}
}
