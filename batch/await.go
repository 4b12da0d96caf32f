package batch

import "context"

// Await runs f and returns its error, or ctx's as soon as ctx is done. f then goes on by itself: Await is for what
// cannot be stopped and can take minutes, such as one image with filters of 501×501, when the process is about to end.
// What f writes must not be read after an error.
func Await(ctx context.Context, f func() error) error {
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
