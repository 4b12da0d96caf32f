package batch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gpuconv/batch"
)

func TestAwait(t *testing.T) {
	failure := errors.New("failure")
	if err := batch.Await(t.Context(), func() error { return failure }); err != failure {
		t.Errorf("Await returns %v, want %v", err, failure)
	}
	ctx, cancel := context.WithCancel(t.Context())
	forever := make(chan struct{})
	time.AfterFunc(10*time.Millisecond, cancel)
	if err := batch.Await(ctx, func() error { <-forever; return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Await returns %v, want %v", err, context.Canceled)
	}
	late := func() error { t.Error("called although ctx is done"); return nil }
	if err := batch.Await(ctx, late); !errors.Is(err, context.Canceled) {
		t.Errorf("Await returns %v, want %v", err, context.Canceled)
	}
	close(forever)
}
