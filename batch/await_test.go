package batch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gpuconv/batch"
	"gpuconv/fault"
)

// TestAwait: Await returns the result of its function, or the context's error as soon as the context is done. After
// that it does not start a function.
func TestAwait(t *testing.T) {
	failure := errors.New("failure")
	if err := batch.Await(t.Context(), func() error { return failure }); err != failure {
		t.Errorf("a function that fails: %v, want %v", err, failure)
	}
	ctx, cancel := context.WithCancel(t.Context())
	forever := make(chan struct{})
	time.AfterFunc(10*time.Millisecond, cancel)
	if err := batch.Await(ctx, func() error { <-forever; return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a function that does not return: %v, want %v", err, context.Canceled)
	}
	late := func() error { t.Error("a function is started after the context is done"); return nil }
	if err := batch.Await(ctx, late); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is done: %v, want %v", err, context.Canceled)
	}
	close(forever)
	if err := batch.Await(t.Context(), func() error { panic("boom") }); !errors.As(err, new(*fault.Panic)) {
		t.Errorf("Await returns %v, want a panic", err)
	}
}
