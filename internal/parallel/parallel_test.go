package parallel

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"gpuconv/fault"
)

// isPanic requires a panic with a value.
func isPanic(t *testing.T, err error, value any) {
	t.Helper()
	var p *fault.Panic
	if !errors.As(err, &p) || p.Value != value {
		t.Errorf("error %v, want a panic with %v", err, value)
	}
}

// TestGroup: a panic becomes an error of the group, and ends the group's context.
func TestGroup(t *testing.T) {
	group, ctx := WithContext(t.Context())
	group.Go(func() error { <-ctx.Done(); return ctx.Err() })
	group.Go(func() error { panic("boom") })
	isPanic(t, group.Wait(), "boom")

	plain := NewGroup()
	plain.Go(func() error { return nil })
	plain.Go(func() error { return io.EOF })
	if err := plain.Wait(); err != io.EOF {
		t.Errorf("error %v, want %v", err, io.EOF)
	}
	quiet, ctx := WithContext(context.Background())
	quiet.Go(func() error { return nil })
	if err := quiet.Wait(); err != nil || ctx.Err() == nil {
		t.Errorf("%v, and the context is %v", err, ctx.Err())
	}
}

// TestEach: every call is made once, and a panic reaches the caller when all calls have returned.
func TestEach(t *testing.T) {
	var calls [9]atomic.Int32
	call := func(i int) { calls[i].Add(1) }
	Each(len(calls), call)
	isPanic(t, fault.Guard(func() error {
		Each(len(calls), func(i int) {
			if i == 3 {
				panic(i)
			}
			call(i)
		})
		return nil
	}), 3)
	for i := range calls {
		if got, want := calls[i].Load(), int32(2); got != want && i != 3 {
			t.Errorf("%d is called %d times, want %d", i, got, want)
		}
	}
	Each(0, func(int) { t.Error("called") })
}

func TestStart(t *testing.T) {
	if err := <-Start(func() error { return io.EOF }); err != io.EOF {
		t.Errorf("error %v, want %v", err, io.EOF)
	}
	isPanic(t, <-Start(func() error { panic("boom") }), "boom")
}
