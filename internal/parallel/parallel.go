// Package parallel starts goroutines. A panic on a goroutine ends the process at once, and leaves half of its files;
// here it becomes an error, a [*fault.Panic], or it is raised again where the work was asked for. No other package
// starts goroutines, except for a few that a test names, with the reason.
package parallel

import (
	"context"

	"gpuconv/fault"

	"golang.org/x/sync/errgroup"
)

// Group is a set of functions that run at once, as an [errgroup.Group] is. A panic counts as an error.
type Group struct{ group *errgroup.Group }

// NewGroup returns a group without functions.
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

// Each calls f for 0 ≤ i < n, each on a goroutine of its own, and returns when all have returned. If one panics, Each
// panics then, with a [*fault.Panic].
func Each(n int, f func(i int)) {
	group := NewGroup()
	for i := range n {
		group.Go(func() error { f(i); return nil })
	}
	if err := group.Wait(); err != nil {
		panic(err)
	}
}

// Start runs f on a goroutine of its own. Its error comes on the channel, once; nobody need take it.
func Start(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- fault.Guard(f) }()
	return done
}
