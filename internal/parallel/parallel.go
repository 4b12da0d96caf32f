// Package parallel starts goroutines that turn a panic into an error. Otherwise a panic on a goroutine ends the process
// at once and leaves unfinished files. Here it becomes a [*fault.Panic], which is returned, or raised again on the
// goroutine that asked for the work. No other package starts goroutines, except for a few files that TestGoroutines
// lists with the reason.
package parallel

import (
	"context"

	"gpuconv/fault"

	"golang.org/x/sync/errgroup"
)

// Group runs functions at the same time, as [errgroup.Group] does. A panic counts as an error, a [*fault.Panic].
type Group struct{ group *errgroup.Group }

// NewGroup returns an empty group.
func NewGroup() *Group { return &Group{new(errgroup.Group)} }

// WithContext returns a group, and a context that is done when the first function fails or Wait returns.
func WithContext(ctx context.Context) (*Group, context.Context) {
	group, ctx := errgroup.WithContext(ctx)
	return &Group{group}, ctx
}

// Go runs f on a goroutine of its own.
func (g *Group) Go(f func() error) {
	g.group.Go(func() error { return fault.Guard(f) })
}

// Wait returns the first error, once all functions have returned.
func (g *Group) Wait() error { return g.group.Wait() }

// Each calls f(i) for 0 ≤ i < n, each on a goroutine of its own, and waits for all of them. If one panics, Each then
// panics with a [*fault.Panic].
func Each(n int, f func(i int)) {
	group := NewGroup()
	for i := range n {
		group.Go(func() error { f(i); return nil })
	}
	if err := group.Wait(); err != nil {
		panic(err)
	}
}

// Start runs f on a goroutine of its own. It sends f's error, or nil, on the channel once; the caller need not receive
// it. If f panics, the error is a [*fault.Panic].
func Start(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- fault.Guard(f) }()
	return done
}
