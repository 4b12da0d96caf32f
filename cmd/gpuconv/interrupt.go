package main

import (
	"context"

	"gpuconv/batch"
	"gpuconv/conv"
)

// await runs f and returns its error, or ctx's as soon as ctx is done. f then
// goes on by itself: await is for what cannot be stopped and can take minutes,
// such as one image with filters of 501×501, when the process is about to end.
// What f writes must not be read after an error.
func await(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// awaitedSource is a source whose Draw is awaited.
type awaitedSource struct {
	batch.Source
	ctx context.Context
}

func (s awaitedSource) Draw(dst *conv.Tensor, first int) error {
	return await(s.ctx, func() error { return s.Source.Draw(dst, first) })
}

// awaitedPlan is a plan whose Run is awaited.
type awaitedPlan struct {
	conv.Plan
	ctx context.Context
}

func (p awaitedPlan) Run(dst, src *conv.Tensor) error {
	return await(p.ctx, func() error { return p.Plan.Run(dst, src) })
}
