package batch

import (
	"context"

	"gpuconv/internal/parallel"
)

// Await runs f on a goroutine and returns its error, or ctx's error as soon as ctx is done. In the second case f keeps
// running, unless ctx was done before the call: then f does not run at all. Await is for work that cannot be stopped
// and can take minutes, such as one image with filters of 501×501, when the process is about to end. After an error, do
// not read what f writes: f may still be writing it.
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
