package experiment

import (
	"context"

	"gpuconv/batch"
	"gpuconv/conv"
)

// A plan that makes the images itself (see [conv.Painter]) saves drawing and uploading them. The host draws only images
// that are judged or shown.

// striped is a set whose images may be stripes.
type striped interface {
	batch.Source
	// Stripes returns the images first … first+n−1, or nil if they are no stripes.
	Stripes(first, n int) *conv.Stripes
}

// newPainting returns how the plan makes the images, or nil if the host draws them: they are no stripes, the plan does
// not make images, or the judge must see all pixels because the plan spreads the errors of large ones.
func newPainting(ctx context.Context, images batch.Source, plan conv.Plan) *batch.Painting {
	set, ok := images.(striped)
	painter, paints := plan.(conv.Painter)
	if d, ok := plan.(conv.Describer); !ok || d.Describe().Tolerance != 0 {
		return nil
	}
	if !ok || !paints || set.Stripes(0, 0) == nil {
		return nil
	}
	if err := batch.Await(ctx, painter.Paints); err != nil {
		return nil
	}
	return &batch.Painting{Plan: awaitedPainter{painter, ctx}, Draw: awaitedSource{images, ctx}.Draw,
		Stripes: func(first, n int) (*conv.Stripes, error) { return set.Stripes(first, n), ctx.Err() }}
}

// awaitedPainter is a painter whose RunStripes returns as soon as ctx is done, see [batch.Await].
type awaitedPainter struct {
	conv.Painter
	ctx context.Context
}

func (p awaitedPainter) RunStripes(dst *conv.Tensor, images *conv.Stripes) ([]int, error) {
	var unsure []int
	err := batch.Await(p.ctx, func() (err error) { unsure, err = p.Painter.RunStripes(dst, images); return err })
	if err != nil {
		return nil, err // and leave unsure alone: RunStripes may still write it
	}
	return unsure, nil
}

// pixels draws images, from number first on, that the host does not have because the plan made them. It is nil if the
// host draws all images.
type pixels func(images *conv.Tensor, first int) error

// need draws the images if the host does not have them.
func (p pixels) need(images *conv.Tensor, first int) error {
	if p == nil {
		return nil
	}
	return p(images, first)
}
