package experiment

import (
	"context"
	"slices"
	"sync"

	"gpuconv/batch"
	"gpuconv/conv"
)

// A kept job with a [Summary] looks at maps some images at a time, before the numbers of the whole chunk reach the
// sink. What the maps have shown waits here for the chunk's line in the journal.

// reducedChunks has what was found in the maps of chunks that have not reached the sink, by the number of their first
// image.
type reducedChunks struct {
	mutex sync.Mutex
	found map[int]found
}

func (r *reducedChunks) put(first int, f found) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.found == nil {
		r.found = map[int]found{}
	}
	r.found[first] = f
}

func (r *reducedChunks) take(first int) found {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	f := r.found[first]
	delete(r.found, first)
	return f
}

// reduction makes the numbers of maps, and looks at the maps chunk by chunk.
func (k *keeper) reduction(ctx context.Context, w *watched, by *onDevice) *batch.Reduction {
	var f found
	var before tally
	size := k.on.Problem.Src.N()
	look := func(first int, src, maps *conv.Tensor) (err error) {
		chunk := first / size * size
		if first == chunk {
			before = w.check.tally()
		}
		if err := w.gallery.look(first, src, maps); err != nil {
			return err
		}
		if err := w.check.look(ctx, first, src, maps); err != nil {
			return err
		}
		if next := first + src.Shape.N(); next == k.maps.N() || next%size == 0 {
			if f.judged, err = w.check.judgement(before, next-chunk); err != nil {
				return err
			}
			k.reduced.put(chunk, f)
			f = found{}
		}
		return nil
	}
	if by != nil {
		return by.reduction(ctx, k.outputs.Image(), &f.NotFinite, w.wants, look)
	}
	return k.job.Summary.reduction(k.outputs.Image(), k.on.Problem, k.on.Plan, &f.NotFinite, look)
}

// convolveShown convolves the images that the pictures show, in ascending order, because arrays are read in that order.
// The file has no maps, and former processes did not leave theirs.
func (k *keeper) convolveShown(ctx context.Context, g *gallery) error {
	rows := make([]int, len(g.shown))
	for row := range rows {
		rows[row] = row
	}
	slices.SortFunc(rows, func(a, b int) int { return g.shown[a] - g.shown[b] })
	for _, row := range rows {
		src, err := conv.NewTensor(k.job.Images.Shape().Image())
		if err == nil {
			err = awaitedSource{k.job.Images, ctx}.Draw(src, g.shown[row])
		}
		if err == nil {
			err = awaitedPlan{k.on.Plan, ctx}.Run(g.activations.Images(row, row+1), src)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
