package batch

import (
	"context"

	"gpuconv/internal/parallel"
)

// Await runs f and returns its error, or ctx's as soon as ctx is done. f then goes on by itself: Await is for what
// cannot be stopped and can take minutes, such as one image with filters of 501×501, when the process is about to end.
// What f writes must not be read after an error.
func Await(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case err := <-parallel.Start(f):
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
